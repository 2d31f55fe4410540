"""A board's module `network`, as far as the documentation's pages use it."""

STA_IF = 0


class WLAN:
    """A station that is connected from the start."""

    PM_NONE, PM_POWERSAVE = 16, 17

    def __init__(self, interface):
        pass

    def active(self, on=None):
        return True

    def connect(self, name, password):
        pass

    def disconnect(self):
        pass

    def config(self, *names, **values):
        return "net" if names else None

    def isconnected(self):
        return True

    def status(self, what=None):
        return {None: 0, "rssi": -61}[what]

    def ifconfig(self):
        return ("192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.1")


class LAN:
    """A cable that is plugged in from the start."""

    def active(self, on=None):
        return True

    def isconnected(self):
        return True

    def ifconfig(self):
        return ("192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.1")


WIZNET5K = LAN

"""A board's access point in four kinds of ports, for the stand-in `network`."""


class _AccessPoint:
    """An access point whose settings can be changed at any time once it is on, but not before.

    `sent` has the name, the password and the mode that phones see; None while it is off.
    """

    address = "192.168.4.1"

    def __init__(self):
        self.on = False
        self.values = {}
        self.sent = None
        self.router = self.address  # what its DHCP server announces: the address at its start

    def active(self, on=None):
        if on is None:
            return self.on
        self.on = on
        self.sent = None
        if on:
            self._send()

    def _send(self):
        if self.values:
            self.sent = tuple([self.values.get(name) for name in ("ssid", "key", "security")])

    def config(self, **values):
        if not self.on:
            raise OSError("Wifi Not Started")
        self.values = values
        self._send()

    def ifconfig(self, given=None):
        if given is None:
            return (self.address, "255.255.255.0", self.address, self.address)
        self.address = given[0]
        return None


class EarlyAccessPoint(_AccessPoint):
    """esp32: as above."""

    PM_NONE = 16
    SEC_OPEN, SEC_WPA2 = 0, 3


class LateAccessPoint(_AccessPoint):
    """cyw43: it reads its settings when it is switched on, and not while it is on."""

    PM_NONE = 16
    SEC_OPEN, SEC_WPA_WPA2 = 0, 0x00400006

    def active(self, on=None):
        if on and self.on:
            return None
        return super().active(on)

    def config(self, **values):
        self.values = values


class ConnectingAccessPoint(_AccessPoint):
    """NINA-W10, esp-hosted: config() starts it, and its exception contains the password."""

    SEC_OPEN, SEC_WPA_WPA2 = 1, 7
    fails = False

    def config(self, **values):
        if self.fails:
            raise OSError("could not connect to ssid=%(ssid)s, key=%(key)s" % values)
        super().config(**values)


class HostedAccessPoint(ConnectingAccessPoint):
    """esp-hosted: its address differs from the one that its DHCP announces for the name server, 192.168.4.1."""

    address = "192.168.1.1"


ACCESS_POINTS = {
    "esp32": EarlyAccessPoint,
    "cyw43": LateAccessPoint,
    "nina": ConnectingAccessPoint,
    "esp-hosted": HostedAccessPoint,
}

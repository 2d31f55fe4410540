"""A Wi-Fi interface that takes a while to connect."""

import time

STA_IF = 0
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
_TAKES = 0.3  # seconds


class WLAN:
    """The station interface. All instances share its state."""

    _active = False
    _since = None

    def __init__(self, interface):
        if interface != STA_IF:
            raise ValueError("only STA_IF")

    def active(self, active=None):
        """Switch on or off."""
        if active is not None:
            WLAN._active = active
        return WLAN._active

    def connect(self, ssid, key=None):
        """Begin to connect. While that is in progress, it is refused, as on an ESP32."""
        if not WLAN._active:
            raise OSError("WiFi Not Started")
        if self.status() == STAT_CONNECTING:
            raise OSError("WiFi Internal Error")
        print("network: connect to %s with %s" % (ssid, key))
        WLAN._since = time.time()

    def status(self):
        """One of STAT_..."""
        if WLAN._since is None:
            return STAT_IDLE
        return STAT_GOT_IP if time.time() - WLAN._since > _TAKES else STAT_CONNECTING

    def isconnected(self):
        """Whether it is connected."""
        return self.status() == STAT_GOT_IP

    def ifconfig(self):
        """Return the addresses."""
        return ("192.0.2.2", "255.255.255.0", "192.0.2.1", "192.0.2.1")

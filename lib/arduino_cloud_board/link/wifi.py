"""Wi-Fi in station mode: several networks, and always back to one of them, without blocking the event loop.

The way to a connection is in `wifi_machine` (what to do, and when) and `wifi_radio` (doing it).
"""

from . import Connection, forget


class WiFi(Connection):
    """Keeps the board on one of several networks.

    networks: a list of dicts with `ssid`, `password` (None or "" for an open network), `priority` (an int, the highest
      is tried first), `static` ((ip, mask, gateway, dns), or None for an address from the network).
    hostname: 1 to 32 letters, digits and hyphens.
    country: two letters, as "DE".
    power_save: True, False, a number for `WLAN.config(pm=)`, or None: as the port does, but off where it loses
      connections (cyw43).
    quirks: a dict of what is to be otherwise: `radio` ("esp32", "cyw43", "nina", "esp-hosted"; found by itself),
      `attempt` (seconds that one attempt may take, 60 on an ESP32, else 30), `scan` ("thread", "blocking" or None).
    interface: what has the face of `network.WLAN`, by default `network.WLAN(network.STA_IF)`.
    on_change: called with this object after a connection, a loss, another address.

    Raises ValueError for arguments that are out of range.
    """

    kind = "Wi-Fi"

    _chosen = 0  # of the networks: the one it is connected to, or tries
    _radio = ""  # a kind of radio, once it is switched on
    _found = None  # by a scan in a thread

    def __init__(
        self, networks, *, hostname=None, country=None, power_save=None, quirks=None, interface=None, on_change=None
    ):
        from .arguments import country_code, host_name, networks_of

        self._networks = networks_of(networks)  # (ssid, password, static)
        self._settings = host_name(hostname), country_code(country), power_save, quirks or {}
        del country_code, host_name, networks_of
        forget("link.arguments", "names")
        self._interface = interface
        self.on_change = on_change

    def __repr__(self):
        return "<WiFi %s, %s>" % (self.name, self.state)

    @property
    def name(self) -> str:
        """The name of the network that it is connected to, or tries."""
        return self._networks[self._chosen][0]

    def doubt(self):
        """Say that nothing comes through, although there seems to be a connection: for a client without an answer.

        The connection is looked into, at most once a minute; if neither the gateway nor the name server answers, it is
        made anew. To be called in the event loop's own thread; returns at once.
        """
        from .wifi_probe import begin

        begin(self)

    async def _arrive(self, lost):
        from .wifi_radio import arrive

        scanning = await arrive(self, lost)
        del arrive
        if not scanning:  # in another thread, still: it needs the module
            forget("link.wifi_radio", "link.wifi_machine", "link.wifi_status")

    def _measure(self):
        try:
            self.rssi = self._interface.status("rssi")
        except (OSError, RuntimeError, ValueError, TypeError):  # not every driver knows it
            self.rssi = None

    def _close(self):
        interface = self._interface
        if interface is not None:
            for switch, arguments in ((interface.disconnect, ()), (interface.active, (False,))):
                try:
                    switch(*arguments)
                except (OSError, RuntimeError):  # the one is done even where the other is refused
                    pass

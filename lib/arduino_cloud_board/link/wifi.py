"""Wi-Fi in station mode: connect to one of several networks, and reconnect, without blocking the event loop.

`wifi_machine` decides what to do and when to reach a connection; `wifi_radio` does it.
"""

from . import Connection, forget


class WiFi(Connection):
    """Keeps the board on one of several networks.

    networks: a list of dicts with `ssid`, `password` (None or "" for an open network), `priority` (an int, the highest
      is tried first), `static` ((ip, mask, gateway, dns), or None for an address from the network).
    hostname: 1 to 32 letters, digits and hyphens.
    country: two letters, such as "DE".
    power_save: True, False, a number for `WLAN.config(pm=)`, or None for the port's default, except that it is off on
      the cyw43, which would lose connections.
    quirks: a dict that overrides defaults: `radio` ("esp32", "cyw43", "nina", "esp-hosted"; detected by default),
      `attempt` (seconds that one attempt may take, 60 on an ESP32, else 30), `scan` ("thread", "blocking" or None).
    interface: an object like `network.WLAN`, by default `network.WLAN(network.STA_IF)`.
    on_change: a function, called with this object when the connection came up, was lost or got another address.

    Raises ValueError for arguments out of range.
    """

    kind = "Wi-Fi"

    _chosen = 0  # index of the network that it is connected to, or tries
    _radio = ""  # the kind of radio, once it is switched on
    _found = None  # the result of a scan in a thread

    def __init__(
        self, networks, *, hostname=None, country=None, power_save=None, quirks=None, interface=None, on_change=None
    ):
        from .arguments import check_quirks, country_code, host_name, networks_of

        self._networks = networks_of(networks)  # (ssid, password, static)
        self._settings = host_name(hostname), country_code(country), power_save, check_quirks(quirks, power_save)
        del check_quirks, country_code, host_name, networks_of
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
        """Report that nothing gets through although the interface is connected, for a client that gets no answer.

        Checks the connection, at most once a minute, and reconnects if neither the gateway nor the name server answers.
        Returns at once. Call it in the event loop's thread.
        """
        from .wifi_probe import begin

        begin(self)

    async def _arrive(self, lost):
        from .wifi_radio import arrive

        scanning = await arrive(self, lost)
        del arrive
        if not scanning:  # a scan still running in its thread needs the module
            forget("link.wifi_radio", "link.wifi_machine", "link.wifi_status")

    def _measure(self):
        try:
            self.rssi = self._interface.status("rssi")
        except (OSError, RuntimeError, ValueError, TypeError):  # not every driver has it
            self.rssi = None

    def _close(self):
        interface = self._interface
        if interface is not None:
            for switch, arguments in ((interface.disconnect, ()), (interface.active, (False,))):
                try:
                    switch(*arguments)
                except Exception:  # the second is done even if the first is refused, whatever the driver raises
                    pass

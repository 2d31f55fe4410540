"""Ethernet, with the face of Wi-Fi."""

from .connection import Connection, sleep_ms


class Ethernet(Connection):
    """Keeps the board's Ethernet up.

    static: (ip, mask, gateway, dns), all str, or None for an address from the network.
    hostname: 1 to 32 letters, digits and hyphens.
    interface: what has the face of `network.LAN`, by default `network.LAN()`; a module with other pins or another
      chip makes its own.
    on_change: as of WiFi.

    Raises ValueError for arguments that are out of range.
    """

    kind = "Ethernet"
    name = "the cable"

    def __init__(self, static=None, *, hostname=None, interface=None, on_change=None):
        from .network_arguments import host_name, static_address

        self._wanted = static_address(static)
        self._hostname = host_name(hostname)
        self._interface = interface
        self.on_change = on_change

    async def _arrive(self, lost):
        if not lost:
            self._switch_on()
        self.state = "connecting"
        while not self._interface.isconnected() or self._address() is None:
            await sleep_ms(500)

    def _switch_on(self):
        import network

        if self._hostname and hasattr(network, "hostname"):  # counts when the interface is switched on
            network.hostname(self._hostname)
        if self._interface is None:
            self._interface = network.LAN()
        if not self._interface.active():
            self._interface.active(True)
        if self._wanted:
            self._interface.ifconfig(self._wanted)

    def _close(self):
        if self._interface is not None:
            try:
                self._interface.active(False)
            except (OSError, RuntimeError):
                pass

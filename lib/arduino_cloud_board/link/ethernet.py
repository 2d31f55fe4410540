"""Ethernet, with the same interface as Wi-Fi."""

from arduino_iot_cloud.port import const, log

from . import Connection, sleep_ms

_PAUSE = const(10)  # seconds after a failed attempt to switch the interface on; doubled each time
_LONGEST_PAUSE = const(60)
_LOOK = const(500)  # ms
_DOUBT = const(20)  # looks without an address before that is reported
_CYCLE = const(240)  # looks without an address, but with a cable, before the interface is switched off and on


class Ethernet(Connection):
    """Keeps the board's Ethernet up.

    static: (ip, mask, gateway, dns), all str, or None for an address from the network.
    hostname: 1 to 32 letters, digits and hyphens.
    interface: an object like `network.LAN`, by default `network.LAN()`; make one if the pins or the chip differ.
    on_change: see WiFi.

    Raises ValueError for arguments out of range.
    """

    kind = "Ethernet"
    name = "the cable"

    def __init__(self, static=None, *, hostname=None, interface=None, on_change=None):
        from .arguments import host_name, static_address

        self._wanted = static_address(static)
        self._hostname = host_name(hostname)
        self._interface = interface
        self.on_change = on_change

    async def _arrive(self, lost):
        if not lost:
            await self._switch_on()
        self.state = "connecting"
        looks = 0
        while not self._is_up():
            looks += 1
            if looks == _DOUBT:
                self.trouble = "no address, does the router's DHCP answer?" if self._linked() else "no cable?"
                log(30, "Ethernet: waiting: %s" % self.trouble)
            elif looks == _CYCLE:
                looks = 0
                if self._linked():
                    self.power_cycles += 1
                    self._close()
                    await self._switch_on()
            await sleep_ms(_LOOK)

    def _is_up(self):
        try:
            return self._interface.isconnected() and self._address() is not None
        except (OSError, RuntimeError):
            return False

    def _linked(self):
        # Whether the other end of the cable is there. On some ports, isconnected() is true only with an address.
        import network

        # stm32: eth_link_status 1 and 2 (ports/stm32/eth.c); esp32: a constant
        joined = (network.ETH_CONNECTED,) if hasattr(network, "ETH_CONNECTED") else (1, 2)
        try:
            return self._interface.isconnected() or self._interface.status() in joined
        except (OSError, RuntimeError, ValueError, TypeError, AttributeError):
            return False

    async def _switch_on(self):
        import network

        if self._hostname and hasattr(network, "hostname"):  # takes effect when the interface is switched on
            network.hostname(self._hostname)
        if self._interface is None:
            self._interface = network.LAN()
        pause = _PAUSE
        while not self._activated():
            # On stm32 this has blocked for 10 s, waiting for a cable (PHY_INIT_TIMEOUT_MS, ports/stm32/eth.c).
            self.failures += 1
            self.state = "pausing"
            self.trouble = "no cable?"
            await sleep_ms(pause * 1000)
            pause = min(2 * pause, _LONGEST_PAUSE)
        if self._wanted:
            self._interface.ifconfig(self._wanted)

    def _activated(self):
        try:
            if self._interface.active():
                return True
        except OSError:
            pass
        self.attempts += 1
        try:
            self._interface.active(True)
            return True
        except OSError:
            return False

    def _close(self):
        if self._interface is not None:
            try:
                self._interface.active(False)
            except Exception:  # whatever the driver raises
                pass

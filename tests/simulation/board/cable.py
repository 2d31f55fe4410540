"""The board's Ethernet: network.LAN of an ESP32 and of stm32."""

from ..clock import clock
from .power import power
from .radio import conditions

_DHCP_MS = 2000
_NO_CABLE_MS = 10000  # for which stm32 blocks (PHY_INIT_TIMEOUT_MS, ports/stm32/eth.c)


class Cable:
    """The cable and what is at its other end. `ip`: the address that DHCP assigns next; None while it is away."""

    def __init__(self):
        self.on = True
        self.ip = "192.0.2.7"


class Lan:
    """network.LAN of an ESP32. It connects by itself whenever there is a cable.

    lease_over: as in radio.Driver.
    """

    blocks = False

    def __init__(self, module):
        self._module = module
        self._boot = power.boots
        self._active = False
        self._fixed = None
        self._number = 0
        self.address = None
        self.lease_over = None

    def _enter(self):
        power.check(self._boot)
        if conditions.raises:
            conditions.fault(conditions.raises)

    def active(self, *on):
        self._enter()
        if not on:
            return self._active
        if on[0] and self.blocks and not self._active:
            clock.block(300)
            if not self._module.cable.on:
                clock.block(_NO_CABLE_MS - 300)
                raise OSError(110)
        self._active = bool(on[0])
        self.plugged()
        return None

    def plugged(self):
        """React to the cable, or to DHCP."""
        self._number += 1
        cable = self._module.cable
        if not self._active or not cable.on:
            self.address = None
            self.lease_over = None
        elif self.address is None or not self._fixed and cable.ip and self.address != cable.ip:
            clock.at(_DHCP_MS, self._addressed, self._number)
        self._module.look()

    def _addressed(self, number):
        if number == self._number:
            self.lease_over = None
            self.address = self._fixed[0] if self._fixed else self._module.cable.ip
            self._module.look()

    def isconnected(self):
        self._enter()
        return self.address is not None

    def ifconfig(self, *given):
        self._enter()
        if given:
            self._fixed = None if given[0] == "dhcp" else given[0]
            self.address = self._fixed[0] if self._fixed and self._active and self._module.cable.on else None
            self.plugged()
            return None
        if self.lease_over == "raises":
            raise OSError(12)
        shown = None if self.lease_over else self.address
        return (shown or "0.0.0.0", "255.255.255.0", "192.0.2.1", "192.0.2.1")

    def status(self, *what):
        self._enter()
        return 3 if self.address else 1

    def config(self, *names, **values):
        self._enter()


class StmLan(Lan):
    """network.LAN of stm32, which cannot be switched on without a cable."""

    blocks = True


class Wired:
    """The module `network` of a board with Ethernet, as `radio.Station`."""

    AP_IF = 1
    STA_IF = 0
    trying = False

    def __init__(self, kind, cable, changed):
        self.kind = kind
        self.cable = cable
        self.look = changed
        self.driver = (StmLan if kind == "stm32" else Lan)(self)

    def LAN(self, *arguments, **options):  # noqa: N802 - its name
        """Return the interface."""
        return self.driver

    def hostname(self, *name):
        """Set the host name."""

    @property
    def address(self):
        """The address that the network knows."""
        return self.driver.address

    def carries(self):
        """Return whether datagrams get through."""
        return bool(self.driver.address and self.cable.on and not self.driver.lease_over)

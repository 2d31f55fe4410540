"""The board's radio: the stand-in of tests/support/standins/radio on the simulated clock, and what the field reports.

The stand-in knows what each driver does by itself. `Driver`, which the program gets, adds states that come and go.
"""

# On the path in this mode only; the program gets another module of this name.
import network as standin

from ..clock import clock
from ..network import network
from .power import power


class Air(standin.World):
    """The world of the stand-ins, on the simulated clock."""

    def __init__(self):
        self.points = {}
        self.in_thread = False
        self.module = None

    @property
    def now(self):
        return clock.now

    def at(self, ms, function):
        clock.at(max(0, ms - clock.now), function)

    def again(self, function):
        """Do nothing: whoever changes an access point calls `changed`."""

    def spend(self, ms):
        """Let the time of a blocking call pass. Ctrl-C may end it."""
        if ms and not self.in_thread:
            clock.block(ms)
            clock._interrupted()

    def scan_takes(self):
        """Return how long a scan takes in a thread."""
        return self.module.radio.takes["scan"]

    def changed(self):
        """Let the radio see that an access point has changed. An address stays as long as there is no other one."""
        radio = self.module.radio
        point = radio.point
        if point and point.on and hasattr(radio, "signal"):
            radio.signal = point.rssi
        if point and radio.waits and point.on and point.ip:
            if hasattr(radio, "code"):
                radio.code = 3
            radio.addressed()
        elif point and (point.ip or not point.on):
            radio.watch()
        self.module.look()


air = Air()


class Conditions:
    """How the driver behaves now, whatever the radio does.

    raises: a function that makes an exception for every call; None for none.
    refuses: a function that makes an exception for connect(). scans: "raises" or "hangs"; None for neither.
    no_rssi: an rssi cannot be read. no_ssid: neither can the network's name.
    """

    def __init__(self):
        self.begin()

    def begin(self):
        """Begin a new world."""
        self.heal()
        self.raised = -(1 << 40)  # when it raised an exception last

    def heal(self):
        """Let it behave as documented."""
        self.raises = self.refuses = self.scans = None
        self.no_rssi = self.no_ssid = False

    def fault(self, make):
        """Raise what `make` makes."""
        self.raised = clock.now
        raise make()


conditions = Conditions()


class Station(standin.Module):
    """The module `network` with a radio. `changed` is called when the connection may have come or gone."""

    def __init__(self, kind, changed, trouble):
        super().__init__(air, kind, **trouble)
        self.kind = kind
        self.calls = _Count()
        self.look = changed
        self.driver = Driver(self)
        radio = self.radio
        radio.waits = False  # it has joined, and DHCP does not answer
        for name in ("addressed", "forget", "lost"):
            _tell(radio, name, self)

    def WLAN(self, interface=0):  # noqa: N802 - its name
        """Return the station or the access point."""
        return self.access_point if interface == standin.AP_IF else self.driver

    def carries(self):
        """Return whether datagrams get through to the access point."""
        radio = self.radio
        return bool(radio.address and radio.point and radio.point.on and not self.driver.lease_over)

    @property
    def address(self):
        """The address that the network knows."""
        return self.radio.address


class _Count:
    # Takes the place of the list of calls, which would grow for weeks.
    def append(self, call):
        pass


def _tell(radio, name, module):
    before = getattr(radio, name)

    def method():
        if name == "lost":
            radio._generation += 1  # what was on the way to a connection ends
        if name == "addressed" and not (radio.point and radio.point.on):
            # The access point went between the association and the address.
            radio.forget()
            radio.code = 1
            if hasattr(radio, "_failed"):
                radio._failed(200)
            return
        before()
        radio.waits = name == "addressed" and radio.address is None
        if radio.waits and hasattr(radio, "code"):
            radio.code = 2
        module.look()

    setattr(radio, name, method)


# What drivers raise, in one of these ways.
RAISES = (
    lambda: OSError("Wifi Internal Error"),
    lambda: OSError(5),
    lambda: RuntimeError("Wifi Unknown Error 0x3004"),
    lambda: OSError("could not connect to ssid=home, sec=4, key=a password of no importance"),
)


class Driver:
    """network.WLAN(STA_IF), subject to `conditions`.

    lease_over: the address is lost while isconnected() stays true: "0.0.0.0", or "raises"; None for no.
    """

    def __init__(self, module):
        self.module = module
        self._boot = power.boots
        self._radio = module.radio
        self.lease_over = None
        self.trying = False  # connect() was called, and nothing has ended that attempt
        self.connects = 0
        self.drivers = []  # who has called connect(), in order

    def __getattr__(self, name):
        if name.startswith("PM_") or name.startswith("SEC_"):
            found = getattr(self._radio, name)
            if found is not None:
                return found
        raise AttributeError(name)

    def _enter(self):
        power.check(self._boot)
        if conditions.raises:
            conditions.fault(conditions.raises)

    def active(self, *on):
        self._tried(on)
        if not on:
            return self._radio.active()
        if not on[0]:
            self._ended()
        self._radio.active(*on)
        self.module.look()
        return None

    def _tried(self, on):
        # The program did what it could, even if the driver raises an exception.
        if on and not on[0]:
            self.trying = False
        self._enter()

    def _ended(self):
        if way.up:
            way.given_up = clock.now, clock.now - way.since
        if self.lease_over:
            self.lease_over = None
            self.module.look()

    def connect(self, *arguments, **options):
        self._enter()
        self.connects += 1
        self._one_at_a_time()
        if conditions.refuses:
            conditions.fault(conditions.refuses)
        self._radio.connect(*arguments, **options)
        self.trying = True

    def _one_at_a_time(self):
        # On NINA and esp-hosted connect() returns only when the attempt has ended.
        if self.trying and self.module.kind in ("esp32", "cyw43"):
            clock.fail("connect() while an attempt is under way")
        import asyncio

        task = asyncio.current_task()
        drivers = self.drivers
        if not drivers or drivers[-1] is not task:
            if task in drivers:
                clock.fail("two tasks drive one radio")
            drivers.append(task)
            if len(drivers) > 4:
                drivers.pop(0)

    def disconnect(self):
        self._tried((False,))
        self._ended()
        self._radio.disconnect()

    def isconnected(self):
        self._enter()
        return self._radio.isconnected()

    def ifconfig(self, *given):
        self._enter()
        if not given and self.lease_over == "raises":
            raise OSError("Wifi Internal Error")
        if not given and self.lease_over:
            return ("0.0.0.0",) * 4
        return self._radio.ifconfig(*given)

    def status(self, *what):
        self._enter()
        if what and conditions.no_rssi:
            raise OSError(5)
        return self._radio.status(*what)

    def config(self, *names, **values):
        self._enter()
        if names and conditions.no_ssid:
            raise OSError("unknown config param")
        return self._radio.config(*names, **values)

    def scan(self):
        self._enter()
        if conditions.scans:
            raise OSError("Wifi Internal Error")
        return self._radio.scan()


class Way:
    """What ties the network to the interface: without it no byte passes."""

    def __init__(self):
        self.forget()

    def forget(self):
        """Begin a new world."""
        self.module = None
        self.up = False
        self.since = 0
        self.address = None
        self.changed = None
        self.given_up = -(1 << 40), 0  # when the program last ended what was up, and for how many ms that had been up

    def begin(self, module, changed):
        """Begin with the interface of a board that has just been switched on."""
        self.module = module
        self.changed = changed
        self.up = False
        self.since = clock.now

    def look(self):
        """Take note of the interface's state."""
        module = self.module
        if module is None:
            return
        up = module.carries()
        if up == self.up and (not up or self.address == module.address):
            return
        moved = up and self.address is not None and self.address != module.address
        self.up = up
        self.since = clock.now
        if up:
            self.address = module.address
        for connection in list(network.connections):
            if connection.local:
                continue
            if moved:
                connection.vanish()
            elif up:
                connection.heal()
            else:
                connection.up.hang()
                connection.down.hang()
        self.changed(up)


way = Way()

"""The board's power, and the module `machine`: resets, sleep, the watchdog and the real-time clock."""

from ..clock import PERIOD, clock
from ..cloud import unix

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

_UNSET = {"rp2": 1609459200}  # what the RTC shows after it has lost the time; elsewhere 2000
_YEAR_2000 = 946684800


class Reset(SystemExit):
    """The board is reset, or switched off for `ms`. No `except Exception` swallows it, nor does CPython's asyncio."""

    def __init__(self, cause, ms=0):
        self.cause = cause
        self.ms = ms
        super().__init__("a reset, planned: %d" % cause)


class Power:
    """Whether the board is on, and its watchdog. `ended` is called before each reset."""

    def __init__(self):
        self.begin("esp32", None, None)

    def begin(self, port, bitten, ended):
        """Begin a new world."""
        self.port = port
        self.bitten = bitten
        self.ended = ended
        self.on = False
        self.boots = 0
        self.cause = PWRON_RESET
        self.limit = 0  # ms; 0 while the watchdog is off
        self.fed = 0
        self.longest = 0  # ms between two feedings
        self._watches = 0

    def check(self, boot=None):
        """Raise Reset for whatever runs although the board is off, or has been off since it started."""
        if not self.on or boot is not None and boot != self.boots:
            raise Reset(self.cause)

    def switch_on(self):
        """Start the board."""
        self.boots += 1
        self.on = True
        if self.cause != SOFT_RESET:
            self.limit = 0
            clock.first_tick = -clock.now % PERIOD
            if self.cause == PWRON_RESET or self.port == "rp2":
                clock.set_wall(_UNSET.get(self.port, _YEAR_2000))

    def reset(self, cause, ms=0):
        """Reset the board, or switch it off for `ms`."""
        self.check()
        self.on = False
        self.cause = cause
        if cause != SOFT_RESET:
            self.limit = 0
        self.ended()
        raise Reset(cause, ms)

    # The watchdog

    def watch(self, limit):
        """Switch the watchdog on."""
        self.check()
        self.limit = limit
        self.fed = clock.now
        self._watches += 1
        clock.at(limit, self._look, self.boots, self._watches)

    def feed(self):
        """Feed the watchdog."""
        self.check()
        self.longest = max(self.longest, clock.now - self.fed)
        self.fed = clock.now

    def _look(self, boot, number):
        if number != self._watches or not self.limit or not self.on and self.cause != SOFT_RESET:
            return
        left = self.fed + self.limit - clock.now
        if left > 0:
            clock.at(left, self._look, boot, number)
            return
        self.bitten()
        if self.on:
            self.reset(WDT_RESET)
        self.limit = 0


power = Power()  # the only one, like the clock


class WDT:
    """The watchdog."""

    def __init__(self, id=0, timeout=5000):
        power.watch(timeout)

    def feed(self):
        power.feed()


class RTC:
    """The real-time clock."""

    def datetime(self, t=None):
        from .host import mktime

        power.check()
        clock.set_wall(mktime((t[0], t[1], t[2], t[4], t[5], t[6], 0, 0)))


class Machine:
    """The module `machine`. Its functions are no bound methods, which MicroPython cannot import from it."""

    PWRON_RESET = PWRON_RESET
    HARD_RESET = HARD_RESET
    WDT_RESET = WDT_RESET
    DEEPSLEEP_RESET = DEEPSLEEP_RESET
    SOFT_RESET = SOFT_RESET
    WDT = WDT
    RTC = RTC

    @staticmethod
    def reset_cause():
        return power.cause

    @staticmethod
    def reset():
        power.reset(HARD_RESET)

    @staticmethod
    def deepsleep(ms):
        power.reset(DEEPSLEEP_RESET, ms)

    @staticmethod
    def lightsleep(ms):
        power.check()
        clock.block(ms, False)


def clock_is_right():
    """Return whether the board's clock shows the time to within two seconds."""
    return abs(clock.unix() - unix()) <= 2

"""A stand-in for `machine`: a real-time clock, a watchdog, sleep, and the reset cause. Times are the board's.

Whatever ends a board ends the process at once, like a reset: nothing more is closed or written.
"""

import time

import board
import ffi
import page

PWRON_RESET, WDT_RESET = 1, 3
if board.PORT != "rp2":  # an rp2 resets through its watchdog
    HARD_RESET, DEEPSLEEP_RESET, SOFT_RESET = 2, 4, 5
ASLEEP, RESET, BITTEN = 42, 43, 44  # exit codes

_exit = ffi.open(None).func("v", "_exit", "i")


def now():
    """Return the monotonic clock in us."""
    return time.time_ns() // 1000 - int(page.get("wall"))


def reset_cause():
    """Return why the board started."""
    return int(page.get("cause"))


def _end(cause, code):
    page.put("cause", cause)
    page.put("limit", 0)
    _exit(code)


def reset():
    """Reset the board."""
    _end(WDT_RESET if board.PORT == "rp2" else HARD_RESET, RESET)


def deepsleep(ms):
    """Switch off. The RTC goes on, and wakes the board."""
    page.put("down", now())
    page.put("wake", now() + ms * 1000)
    _end(DEEPSLEEP_RESET, ASLEEP)


def lightsleep(ms):
    """Do nothing for this long."""
    if page.get("down") < page.get("asked"):
        page.put("down", now())
    page.put("skipped", page.get("skipped") + 1000 * ms)  # no data arrives meanwhile, so the time can be skipped


class RTC:
    """The real-time clock."""

    def datetime(self, fields=None):
        """Set or read it: (year, month, day, weekday, hours, minutes, seconds, subseconds)."""
        if fields is None:
            t = time.gmtime()
            return (t[0], t[1], t[2], t[6] + 1, t[3], t[4], t[5], 0)
        year, month, day, _, hours, minutes, seconds, _ = fields
        unix = time.mktime((year, month, day, hours, minutes, seconds, 0, 0))
        page.put("wall", int(unix) * 1000000 - now())
        return None


class WDT:
    """Ends the process if it is fed too late. If it is never fed again, the test ends the process."""

    def __init__(self, id=0, timeout=5000):
        if not 0 < timeout <= board.WATCHDOG_MS:
            raise ValueError("timeout exceeds %d" % board.WATCHDOG_MS)
        page.put("fed", now())
        page.put("limit", timeout)

    def feed(self):
        """Feed it, or end the process if that is too late."""
        moment = now()
        gap = (moment - page.get("fed")) / 1000
        if gap > page.get("limit"):
            _end(WDT_RESET, BITTEN)
        page.put("hunger", max(gap, page.get("hunger")))
        page.put("fed", moment)


class Pin:
    """A pin whose changes can be seen."""

    OUT = 1

    def __init__(self, name, mode=None):
        self._name = name

    def value(self, value):
        """Set the level."""
        print("pin %s %d" % (self._name, value))

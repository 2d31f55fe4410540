"""A stand-in for `machine`: a real-time clock, a watchdog, sleep, and why the board started. Times are the board's.

What ends a board here ends the process at once, as a reset does: nothing is closed or written any more.
"""

import time

import board
import ffi
import page

PWRON_RESET, WDT_RESET = 1, 3
if board.PORT != "rp2":  # whose reset is its watchdog's, too
    HARD_RESET, DEEPSLEEP_RESET, SOFT_RESET = 2, 4, 5
ASLEEP, RESET, BITTEN = 42, 43, 44  # exit codes

_exit = ffi.open(None).func("v", "_exit", "i")


def now():
    """The monotonic clock in us."""
    return time.time_ns() // 1000 - int(page.get("wall"))


def reset_cause():
    """Why the board started."""
    return int(page.get("cause"))


def _end(cause, code):
    page.put("cause", cause)
    page.put("limit", 0)
    _exit(code)


def reset():
    """Start anew."""
    _end(WDT_RESET if board.PORT == "rp2" else HARD_RESET, RESET)


def deepsleep(ms):
    """Switch off; the RTC goes on, and wakes it."""
    page.put("down", now())
    page.put("wake", now() + ms * 1000)
    _end(DEEPSLEEP_RESET, ASLEEP)


def lightsleep(ms):
    """Stand still for so long."""
    if page.get("down") < page.get("asked"):
        page.put("down", now())
    page.put("skipped", page.get("skipped") + 1000 * ms)  # nothing comes in meanwhile that would take its own time


class RTC:
    """The clock."""

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
    """Ends the process if it is fed too late; the test does so if it is never fed again."""

    def __init__(self, id=0, timeout=5000):
        if not 0 < timeout <= board.WATCHDOG_MS:
            raise ValueError("timeout exceeds %d" % board.WATCHDOG_MS)
        page.put("fed", now())
        page.put("limit", timeout)

    def feed(self):
        """In time, it is hoped."""
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
        """Set it."""
        print("pin %s %d" % (self._name, value))

"""What a board and the world around it share in these tests: numbers in a file of one page. Each is a double.

The test accesses it through `board_worlds`, the preloaded clock (clock.c) through a mapping, and the board's
stand-ins through this module. Runs on MicroPython.
"""

import os
import struct

NAMES = (
    "skipped",  # us by which the board's monotonic clock is ahead of the machine's
    "wall",  # us from the monotonic clock to the Unix time: the RTC
    "fast",  # whether sleeping takes no time
    "asleep",  # us: the longest jump in one sleep
    "jumps",
    "air",  # whether the access point is on
    "address",  # the last number of the IP address it gives
    "limit",  # ms: the watchdog's, or 0 while it is off
    "fed",  # us: when the watchdog was last fed
    "hunger",  # ms: the longest time between two feedings
    "cause",  # of the last reset, as in machine.reset_cause()
    "standstill",  # ms: the longest time for which the event loop stood still
    "beats",  # turns of the event loop, ten a second
    "asked",  # us: when the board was told to sleep
    "down",  # us: when it fell asleep
    "wake",  # us: when it wakes from deep sleep
)
SIZE = 4096


_file = None


def _at(name):
    global _file
    if not _file:
        _file = open(os.getenv("BOARD_CLOCK"), "r+b")  # MicroPython's files have no buffer
    _file.seek(8 * NAMES.index(name))
    return _file


def get(name):
    """Return a number of the page."""
    return struct.unpack("<d", _at(name).read(8))[0]


def put(name, value):
    """Change a number of the page."""
    _at(name).write(struct.pack("<d", value))

"""What a board and the world around it have in common in these tests: numbers in a file of one page.

The test writes it through `board_worlds`, the preloaded clock (clock.c) through its mapping, a board's stand-ins
through this. Each is a double. Runs on MicroPython.
"""

import os
import struct

NAMES = (
    "skipped",  # us that the board's monotonic clock is ahead of the machine's
    "wall",  # us from the monotonic clock to the Unix time: the RTC
    "fast",  # sleeping takes no time
    "asleep",  # us: the longest that one sleep may jump
    "jumps",
    "air",  # whether the access point is on
    "address",  # the last number of the IP address that it gives
    "limit",  # ms: of the watchdog, 0 while it is off
    "fed",  # us: when
    "hunger",  # ms: the longest time between two feedings
    "cause",  # of the last reset, as machine.reset_cause()
    "standstill",  # ms: the longest that the event loop did not get on
    "beats",  # turns of the event loop, ten a second
    "asked",  # us: when it was told to go to sleep
    "down",  # us: when it went
    "wake",  # us: when to wake from deep sleep
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
    """A number of the page."""
    return struct.unpack("<d", _at(name).read(8))[0]


def put(name, value):
    """Change a number of the page."""
    _at(name).write(struct.pack("<d", value))

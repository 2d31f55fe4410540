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
    "wake",  # us: when to wake from deep sleep
)
SIZE = 4096


def _open():
    return open(os.getenv("BOARD_CLOCK"), "r+b")


def get(name):
    """A number of the page."""
    with _open() as file:
        file.seek(8 * NAMES.index(name))
        return struct.unpack("<d", file.read(8))[0]


def put(name, value):
    """Change a number of the page."""
    with _open() as file:
        file.seek(8 * NAMES.index(name))
        file.write(struct.pack("<d", value))

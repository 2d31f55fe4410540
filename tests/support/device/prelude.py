"""What a program on a device of these tests needs of either interpreter: its log on stdout, and a clock."""

import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"

if not MICROPYTHON:
    import logging

    # As MicroPython's log without `logging`: warnings and errors, a line each
    sys.stderr = sys.stdout
    logging.basicConfig(stream=sys.stdout, format="%(message)s")


def milliseconds():
    """The monotonic clock in ms."""
    return time.ticks_ms() if MICROPYTHON else int(time.monotonic() * 1000)

"""What the tests' device programs need on either interpreter: the log on stdout, and a clock."""

import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"

if not MICROPYTHON:
    import logging

    # Like MicroPython's log without `logging`: warnings and errors, one line each.
    sys.stderr = sys.stdout
    logging.basicConfig(stream=sys.stdout, format="%(message)s")


def milliseconds():
    """Return the monotonic clock in ms."""
    return time.ticks_ms() if MICROPYTHON else int(time.monotonic() * 1000)

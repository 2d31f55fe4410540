"""Time: wrap-safe millisecond ticks for intervals, Unix seconds for time stamps."""

import time

try:
    from time import ticks_add, ticks_diff, ticks_ms
except ImportError:  # CPython: the same three, with the wrap of a 32-bit board

    def ticks_ms() -> int:
        """The monotonic clock in ms, modulo 2**30."""
        return int(time.monotonic() * 1000) & 0x3FFFFFFF

    def ticks_add(ticks: int, delta: int) -> int:
        """The tick that is `delta` ms after `ticks`."""
        return (ticks + delta) & 0x3FFFFFFF

    def ticks_diff(end: int, start: int) -> int:
        """Milliseconds from `start` to `end`, right for less than 2**29 ms either way."""
        return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000


# Seconds from 1970 to the epoch of this port's time.time(): several ports count from 2000.
EPOCH = 946684800 if time.gmtime(0)[0] == 2000 else 0


def timestamp() -> int:
    """Unix time: whole seconds since 1970, on every port."""
    return int(time.time()) + EPOCH

"""What differs between the interpreters: constants, ticks, Unix time, reports, and modules to let go of."""

import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"

if MICROPYTHON:
    from micropython import const
    from time import ticks_add, ticks_diff, ticks_ms
else:

    def const(value):
        """MicroPython's compiler puts the value in place of the name; here it is a value like any other."""
        return value

    def ticks_ms() -> int:
        """The monotonic clock in ms, modulo 2**30 as on a 32-bit board."""
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


def log(level: int, text: str):
    """Report in one line, at a level of `logging` (20 info, 30 warning, 40 error): through `logging` where the
    program has imported it, else printed from warnings up."""
    logging = sys.modules.get("logging")
    if logging:
        logging.log(level, text)
    elif level > 20:
        print(text)


def forget(*names):
    """Let go of modules of this package that have done their work, so that their heap is free. An import brings
    them back. On CPython they stay."""
    if MICROPYTHON:
        package = sys.modules["arduino_iot_cloud"].__dict__
        for name in names:
            package.pop(name, None)
            sys.modules.pop("arduino_iot_cloud." + name, None)

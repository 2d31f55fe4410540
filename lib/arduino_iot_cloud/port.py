"""What differs between the interpreters: constants, ticks, Unix time, reports, and modules to let go of."""

import sys
from time import time

MICROPYTHON = sys.implementation.name == "micropython"

if MICROPYTHON:
    from micropython import const
    from time import ticks_add, ticks_diff, ticks_ms
else:
    from .cpython import const, ticks_add, ticks_diff, ticks_ms

# Seconds from 1970 to the epoch of this port's time.time(): several ports count from 2000.
EPOCH = 946684800 if __import__("time").gmtime(0)[0] == 2000 else 0

offset = 0  # what to add to a clock that nobody has set: see `network_time`


def timestamp() -> int:
    """Unix time: whole seconds since 1970, on every port; 0 where nobody has set the clock (before 2024)."""
    now = int(time()) + EPOCH
    return now if now > 1704067200 else offset and now + offset


def log(level: int, message: str):
    """Report in one line, at a level of `logging` (20 info, 30 warning, 40 error): through `logging` where the
    program has imported it, else printed from warnings up."""
    logging = sys.modules.get("logging")
    if logging:
        logging.log(level, message)
    elif level > 20:
        print(message)


def report(name, error: BaseException):
    """Log what a callback raised, `name` being its property's, or the handling of a packet, for which it is None; with
    the traceback. Raises nothing, even out of memory."""
    try:
        from .faults import report

        report(name, error)
    except Exception:
        print(name, "raised an exception that cannot be shown")


_inside = {}  # modules that come and go: how many are inside of each


def enter(*names):
    """Count somebody in: these modules of the package stay loaded until `leave`. A coroutine does so before its first
    `await` inside of one, a function that may call a user's callback before it is called."""
    for name in names:
        _inside[name] = _inside.get(name, 0) + 1


def leave(*names):
    """Count somebody out again."""
    for name in names:
        _inside[name] -= 1


def forget(*names):
    """Unload modules of this package that have done their work, so that their heap is free, unless somebody is inside.

    An import brings them back. So whatever uses such a module imports it at that moment, in a function, and never at
    its own top. On CPython they stay. With the garbage out of the way, what comes next stays close together: so this
    is worth a call before imports, too.
    """
    if MICROPYTHON:
        from gc import collect

        package = sys.modules["arduino_iot_cloud"].__dict__
        for name in names:
            if _inside.get(name):
                continue
            package.pop(name, None)
            module = sys.modules.pop("arduino_iot_cloud." + name, None)
            if module:
                # The collector may still see one of its functions in a finished coroutine: that one stays alone.
                module.__dict__.clear()
        collect()

"""What differs between the interpreters: constants, ticks, Unix time, reports, and modules to let go of."""

import sys
from time import time

MICROPYTHON = sys.implementation.name == "micropython"

if MICROPYTHON:
    from time import ticks_add, ticks_diff, ticks_ms

    from micropython import const
else:
    from .cpython import const, ticks_add, ticks_diff, ticks_ms  # noqa: F401

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

        report(name, error, log)
    except Exception:
        print(name, "raised an exception that cannot be shown")


_callers: dict = {}  # of what comes and goes: how many are inside of each


def inside(name: str, n: int):
    """Count a caller in (1) or out (-1) of what `forget` would unload by this name: until the last one is out, it stays
    loaded. A coroutine is counted in before its first `await` inside of it, a function before it calls what may run a
    user's callback."""
    _callers[name] = _callers.get(name, 0) + n


def forget(*names):
    """Unload what has done its work, and free its heap, unless a caller is inside.

    Each name is a module of this package ("trust", "loop.connecting"), or a folder with a dot at its end ("session."):
    then all modules in it are meant but the folder's own `__init__`. One with a slash is of another package, as
    "arduino_cloud_board/link.change". An import brings a module back. So whatever uses
    one imports it at that moment, in a function, and never at its own top. On CPython they stay. The call also collects
    garbage, which keeps close together what is loaded next: so it is worth making before imports, too.
    """
    if MICROPYTHON:
        from gc import collect

        for name in names:
            if _callers.get(name):
                continue
            name = name.replace("/", ".") if "/" in name else "arduino_iot_cloud." + name
            for path in list(sys.modules):
                if path == name or name[-1] == "." and path.startswith(name):
                    folder, _, there = path.rpartition(".")
                    sys.modules[folder].__dict__.pop(there, None)
                    # The collector may still see one of its functions in a finished coroutine: that one stays alone.
                    sys.modules.pop(path).__dict__.clear()
        collect()

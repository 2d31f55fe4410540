"""Everything that differs between the interpreters: constants, ticks, Unix time, the log, and unloading of modules."""

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

offset = 0  # seconds to add to a clock that is not set: see `network_time`


def timestamp() -> int:
    """Return Unix time: whole seconds since 1970, on every port; 0 if the clock is not set (it is before 2024)."""
    now = int(time()) + EPOCH
    return now if now > 1704067200 else offset and now + offset


def log(level: int, message: str):
    """Log one line at a level of `logging` (20 info, 30 warning, 40 error). If the program has not imported `logging`,
    print it, from warnings up."""
    logging = sys.modules.get("logging")
    if logging:
        logging.log(level, message)
    elif level > 20:
        print(message)


def report(name, error: BaseException):
    """Log an exception with its traceback: from a callback of the property `name`, or, if that is None, from the
    handling of a packet. Raises nothing, even out of memory."""
    try:
        from .faults import report

        report(name, error, log)
    except Exception:
        print(name, "raised an exception that cannot be shown")


_callers: dict = {}  # how many callers are inside of each temporary module


def inside(name: str, n: int):
    """Count a caller in (1) or out (-1). While any is in, what `forget` would unload by this name stays loaded. A
    coroutine is counted in before its first `await` inside the module, a function before it may run a user's callback.
    """
    _callers[name] = _callers.get(name, 0) + n


def forget(*names):
    """Unload temporary modules and free their heap, unless a caller is inside.

    Each name is a module of this package ("trust", "loop.connecting"), or a folder with a final dot ("session."), which
    means all modules in it except the folder's own `__init__`. A name with a slash is a module of another package, such
    as "arduino_cloud_board/link.change". The next import loads a module again. So code that uses one imports it in a
    function, at that moment, never at the top of a module that stays. On CPython nothing is unloaded. The call also
    collects garbage, so that the next modules lie close together: it helps before imports, too.
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
                    # A finished coroutine may still refer to one of its functions: clearing frees all the others.
                    sys.modules.pop(path).__dict__.clear()
        collect()

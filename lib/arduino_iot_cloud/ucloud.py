"""The module of the official client that has its classes, for programs that import from it.

Also imported for ArduinoCloudObject, which from then on takes `keys=`, the names of attributes: in a class derived from
it, and without one. It stays.
"""

import sys
from time import time, time_ns

from .client import ArduinoCloudClient  # noqa: F401
from .port import EPOCH, MICROPYTHON
from .property import ArduinoCloudObject


def timestamp() -> int:
    """Unix time in whole seconds, whatever the clock shows."""
    return int(time()) + EPOCH


def timestamp_ms() -> int:
    """Unix time in milliseconds, whatever the clock shows."""
    return time_ns() // 1000000 + EPOCH * 1000


def log_level_enabled(level: int) -> bool:
    """Whether messages of that level of `logging` are shown; from warnings up where the program does without it."""
    logging = sys.modules.get("logging")
    return logging.getLogger().isEnabledFor(level) if logging else level > 20


# What a class takes over from Composite, since it cannot be given another base.
_MEMBERS = "KEYS TYPES _was value initialized shape store write _fit _old _remember __contains__ __getattr__ __setattr__"

_init = ArduinoCloudObject.__init__


def _new(cls, *args, **kwargs):
    # With attributes, and without a class of its own, it is a Composite.
    if cls is ArduinoCloudObject and kwargs.get("keys"):
        from .composites import Composite

        if MICROPYTHON:
            return Composite(*args, **kwargs)
        cls = Composite  # whose __init__ CPython then calls
    return object.__new__(cls)


def _init_with_keys(self, name, keys=None, **kwargs):
    # As ArduinoCloudObject.__init__.
    if keys:
        from .composites import Composite

        _adopt(name, type(self), Composite)
        Composite.__init__(self, name, keys, **kwargs)
    elif hasattr(type(self), "KEYS") and not self.KEYS:
        raise TypeError("'%s': %s needs keys=, the names of its attributes" % (name, type(self).__name__))
    else:
        _init(self, name, **kwargs)


def _adopt(name, cls, composite):
    if not hasattr(cls, "KEYS"):
        from .derived import check

        check(name, cls)
        for member in _MEMBERS.split(" "):
            if getattr(cls, member, None) is getattr(ArduinoCloudObject, member, None):  # else it has its own
                setattr(cls, member, getattr(composite, member))


ArduinoCloudObject.__new__ = staticmethod(_new)
ArduinoCloudObject.__init__ = _init_with_keys

"""The argument `keys=`, the names of attributes, for ArduinoCloudObject and classes derived from it.

Importing this adds it. It stays.
"""

from ..port import MICROPYTHON
from . import ArduinoCloudObject

# The members of Composite that a derived class gets: its base cannot be changed.
_MEMBERS = (
    "KEYS TYPES _was value initialized shape store write _fit _old _remember __contains__ __getattr__ __setattr__"
)

_init = ArduinoCloudObject.__init__


def _new(cls, *args, **kwargs):
    # An ArduinoCloudObject with attributes, not of a derived class, is a Composite.
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
            if getattr(cls, member, None) is getattr(ArduinoCloudObject, member, None):  # else the class has its own
                setattr(cls, member, getattr(composite, member))


# A class that is in use has to stay the same one.
ArduinoCloudObject.__new__ = staticmethod(_new)  # type: ignore[method-assign]
ArduinoCloudObject.__init__ = _init_with_keys  # type: ignore[method-assign]

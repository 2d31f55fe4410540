"""Whether a program's own class leaves alone what the client needs of a variable.

Imported for what is no plain ArduinoCloudObject; it stays.
"""

import sys

from .property import ArduinoCloudObject

_NEEDED = ("client", "busy", "changed", "policy", "writable", "touch", "shape", "store", "write")


def check(cls):
    """Raise TypeError for a class that hides one of these names by a member of its own."""
    for name in _NEEDED:
        own = getattr(cls, name)
        if own is getattr(ArduinoCloudObject, name):
            continue
        for module, base in (("composites", "Composite"), ("kinds", "Scalar")):
            module = sys.modules.get("arduino_iot_cloud." + module)
            if module and own is getattr(getattr(module, base), name):
                break
        else:
            raise TypeError("%s.%s hides a member of that name that the client needs" % (cls.__name__, name))

"""A check that a program's own class and attributes hide no member of a variable that the client needs.

Imported for the first of them, and stays.
"""

import sys

from . import ArduinoCloudObject

_NEEDED = ("client", "busy", "changed", "policy", "writable", "touch", "shape", "store", "write")


def check(name: str, cls, keys=(), composite=None):
    """Raise TypeError for a class that hides a member that the client needs, and for a key that is not text; ValueError
    for a key that hides a member of the class `composite`. `name` is the variable's."""
    for member in _NEEDED:
        if not _is_ours(member, getattr(cls, member)):
            raise TypeError("'%s': %s.%s hides a member that the client needs" % (name, cls.__name__, member))
    for key in keys:
        if not isinstance(key, str):
            raise TypeError("'%s': keys are the names of attributes, not %r" % (name, key))
        if not key or ":" in key or hasattr(composite, key) or key in ("name", "field", "due"):
            raise ValueError("'%s': an attribute cannot be named '%s'" % (name, key))


def _is_ours(member, value):
    if value is getattr(ArduinoCloudObject, member):
        return True
    for module, base in (("composites", "Composite"), ("kinds", "Scalar")):
        module = sys.modules.get("arduino_iot_cloud.property." + module)
        if module and value is getattr(getattr(module, base), member):
            return True
    return False

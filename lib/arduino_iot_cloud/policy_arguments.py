"""What the policy of a property is given, checked. Let go of once it is looked at."""

from .port import const

_LONGEST_S = const(315360000)  # ten years, as in `arguments`


def check(name: str, key: str, value):
    """Raise ValueError for what an argument of `policy.configure` cannot be."""
    number = type(value) in (int, float)
    if key == "publish":
        good = value in ("change", "demand") or number and 0.1 <= value <= _LONGEST_S
        what = "'change', 'demand' or seconds from 0.1 to %d (ten years)" % _LONGEST_S
    elif key == "min_delta":
        good = number and value >= 0 and value - value == 0  # not infinite
        what = "a number from 0 on"
    elif key == "min_interval":
        good = number and 0 <= value <= _LONGEST_S
        what = "seconds from 0 to %d (ten years)" % _LONGEST_S
    elif key == "permission":
        good = value in ("read", "write", "readwrite")
        what = "'read', 'write' or 'readwrite'"
    elif key == "sync":
        good = value in ("cloud", "device", "recent") or callable(value)
        what = "'cloud', 'device', 'recent' or a function"
    elif key == "history":
        good = type(value) is int and 0 <= value <= 10000
        what = "a number of samples from 0 to 10000"
    elif key == "store":
        good = isinstance(value, str) or hasattr(value, "load")
        what = "a path, 'nvs:' and a name, or an object that stores"
    else:
        good = value in (True, False)
        what = "True or False"
    if not good:
        raise ValueError("'%s': %s is %s, not %r" % (name, key, what, value))

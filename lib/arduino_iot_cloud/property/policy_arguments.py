"""What a program may say about when a property is published: the arguments, checked, and the policy made of them.

Comes and goes: a property imports it for such arguments, and its policy unloads it when it is registered.
"""

from ..port import const

_KEYS = ("publish", "min_delta", "min_interval", "permission", "sync", "timestamp", "history", "store")
_LONGEST_S = const(315360000)  # ten years, as in `arguments`


def configure(p, key: str, given: dict):
    """Take these of the arguments `given` for a property; `key` is one that the property does not know itself.

    `publish`: "change" (when the value differs from the last one sent or received), "demand" (on
        `client.push(name)`), or a number of seconds (0.1 to 315360000): that often, changed or not.
        Without it every assignment is published.
    `min_delta`: number; with "change", the least difference of an int, a float, or in degrees of a Location.
    `min_interval`: seconds (0 to 315360000, 0.5 by default); with "change", the least time between two packets.
    `permission`: what the cloud may do: "read" (the device publishes), "write" or "readwrite".
    `sync`: "cloud", "device" or "recent": whose value wins at a connection; or a function
        (property, value, time) -> bool, true where this value of the cloud (a dict of attributes
        for a composite), of this Unix time (0: unknown), is to be taken.
    `timestamp`: True to send each value with the Unix time of its change.
    `history`: how many samples are kept until the cloud has them (1 to 10000): see `history.History`.
    `store`: where they survive a reset: see `stores`.

    Raises TypeError for another key, ValueError for a wrong value.
    """
    if key not in _KEYS:
        raise TypeError("'%s' got an unexpected keyword argument '%s'" % (type(p).__name__, key))
    if p.policy:
        return
    if not given.get("history"):
        if given.get("store"):
            raise ValueError("'%s': store goes with history" % p.name)
        from .policy import Policy as kind
    else:
        from .history import History as kind
    policy = kind(p)
    for key in _KEYS:
        value = given.get(key)
        if value is not None:
            check(p.name, key, value)
            setattr(policy, key, value)
            if key.startswith("min_"):
                policy.publish = policy.publish or "change"
                if policy.publish != "change":
                    raise ValueError("'%s': %s goes with publish='change'" % (p.name, key))
    p.writable = policy.permission in ("write", "readwrite")
    p.policy = policy


def check(name: str, key: str, value):
    """Raise ValueError for what an argument of `configure` cannot be."""
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

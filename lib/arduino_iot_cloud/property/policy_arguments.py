"""The arguments that say when a property is published: their checks, and the policy made from them.

Temporary: a property imports it for such arguments, and its policy unloads it when it is registered.
"""

from ..port import const

_KEYS = ("publish", "min_delta", "min_interval", "permission", "sync", "timestamp", "history", "store")
_LONGEST_S = const(315360000)  # ten years, as in `arguments`


def configure(p, key: str, given: dict):
    """Make a policy from the arguments `given` for a property; `key` is one that the property itself does not know.

    `publish`: "change" (when the value differs from the last one sent or received), "demand" (on
        `client.push(name)`), or a number of seconds (0.1 to 315360000): this often, changed or not.
        Without it every assignment is published.
    `min_delta`: number; with "change", the minimum difference of an int or a float, or in degrees of a Location.
    `min_interval`: seconds (0 to 315360000, 0.5 by default); with "change", the minimum time between two packets.
    `permission`: what the cloud may do: "read" (the device publishes), "write" or "readwrite".
    `sync`: whose value wins at a connection: "cloud", "device" or "recent"; or a function
        (property, value, time) -> bool that says whether to accept this value from the cloud (a dict
        of attributes for a composite) with this Unix time (0: unknown).
    `timestamp`: True to send each value with the Unix time of its change.
    `history`: how many samples are kept until the cloud has them (1 to 10000): see `history.History`.
    `store`: where the samples survive a reset: see `stores`.

    Raises TypeError for an unknown argument, ValueError for a wrong value.
    """
    if key not in _KEYS:
        raise TypeError("'%s' got an unexpected keyword argument '%s'" % (type(p).__name__, key))
    if p.policy:
        return
    if not given.get("history"):
        if given.get("store"):
            raise ValueError("'%s': store needs history" % p.name)
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
                    raise ValueError("'%s': %s needs publish='change'" % (p.name, key))
    p.writable = policy.permission in ("write", "readwrite")
    p.policy = policy


def check(name: str, key: str, value):
    """Raise ValueError for a wrong value of an argument of `configure`."""
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

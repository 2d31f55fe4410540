"""What the objects of the official client have beside ours: `updated`, `timestamp`, `runnable`.

Imported when a program asks an object for one of them; it stays.
"""

from time import time

from ..port import EPOCH, ticks_ms
from . import ArduinoCloudObject


def timestamp() -> int:
    """Unix time in whole seconds, whatever the clock shows."""
    return int(time()) + EPOCH


def attribute(p, *given):
    """What ArduinoCloudObject has not at hand: with nothing `given`, its `updated`; with a name (str), that attribute;
    with a bool, it sets `updated`. Raises AttributeError for a name that there is not."""
    if not given:
        return updated(p)
    name = given[0]
    if not isinstance(name, str):
        return update(p, name)
    if name == "timestamp":
        watch(p)
        return p.timestamp
    if name == "runnable":
        return bool(p.on_run or p.on_read or p.on_write)
    raise AttributeError("'%s' object has no attribute '%s'" % (type(p).__name__, name))


def updated(p) -> bool:
    """Whether it waits to be published."""
    return bool(p.changed > 0 or p.policy and p.policy.pending(ticks_ms()))


def update(p, value: bool):
    """Have it published once more, or not after all."""
    if not value:
        p.changed = min(p.changed, 0)
    elif p.initialized:
        if p.policy:
            p.policy.urgent = True
        ArduinoCloudObject.touch(p)  # not that of an object which is watched: the value stays


def watch(p):
    """Keep the Unix time of its changes from now on, in an attribute of its own: `timestamp`."""
    touch = p.touch
    store = p.store

    def touched():
        p.timestamp = timestamp()
        touch()

    def stored(attribute, value):
        p.timestamp = timestamp()
        return store(attribute, value)

    p.touch = touched
    p.store = stored
    p.timestamp = p.policy and p.policy.changed_at or timestamp()


ArduinoCloudObject.updated = property(updated, update)  # type: ignore[method-assign, assignment] # no look-up any more

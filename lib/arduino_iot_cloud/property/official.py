"""Further attributes of the official client's objects: `updated`, `timestamp`, `runnable`.

Imported when a program first uses one of them, and stays.
"""

from time import time

from ..port import EPOCH, ticks_ms
from . import ArduinoCloudObject


def timestamp() -> int:
    """Return Unix time in whole seconds, even if the clock is not set."""
    return int(time()) + EPOCH


def attribute(p, *given):
    """Return an attribute that ArduinoCloudObject lacks: `updated` if nothing is `given`, else the one of that name
    (str); or set `updated` to a bool. Raises AttributeError for an unknown name."""
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
    """Return whether a variable waits to be published."""
    return bool(p.changed > 0 or p.policy and p.policy.pending(ticks_ms()))


def update(p, value: bool):
    """Publish a variable again; or, for False, do not publish it after all."""
    if not value:
        p.changed = min(p.changed, 0)
    elif p.initialized:
        if p.policy:
            p.policy.urgent = True
        ArduinoCloudObject.touch(p)  # not the `touch` of a watched object, since the value does not change


def watch(p):
    """Record the Unix time of its changes from now on, in its attribute `timestamp`."""
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

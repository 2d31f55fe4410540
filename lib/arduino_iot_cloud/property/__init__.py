"""One cloud variable: its value and type, and whether it is due to be published."""

from ..port import const
from ..senml import label, write_record

_TYPES = const(0)  # true for type checkers, which read what is below it
if _TYPES:
    from typing import Any

# The bits of `standing`. Each module that uses them defines them again, as constants that take no memory.
_OWN = const(1)  # the value is the program's, and the cloud has not acknowledged it
# _SENT = 2: it is in the packet that is not acknowledged yet
# _EXCHANGED = 4: since the thing was attached, a packet in either direction has had it
# _FIRST = 8, and the bits above it: since then the cloud has written the first attribute, the second, and so on
_NUMBER = const(())  # in place of a value: any number is accepted


def fit(name: str, last, value):
    """Return `value` converted to the type of `last`, the current value (None: any type, (): any number).

    A float variable accepts integers, a bool one 0 and 1. Raises TypeError for other types, ValueError for an
    integer beyond 64 bits.
    """
    kind = type(value)
    old = type(last)
    if kind is int and value >> 64 not in (0, -1):
        last = 0  # not even an int accepts this one
    elif last is None:
        if kind in (bool, int, float, str):
            return value
    elif kind is old or last == _NUMBER and kind in (int, float):
        return value
    elif kind is int and (old is float or old is bool and 0 <= value <= 1):
        return old(value)
    from .refusal import misfit

    raise misfit(name, last, value)


def shape(name: str, last, value):
    """Return a value from the cloud, converted as by `fit`. In addition, an int variable truncates floats and accepts
    bools, and a bool one keeps its value for numbers other than 0 and 1."""
    kind = type(value)
    old = type(last)
    if old is int or last == _NUMBER:
        if kind is bool:
            return int(value)
        if kind is float and old is int:
            if -18446744073709551616.0 <= value < 18446744073709551616.0:
                return int(value)
            from .refusal import misfit

            raise misfit(name, int, value)
    elif old is bool and kind in (int, float):
        return bool(value) if value == 0 or value == 1 else last
    return fit(name, last, value)


class ArduinoCloudObject:
    """A cloud variable with one value, or a task.

    Arguments, all but `name` (str) optional:

    `value`: the initial value (bool, int, float or str), which fixes the type. Without one the variable
        takes the cloud's last value; if that is a number, later values may be ints or floats.
    `on_read(client)`: called every `interval` seconds; it returns the value.
    `on_write(client, value)`: called when the cloud writes. It makes the variable writable.
    `on_run(client, args)`: called every `interval` seconds with `args`, any object.
    `interval`: seconds (0 to 315360000, ten years; 1 by default).
    `backoff`: factor (1 to 100) that multiplies `interval` after each run, up to 5 s.

    The callbacks may be coroutine functions. The arguments of `policy_arguments.configure` say when to publish, and
    whose value counts. Raises TypeError for any other argument.

    With `keys`, the names of attributes, it has these instead of a value: see `composites.Composite`.
    `updated` is whether it waits to be published; setting it to True publishes the value again.
    `timestamp` is the Unix time of its last change, recorded from the first access on.
    """

    # The defaults are in the class: an instance stores only what differs.
    on_read = on_write = on_run = backoff = args = None
    interval = 1.0
    client = None  # where it is registered
    busy = False  # the callbacks.Turn while callbacks that are coroutines run
    far = 0  # how many long pieces of the interval pass before the tick `due`
    changed = 0  # 1: due, 2: due first in the next packet, since the last one was full, -1: sent, not acknowledged
    standing = 0  # the sum of the bits above
    policy = None  # a `policy.Policy`, if the program has asked for one
    writable = False  # the cloud may write it, even without `on_write`
    field: "Any"
    _value: "Any" = None
    _like = None  # a value of its type while it has no value; or (), if it accepts any number

    def __init__(self, name: str, **kwargs):
        self.name = name
        self.field = None
        known = "value on_read on_write on_run interval backoff args".split()  # one text is smaller than seven
        for key in kwargs:
            if key not in known:
                from .policy_arguments import configure

                configure(self, key, kwargs)
            elif kwargs[key] is not None:
                setattr(self, key, kwargs[key])

    def __repr__(self):
        return str(self.value)

    def __getattr__(self, *given):
        # For attributes that only programs for the official client use.
        from .official import attribute

        return attribute(self, *given)

    updated = property(__getattr__, __getattr__)

    @property
    def value(self):
        """The current value, None before the first one. Setting it raises TypeError for another type."""
        return self._value

    @value.setter
    def value(self, value):
        if value is None:
            from .clearing import clear

            clear(self)
        else:
            value = fit(self.name, self._sample(), value)
            if self.client:
                self.client.check(self.name, value)
            self._value = value
            self.touch()

    def _sample(self):
        # A value of its type, for `fit`.
        return self._like if self._value is None or self._like == _NUMBER else self._value

    def touch(self):
        """Publish the value that the program has set."""
        self.standing |= _OWN
        if self.policy:
            self.policy.touch()
        else:
            self.owe()
        if self.client:
            self.client.wake()

    def owe(self):
        """Make it due to be published: the session does the rest."""
        if self.changed < 1:
            self.changed = 1

    @property
    def initialized(self) -> bool:
        """Whether it has a value."""
        return self._value is not None

    def shape(self, attribute: str, value):
        """Return a value from the cloud, converted for `store`. Raises TypeError or ValueError if it does not fit."""
        if attribute is not None:
            from .refusal import attribute_of

            raise attribute_of(self.name, attribute)
        last = self._value  # like `_sample`, but without a call: each value from the cloud comes through here
        return shape(self.name, self._like if last is None or self._like == _NUMBER else last, value)

    def store(self, attribute: str, value) -> bool:
        """Store a value that `shape` returned. Returns whether it differs from the current one."""
        if self._value is None and self._like is None and type(value) in (int, float):
            self._like = _NUMBER
        differs = value != self._value
        self._value = value
        return differs

    def write(self, writer, time: int = 0, value=None):
        """Write the records of its current value, or of `value`, with the Unix time `time` unless that is 0."""
        if self.field is None:
            self.field = label(self.name)
        if value is None:
            value = self._value
        if value is not None:
            write_record(writer, self.field, value, time)

Task = ArduinoCloudObject

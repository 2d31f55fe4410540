"""One cloud variable: its value, the rule of its type, and whether it has something to publish."""

from ..port import const
from ..senml import label, write_record

_TYPES = const(0)  # true for type checkers, which read what is below it
if _TYPES:
    from typing import Any

# The bits of `standing`. Each module that looks at them has them, under the same names: so they cost nothing.
_OWN = const(1)  # the program's value, which the cloud has not acknowledged
# _SENT = 2: it is in the packet that is not acknowledged
# _TOLD = 4: since the thing was attached it has gone into a packet, or come with one
# _FIRST = 8, and those above it: since then the cloud has written the first attribute, and so on
_NUMBER = const(())  # stands for the present value where any number will do


def fit(name: str, last, value):
    """The value to take for `value` where `last` is the present one, whose type stays (None: any type, (): any number).

    Integers are taken for floats, and 0 and 1 for bools. Raises TypeError otherwise, ValueError for
    an integer beyond 64 bits.
    """
    kind = type(value)
    old = type(last)
    if kind is int and value >> 64 not in (0, -1):
        last = 0  # it takes no int, then
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
    """As `fit`, for a value from the cloud: floats are cut for ints, bools are 0 or 1 for ints, and other numbers than
    0 and 1 leave a bool as it is."""
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
    `value`: the initial value (bool, int, float or str), which fixes the type. Without one the
    cloud's last value is taken; a number that comes from there first may be an int or a float later.
    `on_read(client)` returns the value every `interval` seconds (0 to 315360000, ten years); `on_write(client, value)`
    is called when the cloud writes, and makes the variable writable; `on_run(client, args)` is called every
    `interval` seconds. Each may be a coroutine function.
    `backoff` (1 to 100) multiplies `interval` after each run, up to 5 s. `args` is handed to `on_run`.
    The arguments of `policy_arguments.configure` say when to publish, and whose value counts.
    Raises TypeError for any other argument.

    With `keys`, the names of attributes, it has these in place of a value: see `composites.Composite`.
    `updated` tells whether it waits to be published; set to True, it is published once more.
    `timestamp` is the Unix time of its last change, from the first look at it on.
    """

    # Defaults live in the class: an instance then stores only what differs.
    on_read = on_write = on_run = backoff = args = None
    interval = 1.0
    client = None  # where it is registered
    busy = False  # the coroutines.Turn of its callbacks, where these are coroutines and still run
    far = 0  # how many long stretches of time pass before the tick `due`
    changed = 0  # 1: to be published, 2: with the next packet, since the last one was full, -1: sent, not acknowledged
    standing = 0  # the sum of the bits above
    policy = None  # a `policy.Policy`, where the program has asked for one
    writable = False  # by the cloud, without `on_write`
    field: "Any"
    _value: "Any" = None
    _like = None  # what has the type to take while there is no value; or (), where any number will do

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
        # What only programs for the official client ask for: a module of its own has it.
        from .official import attribute

        return attribute(self, *given)

    updated = property(__getattr__, __getattr__)

    @property
    def value(self):
        """The present value, None before the first one. Raises TypeError when set to another type."""
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
        # What has the type to take, as `fit` wants it.
        return self._like if self._value is None or self._like == _NUMBER else self._value

    def touch(self):
        """The program has set it: have the value published."""
        self.standing |= _OWN
        if self.policy:
            self.policy.touch()
        else:
            self.owe()
        if self.client:
            self.client.wake()

    def owe(self):
        """It is to be published. The session sees to the rest of its way."""
        if self.changed < 1:
            self.changed = 1

    @property
    def initialized(self) -> bool:
        """Whether there is a value."""
        return self._value is not None

    def shape(self, attribute: str, value):
        """The value to `store` for one from the cloud. Raises TypeError or ValueError where there is none."""
        if attribute is not None:
            from .refusal import attribute_of

            raise attribute_of(self.name, attribute)
        last = self._value  # then as `_sample`, without its call: each value from the cloud comes through here
        return shape(self.name, self._like if last is None or self._like == _NUMBER else last, value)

    def store(self, attribute: str, value) -> bool:
        """Take a value from the cloud that `shape` returned. Returns whether it differs from the present one."""
        if self._value is None and self._like is None and type(value) in (int, float):
            self._like = _NUMBER
        differs = value != self._value
        self._value = value
        return differs

    def write(self, writer, time: int = 0, value=None):
        """Write the records of this property, with a Unix time unless 0; of its present value, or of another."""
        if self.field is None:
            self.field = label(self.name)
        if value is None:
            value = self._value
        if value is not None:
            write_record(writer, self.field, value, time)

Task = ArduinoCloudObject

"""One cloud variable: its value, the rule of its type, and whether it has something to publish."""

from .senml import label, write_record


def fit(name: str, last, value):
    """The value to take for `value` where `last` is the present one, whose type stays (None: any type).

    Integers are taken for floats, and 0 and 1 for bools. Raises TypeError otherwise, ValueError for
    an integer beyond 64 bits.
    """
    kind = type(value)
    if kind is int and value >> 64 not in (0, -1):
        raise ValueError("'%s': %d has more than 64 bits" % (name, value))
    if last is None:
        if kind in (bool, int, float, str):
            return value
    elif kind is type(last):
        return value
    elif kind is int and (type(last) is float or type(last) is bool and 0 <= value <= 1):
        return type(last)(value)
    raise TypeError(
        "'%s' takes %s, not %s"
        % (name, "bool, int, float or str" if last is None else type(last).__name__, kind.__name__)
    )


def fit_cloud(name: str, last, value):
    """As `fit`, for a value from the cloud: floats are cut for ints, other numbers than 0 and 1 leave a bool as it is."""
    if type(last) is int and type(value) is float:
        value = int(value)
    if type(last) is bool and type(value) in (int, float):
        return bool(value) if value == 0 or value == 1 else last
    return fit(name, last, value)


class ArduinoCloudObject:
    """A cloud variable with one value, or a task.

    Arguments, all but `name` (str) optional:
    `value`: the initial value (bool, int, float or str), which fixes the type. Without one the
    cloud's last value is taken.
    `on_read(client)` returns the value every `interval` seconds (0 to 315360000, ten years);
    `on_write(client, value)` is called when the cloud writes, and makes the variable writable;
    `on_run(client, args)` is called every `interval` seconds. Each may be a coroutine function.
    `backoff` (1 to 100) multiplies `interval` after each run, up to 5 s. `args` is handed to `on_run`.
    The arguments of `policy.configure` say when to publish, and whose value counts.
    Raises TypeError for any other argument.
    """

    # Defaults live in the class: an instance then stores only what differs.
    on_read = on_write = on_run = backoff = args = None
    interval = 1.0
    client = None  # where it is registered
    busy = False  # a coroutine of its callbacks still runs
    changed = 0  # 1: to be published, 2: with the next packet, since the last one was full, -1: sent, not acknowledged
    policy = None  # a `policy.Policy`, where the program has asked for one
    writable = False  # by the cloud, without `on_write`
    _value = None

    def __init__(self, name: str, **kwargs):
        self.name = name
        self.field = None
        for key in kwargs:
            if key not in ("value", "on_read", "on_write", "on_run", "interval", "backoff", "args"):
                from .policy import configure

                configure(self, key, kwargs)
            elif kwargs[key] is not None:
                setattr(self, key, kwargs[key])

    def __repr__(self):
        return repr(self.value)

    @property
    def value(self):
        """The present value, None before the first one. Raises TypeError when set to another type."""
        return self._value

    @value.setter
    def value(self, value):
        if value is not None:
            value = fit(self.name, self._value, value)
            if self.client:
                self.client.check(self.name, value)
            self._value = value
            self.touch()
        else:
            self._value = None

    def touch(self):
        """Have the value published."""
        if self.policy:
            self.policy.touched()
        elif self.changed < 1:
            self.changed = 1
        if self.client:
            self.client.wake()

    @property
    def initialized(self) -> bool:
        """Whether there is a value."""
        return self._value is not None

    def shape(self, attribute: str, value):
        """The value to `store` for one from the cloud. Raises TypeError where there is none, KeyError for an unknown attribute."""
        if attribute:
            raise KeyError(attribute)
        return fit_cloud(self.name, self._value, value)

    def store(self, attribute: str, value) -> bool:
        """Take a value from the cloud that `shape` returned. Returns whether it differs from the present one."""
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

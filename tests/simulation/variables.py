"""The variables of the simulated devices, of every kind and with every option by chance."""

# Kind -> the attributes of a composite, or how a scalar is registered.
COMPOSITES = {
    "Location": ("lat", "lon"),
    "Color": ("hue", "sat", "bri"),
    "ColoredLight": ("swi", "hue", "sat", "bri"),
    "DimmedLight": ("swi", "bri"),
    "Television": ("swi", "vol", "mut", "pbc", "inp", "cha"),
    "Schedule": ("frm", "to", "len", "msk"),
}
SCALARS = ("bool", "int", "float", "str", "Temperature", "Switch", "Counter", "number", "hole")
_ATTRIBUTES = {"swi": "bool", "mut": "bool", "vol": "small", "pbc": "small", "inp": "small", "cha": "small"}
_STYLES = ("plain", "plain", "plain", "coroutine", "coroutine", "sets", "raises", "blocks", "endless", "ends")


def _scalar(kind, chance):
    if kind in ("bool", "Switch"):
        return chance.one_in(2)
    if kind in ("int", "Counter"):
        return chance.between(-100000, 100000)
    if kind == "small":
        return chance.below(8)
    if kind == "str":
        return "text %d %s" % (chance.below(1000), "x" * chance.below(30))
    # A dashboard sends whole numbers as integers. Quarters are exact in floats of any size.
    return chance.between(-400, 400) / 4


class Variable:
    """A variable of a device, and what the rig knows about it.

    `kind`: see COMPOSITES and SCALARS. The program gives "number" and "hole", which is for text, no first value.
    `options`: arguments of `register` beside the value. `style`: what its `on_write` does, None if it has none.
    """

    def __init__(self, name, chance, plain=False, pace=1):
        self.name = name
        self.kind = chance.choice(SCALARS if chance.below(3) else sorted(COMPOSITES))
        if self.kind == "Schedule" and pace > 4:
            self.kind = "Color"  # a schedule checks the clock every second
        self.pace = pace
        self.options = {}
        self.style = chance.choice(_STYLES) if chance.below(3) else None
        if not plain and chance.below(2):
            self._policy(chance)
        permission = self.options.get("permission")
        self.writable = permission in ("write", "readwrite") or permission is None and self.style is not None
        self.publishes = permission != "write"
        if permission == "read":
            self.style = None
        if self.options.get("history"):
            self.kind = "int"
            self.writable = False
            self.style = None
            self.options.pop("sync", None)
            if permission == "write":
                del self.options["permission"]
            self.publishes = True
        self.late = False  # registered while the program runs
        self.read_every = 0
        late = self.style in ("coroutine", "endless")  # callbacks of a variable wait for each other
        readable = self.publishes and not late and self.kind in SCALARS[:7] and not self.options.get("history")
        if readable and chance.one_in(5):
            self.read_every = chance.choice((1, 5, 30, 300))
        self.changes = 0  # of every kind that may be published, since the world began
        self.reset()

    def reset(self):
        """Note that the device starts again."""
        self.assigned = 0  # by the program, since the start
        self.unpushed = False  # assigned since the last push
        self.calls = 0
        self.first_sample = getattr(self, "next_sample", 0)
        self.next_sample = self.first_sample

    def _policy(self, chance):
        options = self.options
        form = chance.below(7)
        if form == 0:
            options["publish"] = "change"
        elif form == 1:
            options["publish"] = chance.choice({1: (1, 5, 20), 4: (20,)}.get(self.pace, ("change",)))
        elif form == 2:
            options["publish"] = "demand"
        elif form == 3 and self.kind in ("int", "float", "Location", "Temperature"):
            options["min_delta"] = chance.choice((1, 5, 0.5))
        elif form == 4:
            options["min_interval"] = chance.choice((0, 2, 10))
        elif form == 5:
            options["history"] = chance.choice((2, 20, 100))
        if chance.one_in(3):
            options["permission"] = chance.choice(("read", "write", "readwrite"))
        if chance.one_in(2):
            options["sync"] = chance.choice(("cloud", "device", "recent", larger))
        if chance.one_in(4):
            options["timestamp"] = True
        if options.get("permission") == "read" or options.get("history"):
            options.pop("sync", None)

    @property
    def has_value(self):
        """Return whether the program registers it with a value."""
        return self.kind not in ("number", "hole") and not self.options.get("history")

    def value(self, chance):
        """Return a value that the program or the dashboard may set."""
        if self.options.get("history"):
            self.next_sample += 1
            return self.next_sample - 1
        keys = COMPOSITES.get(self.kind)
        if not keys:
            return _scalar("str" if self.kind == "hole" else self.kind, chance)
        if self.kind == "Schedule":
            return {key: chance.below(1 << 24) for key in keys}
        return {key: self._attribute(key, chance) for key in keys}

    @staticmethod
    def _attribute(key, chance):
        kind = _ATTRIBUTES.get(key)
        return _scalar(kind, chance) if kind else chance.below(360) / 4

    def from_dashboard(self, chance):
        """Return a value from the dashboard: whole numbers as integers, and only some attributes of a composite."""
        value = self.value(chance)
        if isinstance(value, dict):
            if chance.one_in(3):
                del value[sorted(value)[chance.below(len(value))]]
            return value
        if isinstance(value, float) and value == int(value):
            return int(value)
        return value

    def describe(self):
        """Describe it in a line."""
        words = ["%s %s" % (self.name, self.kind)]
        for key in sorted(self.options):
            option = self.options[key]
            words.append("%s=%s" % (key, "larger" if option is larger else option))
        words.append("on_write: %s" % self.style)
        if self.late:
            words.append("registered late")
        if self.read_every:
            words.append("on_read each %s s" % self.read_every)
        return ", ".join(words)

    def agrees(self, device, cloud):
        """Return whether these two values follow the documented rules after a quiet minute."""
        if device is None:
            return cloud is None
        if isinstance(device, dict) and None in device.values():  # not published until it is complete
            return not [key for key in cloud or () if device[key] != cloud[key]]
        if not self.publishes and (self.assigned or self.options.get("sync", "cloud") != "cloud"):
            return True  # what the program has set, or has not accepted at a connection, is never published
        if not self.writable and not self.publishes:
            return True
        if cloud is None:
            return not self.publishes
        if self.options.get("publish") == "demand" and self.unpushed:
            return True
        if isinstance(device, dict):
            for key in device:
                if key not in cloud or not self._near(device[key], cloud[key]):
                    return False
            return True
        return self._near(device, cloud)

    def _near(self, a, b):
        if a == b:
            return True
        delta = self.options.get("min_delta")
        if delta and not isinstance(a, str):
            return abs(a - b) < delta  # each coordinate of a Location differs by less than the distance does
        return False


def larger(variable, value, time):
    """A rule of the program: the cloud's value wins if it is larger."""
    if isinstance(value, dict):
        return sorted(value.items()) > sorted(variable.value.items())
    return str(value) > str(variable.value)

"""When a property is published, and whose value counts at a connection: the policies of the C++ library.

Imported when a property is made with one of the arguments of `configure`.
"""

from .port import ticks_add, ticks_diff, timestamp

_LONGEST_S = 500000  # intervals stay below half the wrap of the ticks


def configure(p, key: str, value):
    """Take one of these arguments of a property. Raises TypeError for another, ValueError for a wrong value.

    `publish`: "change" (when the value differs from the last one sent or received), "demand" (on
        `client.push(name)`), or a number of seconds (0.1 to 500000): that often, changed or not.
    `min_delta`: number; with "change", the least difference of an int, a float, or in degrees of a Location.
    `min_interval`: seconds (0 to 500000, 0.5 by default); with "change", the least time between two packets.
    `permission`: "read" (the device publishes), "write" (the cloud does) or "readwrite".
    `sync`: "cloud", "device" or "recent": whose value wins at a connection; or a function
        (property, attribute, value, time) -> bool, true where the cloud's value is to be taken.
    `timestamp`: True to send each value with the Unix time of its change.
    `history`: how many samples are kept while they cannot be sent (1 to 10000); see `history.History`.
    """
    if key == "history":
        from .history import History

        if value:
            p.history = History(value)
        return
    if key not in ("publish", "min_delta", "min_interval", "permission", "sync", "timestamp"):
        raise TypeError("'%s' got an unexpected keyword argument '%s'" % (type(p).__name__, key))
    policy = p.policy
    if policy is None:
        policy = Policy()
    if key == "publish":
        good = value in ("change", "demand") or _number(value) and 0.1 <= value <= _LONGEST_S
    elif key == "min_delta":
        good = _number(value) and value >= 0
    elif key == "min_interval":
        good = _number(value) and 0 <= value <= _LONGEST_S
    elif key == "permission":
        good = value in ("read", "write", "readwrite")
        p.writable = value != "read"
        policy.readable = value != "write"
    elif key == "sync":
        good = value in ("cloud", "device", "recent") or callable(value)
    else:
        good = value in (True, False)
    if not good:
        raise ValueError("'%s': %s cannot be %r" % (p.name, key, value))
    setattr(policy, key, value)
    p.policy = policy


def _number(value):
    return type(value) in (int, float)


class Policy:
    """The policy of one property, and what it has to remember for it."""

    publish = "change"
    min_delta = 0
    min_interval = 0.5
    permission = None
    readable = True
    sync = None
    timestamp = False
    time = 0  # Unix time to send with the value, 0 for none
    changed_at = 0  # Unix time of the last local change, 0 for unknown
    last = None  # the value that the cloud has
    since = None  # the tick of the last packet; None: long ago
    requested = False  # on demand

    def touched(self, p):
        """The program has set the property."""
        self.changed_at = timestamp()
        if self.timestamp:
            self.time = self.changed_at

    def told(self, p, now):
        """The cloud has, or is being sent, the present value. `now` is the tick of sending, None where it came from there."""
        value = p.value
        self.last = dict(value) if isinstance(value, dict) else value
        if now is not None:
            self.since = now
            self.requested = False

    def takes(self, p, attribute, value, time: int) -> bool:
        """Whether a last value from the cloud, of a Unix time (0: unknown), replaces the local one."""
        if self.sync == "cloud":
            return True
        if self.sync == "recent":
            return time > self.changed_at
        if callable(self.sync):
            return bool(self.sync(p, attribute, value, time))
        return False

    def wait(self, p, now: int):
        """The ms until the property is due, 0 or less if it is; None where only a change can make it so."""
        if not self.readable or not p.initialized:
            return None
        passed = None if self.since is None else ticks_diff(now, self.since)
        if self.last is None and self.since is None:
            return 0  # never published
        if self.publish == "demand":
            return 0 if self.requested else None
        if self.publish != "change":
            return 0 if passed is None else int(self.publish * 1000) - passed
        left = 0 if passed is None else int(self.min_interval * 1000) - passed
        if left <= 0:
            self.since = None  # and so it stays, however often the ticks wrap
        if not differs(p.value, self.last, self.min_delta):
            return None
        return left


def differs(value, last, delta) -> bool:
    """Whether a value is far enough from the last one, as the C++ library decides."""
    if isinstance(value, dict):
        if delta and "lat" in value and last and None not in last.values():
            return ((value["lat"] - last["lat"]) ** 2 + (value["lon"] - last["lon"]) ** 2) ** 0.5 >= delta
        return value != last
    if last is None:
        return True
    if type(value) is float:
        if value == last or value != value and last != last:
            return False
        return value - value != 0 or last - last != 0 or abs(value - last) >= delta
    if type(value) is int:
        return value != last and abs(value - last) >= delta
    return value != last


def look(properties: list, now: int):
    """Mark the properties that are due as changed. Returns the tick of the next look, None for at a change."""
    due = None
    for p in properties:
        policy = p.policy
        if p.changed > 0:
            continue
        wait = policy.wait(p, now)
        if wait is None:
            if policy.since is not None:
                wait = 3600000  # notice in time that `since` is long ago
            else:
                continue
        elif wait <= 0:
            p.changed = 1
            continue
        wait = ticks_add(now, min(wait, 3600000))
        if due is None or ticks_diff(wait, due) < 0:
            due = wait
    return due

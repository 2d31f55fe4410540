"""When a property is published, and whose value counts at a connection: the policies of the C++ library.

Imported when a property is made with one of the arguments of `policy_arguments.configure`.
"""

from ..port import const, forget, ticks_add, ticks_diff, ticks_ms, timestamp

# Bits of `property`
_OWN = const(1)
_SENT = const(2)

_HOUR_MS = const(3600000)


class Policy:
    """The policy of one property, and the state that it needs.

    The session calls `ready` before it writes the property, and `written` afterwards. Since time alone can make
    a property due, the client calls `on_run` at the tick `due`, connected or not.
    """

    publish: "str | float | None"
    publish = permission = sync = None
    min_delta = 0
    min_interval = 0.5
    timestamp = False
    lost = 0  # lost samples of a history
    changed_at = 0  # Unix time of the last change, 0 for unknown
    last = None  # the value that the cloud has
    since = None  # the tick at which `left` was counted; None: the interval has ended
    left = 0  # ms that are left of the interval since the last packet
    published = False  # at least once since boot
    urgent = False  # due regardless of the policy: an echo, a push
    calling = False  # `on_write` is called for what the cloud wrote
    offered: "dict | None" = None  # what the cloud wrote: values by attribute

    # Attributes of a task, for the client's timer
    busy = False
    far = 0
    backoff = args = on_read = None
    interval = 3600

    def __init__(self, p):
        self.p = p
        self.name = p.name

    def register(self, client):
        """Start the policy of a property that was registered with a client."""
        forget("property.policy_arguments")
        self.p.changed = 0
        if self.publish:
            self.due = ticks_ms()
            client.runnable.append(self)
        self.poke()

    def touch(self):
        """Note that the program has set the property."""
        if self.p.client:
            self.changed_at = timestamp()
            if self.calling and self.differs():
                self.urgent = True
        self.poke()

    def poke(self):
        """Let `ready` decide whether the property is due."""
        self.p.owe()

    def owes(self) -> bool:
        """Return whether there are samples that the cloud does not have."""
        return False

    def resumed(self, now: int):
        """End all running intervals, since the program was paused for an unknown time."""
        self.since = None
        self.due = now

    def push(self):
        """Publish it if its policy is "demand"."""
        if self.publish == "demand":
            self.urgent = True
            self.poke()

    def begin(self):
        """Start again for a newly attached thing, which has never had the property."""
        self.last = None
        self.published = self.urgent = False
        if self.p.initialized:
            self.poke()

    def differs(self) -> bool:
        """Return whether the current value differs enough from the cloud's."""
        return differs(self.p.value, self.last, self.min_delta)

    def wait(self, now: int):
        """Return the ms until the property is due, 0 or less if it is; None if only a change can make it due."""
        if not (self.publish and self.published) or self.urgent:
            return 0
        if self.publish == "demand":
            return None
        left = 0
        if self.since is not None:
            # Counted down, since ticks cannot tell long times apart
            left = self.left = self.left - ticks_diff(now, self.since)
            self.since = now if left > 0 else None
        return left if self.publish != "change" or self.differs() else None

    def pending(self, now: int) -> bool:
        """Return whether the cloud still has to get the value."""
        if self.permission == "write" or not self.p.initialized or not self.publish:
            return False
        wait = self.wait(now)
        return wait is not None and (wait <= 0 or self.publish == "change")

    def schedule(self, now: int, wait: int):
        """Have `on_run` called in `wait` ms, or an hour if that is less."""
        self.due = ticks_add(now, min(wait, _HOUR_MS))
        driver = self.p.client and self.p.client.driver
        if driver:
            driver.schedule()

    def on_run(self, client, args):
        """Check the time. The client calls it at least every hour, well before the ticks wrap."""
        if self.permission == "write" or not self.p.initialized:
            self.since = None  # no interval runs, and an old tick would become invalid
            return
        now = ticks_ms()
        wait = self.wait(now)
        if wait is None:
            return
        if wait > 0:
            self.schedule(now, wait)
        else:
            self.poke()
            client.wake()

    def ready(self, now: int) -> bool:
        """Return whether the property is due, before it is written; if not, reset its `changed`."""
        self.calling = False
        if self.permission != "write" and self.p.initialized:
            wait = self.wait(now)
            if wait is not None:
                if wait <= 0:
                    return True
                self.schedule(now, wait)
        self.p.changed = 0
        return False

    def write(self, writer):
        """Write the property's records."""
        self.p.write(writer, self.changed_at if self.timestamp else 0)

    def written(self, now: int):
        """Note that the property was written into a packet; or refused, if it is not `changed`."""
        value = self.p.value
        self.last = dict(value) if isinstance(value, dict) else value
        self.published = True
        self.urgent = False
        if self.publish and self.publish != "demand":
            self.left = int((self.min_interval if self.publish == "change" else self.publish) * 1000)
            self.since = now
            if self.publish != "change":
                self.schedule(now, self.left)

    def resend(self):
        """Send it again, since the packet that had it will not be repeated."""
        self.urgent = True
        self.poke()

    def acknowledged(self):
        """Note that the cloud has acknowledged the last packet."""

    def take(self, attribute, value, time: int, sync: bool):
        """Take a value from the cloud, written at a Unix time (0: unknown); `sync`: it is a last value."""
        if self.permission == "read" and self.p.initialized:
            return
        if not self.offered:
            self.offered = {}
            self.time = 0
        self.offered[attribute] = value
        self.time = max(self.time, time)
        self.from_sync = sync

    def settle(self, session) -> bool:
        """Accept or refuse the values that were offered. Returns whether to call `on_write`."""
        offered = self.offered
        if not offered:
            return False
        self.offered = None
        p = self.p
        whole = isinstance(p.value, dict)
        if self.from_sync and p.initialized and not self._takes(offered if whole else offered[None]):
            self._refuse(offered, whole)
            return False
        other = self._store(offered, whole)
        self.changed_at = self.time or timestamp()
        self.calling = True
        whole = not whole or len(offered) == len(p.value)
        echo: "object" = self.owes()
        if self.from_sync:
            from ..session.answers import replace

            replace(session, p, whole)
        else:
            from ..session import written

            written(p, whole)
            echo = echo or self.publish or p.standing & _SENT
        if echo:
            self.urgent = True
        if echo or self.publish:
            self.poke()
        return other or not self.from_sync

    def _store(self, offered, whole):
        # Accept the values. Returns whether they differ from the value before.
        p = self.p
        last = dict(self.last or p.value) if whole else None
        other = False
        for attribute in offered:
            if whole:
                last[attribute] = offered[attribute]
            other = p.store(attribute, offered[attribute]) or other
        self.last = last if whole else offered[None]
        return other

    def _refuse(self, offered, whole):
        # Refuse the values, and send the cloud the device's, unless they are under way.
        p = self.p
        if p.standing & _SENT or self.owes():
            return
        value = p.value
        last = dict(self.last or value) if whole else offered[None]
        if whole:
            last.update(offered)
        self.last = last
        if not p.changed and last != value:
            self.poke()

    def _takes(self, value):
        # Whether a last value from the cloud replaces the local one.
        p = self.p
        rule = self.sync
        if rule is None:  # as without a policy: unless the device has a newer value to publish
            return not (
                p.standing & _OWN
                and self.permission != "write"
                and (p.changed or self.publish and differs(p.value, self.last, 0))
            )
        if callable(rule):
            try:
                return bool(rule(p, value, self.time))
            except Exception as error:
                from ..port import report

                report(p.name, error)
                return False
        return rule == "cloud" or rule == "recent" and self.time > self.changed_at


def differs(value, last, delta) -> bool:
    """Return whether a value differs enough from the last one, by the rules of the C++ library."""
    if last is None:
        return True
    if isinstance(value, dict):
        other = False
        for key in value:
            if last[key] is None:
                return True
            other = other or differs(value[key], last[key], 0)
        if other and delta and len(value) == 2 and type(value.get("lat")) is type(value.get("lon")) is float:
            lat = value["lat"] - last["lat"]
            lon = value["lon"] - last["lon"]
            return not (lat * lat + lon * lon) ** 0.5 < delta
        return other
    if type(value) is float or type(last) is float:
        if value == last or value != value and last != last:
            return False
        # NaN, infinite and denormal values count regardless of the difference.
        return _odd(value) or _odd(last) or abs(value - last) >= delta
    return value != last and (type(value) is not int or abs(value - last) >= delta)


def _odd(x):
    return x - x != 0 or 0 < abs(x) < 1.1754944e-38

"""The session of a device with the cloud, after MQTT is connected: which thing, which values.

Sans-IO: it is given messages and the time, and leaves in `out` what to send
and in `wake` when to come back. What happens until the values flow is in
`asking` and `answers`, imported for as long as that takes.
"""

from .cbor import CBORError
from .port import log, ticks_diff
from .senml import Records


class Session:
    """What a device knows about its thing. `properties` is a dict of them by name, kept by the caller.

    `out` collects requests to send: ("subscribe", topics, None), ("unsubscribe", topics, None),
    ("publish", topic, payload) and ("reset", None, None), which asks to take the link down.
    `on_value(property)` is called for each property that the cloud wrote, `on_sync()` after the
    last values have arrived, `on_event("connect")` when a thing is attached and
    `on_event("disconnect")` when it no longer is.
    """

    def on_event(self, name):
        """Nobody listens."""

    def spare(self, name):
        """Nobody is short of memory. The driver has `port.forget` here, on a board."""

    def __init__(self, device_id: str, properties: dict, discovery: str = "both"):
        # All at once, so that the table behind the object has its size while the heap is still in one piece.
        self.device_id = device_id
        self.properties = properties
        self.discovery = discovery
        self.out = []
        self.state = "Init"
        self.stale = False
        self.thing_id = None
        self.topic = None  # where values are published; None while there is no thing
        self.data_in = b""  # where they come from
        self.legacy = False  # the thing was found by the older discovery
        self.unlinked = False  # the cloud knows the device, but no thing for it
        self.ready = False  # values may be published
        self.synced = False  # last values have arrived since boot
        self.tz_offset = 0  # seconds to add to UTC
        self.tz_dst_until = 0  # Unix time at which the offset ends
        self.dropped = 0  # messages or records that were refused
        self.count = 0  # how often one question was asked
        self.wake = None  # the tick at which `poll` has something to do
        self.records = Records()
        self._staged = []

    def begin(self, now: int):
        """MQTT has connected: everything is asked for anew."""
        self.out.clear()
        self.topic = None
        self.unlinked = False
        self.enter("SendCapabilities", now)

    def move(self, state: str):
        """Go to another state. Nothing else writes it. Raises RuntimeError for a move that `states` does not know."""
        from .states import check

        check(self.state, state)
        self.state = state

    def enter(self, state: str, now: int):
        """Go to a state in which something is asked for, from now on."""
        self.move(state)
        self.ready = False
        self.count = 0
        self.wake = now

    def end(self):
        """MQTT has been disconnected."""
        if self.topic is not None:
            self.topic = None
            self.on_event("disconnect")
        self.ready = False
        self.wake = None
        self.move("Disconnect")

    def poll(self, now: int):
        """Do what is due. Returns true where the modules that it needed will not be needed soon."""
        if self.wake is not None and ticks_diff(self.wake, now) <= 0:
            self.spare("answers")
            if self.state == "Connected":
                from .zone import poll
            else:
                from .asking import poll
            return poll(self, now)

    def message(self, topic, buf, pos: int, end: int, now: int):
        """Take the payload between two offsets of `buf` that came on a topic (any bytes-like)."""
        try:
            if topic == self.data_in:
                self.values(buf, pos, end, False, now)
            elif topic == ("/a/d/%s/c/dw" % self.device_id).encode():
                from .messages import decode

                told = decode(buf, pos, end)
                self.spare("messages")  # before the next module comes
                from .answers import command

                command(self, told, now)
            else:
                from .answers import message

                message(self, bytes(topic), buf, pos, end, now)
        except CBORError as error:
            self.drop("a malformed message (%s at byte %d)" % error.args)

    def drop(self, what: str):
        """Count and report something from the cloud that is not taken."""
        self.dropped += 1
        log(30, "Dropped " + what)

    def values(self, buf, pos: int, end: int, sync: bool, now: int):
        """Take a pack of values; `sync`: they are the last values. The whole pack is looked at first: a malformed
        one raises CBORError and has no effect."""
        records = self.records
        staged = self._staged
        n = 0
        records.open(buf, pos, end)
        while records.next():
            if records.value is not None and isinstance(records.name, str):
                if n == len(staged):
                    staged.extend((None, None, None))
                staged[n] = records.name
                staged[n + 1] = records.value
                staged[n + 2] = records.time
                n += 3
        last = None  # the property whose records are being taken
        differs = False
        i = 0
        while i < n:
            name = staged[i]
            attribute = None
            colon = name.find(":")
            if colon >= 0:
                attribute = name[colon + 1 :]
                name = name[:colon]
            p = self.properties.get(name)
            if p is not last and last is not None:
                self._taken(last, differs)
            if p is not last:
                last = p
                differs = False
            if p is None:
                from .answers import internal

                internal(self, name, staged[i + 1], now)
            else:
                differs = self._take(p, attribute, staged[i + 1], staged[i + 2], sync) or differs
            i += 3
        if last is not None:
            self._taken(last, differs)

    def _take(self, p, attribute, value, time, sync):
        # A property without a value takes any. Else it must be writable, and last values count only where the
        # device has not told the cloud something newer. Returns whether to tell the user.
        if p.initialized and (
            not (p.on_write or p.writable)
            or sync
            and not (p.policy or self.synced and not p.changed)
        ):
            return False
        try:
            value = p.shape(attribute, value)
            if p.policy:
                return p.policy.offer(attribute, value, time, sync)
            return p.store(attribute, value) or not sync
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            self.drop("a value from the cloud: %s" % error)
            return False

    def _taken(self, p, differs):
        if p.policy.taken(self) if p.policy else differs:
            self.on_value(p)

    def acknowledged(self):
        """The cloud has what `fill` wrote last."""
        for p in self.properties.values():
            if p.changed < 0:
                p.changed = 0
            if p.policy:
                p.policy.acknowledged()

    def fill(self, writer, now: int = 0) -> bool:
        """Write the properties that are due into the rest of the writer's buffer. Returns whether there were any."""
        writer.raw(b"\x9f")
        start = writer.pos
        full = False
        for level in (2, 1):  # first those that found no room the last time
            if full:
                break
            for p in self.properties.values():
                if p.changed != level or p.policy and not p.policy.ready(now):
                    continue
                pos = writer.pos
                if not full:
                    (p.policy or p).write(writer)
                    full = writer.pos >= len(writer.buf)  # the "break" needs a byte
                p.changed = 2 if full else -1
                if full:
                    writer.pos = pos
                    if pos == start:
                        full = False
                        p.changed = 0
                        self.drop("the value of '%s', which does not fit a packet" % p.name)
                if p.policy and p.changed < 1:
                    p.policy.told(now)
        if writer.pos == start:
            return False
        writer.raw(b"\xff")
        return True

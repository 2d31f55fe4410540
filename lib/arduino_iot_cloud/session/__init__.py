"""The session of a device with the cloud, after MQTT is connected: which thing, which values.

Sans-IO: it is given messages and the time, and leaves in `out` what to send
and in `wake` when to come back. What happens until the values flow is in
`asking` and `answers`, imported for as long as that takes; whose value counts where
both sides have one is in `answers`, too. A message larger than the buffer is for `pieces`.
"""

from ..cbor import CBORError
from ..port import const, inside, log, ticks_diff
from ..senml import Records

if __debug__:  # what is compiled for a board does without the table, and the memory that it takes
    from ..states import check

# Of `property`
_TYPES = const(0)  # true for type checkers, which read what is below it
if _TYPES:
    from typing import Any

_OWN = const(1)
_SENT = const(2)
_TOLD = const(4)
_FIRST = const(8)
_WHOLE = const(1 << 16)  # for a record without an attribute, in place of 2
_STAGED = const(30)  # three for each record: a large pack must not stay in memory


def written(p, whole: bool):
    """The cloud has written a property, all of it or some attributes. An older value that is under way may reach the
    cloud after that: so it goes once more."""
    if whole:
        p.standing = p.standing & ~_OWN | _TOLD
    if p.standing & _SENT:
        p.owe()


class Session:
    """What a device knows about its thing. `properties` is a dict of them by name, kept by the caller.

    `out` collects requests to send: ("subscribe", topics, None), ("unsubscribe", topics, None),
    ("publish", topic, payload) and ("reset", None, None), which asks to take the link down.
    `on_value(property)` is called for each property that the cloud wrote, `on_sync()` after the
    last values have arrived for the first time since a thing was attached, `on_event("connect")`
    when a thing is attached and `on_event("disconnect")` when it no longer is.
    """

    def spare(self, *names):
        """Nobody is short of memory. The driver has `port.forget` here, on a board."""

    on_value: "Any"
    on_event = spare  # nobody listens

    def __init__(self, device_id: str, properties: dict, discovery: str = "both"):
        # All at once, so that the table behind the object has its size while the heap is still in one piece.
        self.device_id = device_id
        self.properties = properties
        self.discovery = discovery
        self.out: list = []
        self.state = "Init"
        self.thing_id = None
        self.topic = None  # where values are published; None while there is no thing
        self.data_in = b""  # where they come from
        self.legacy = False  # the thing was found by the older discovery
        self.unlinked = False  # the cloud knows the device, but no thing for it
        self.ready = False  # values may be published
        self.stale = False  # the packet that is not acknowledged must not be sent again: for the driver to forget
        self.tz_offset = 0  # seconds to add to UTC
        self.tz_dst_until = 0  # Unix time at which the offset ends
        self.dropped = 0  # messages or records that were refused
        self.count = 0  # how often one question was asked
        self.wake: "int | None" = None  # the tick at which `poll` has something to do
        self.look = None  # of a connected session: the tick at which `zone` looks at the end of the offset
        self.again = None  # likewise: [tick of the next question, count] while last values are asked for once more
        self.part = None  # what `pieces` knows of the message that is arriving
        self.records = Records()
        self._staged: list = []
        self._got = 0  # of the property whose records are being taken: 2 for each one, and 1 where it differs

    def begin(self, now: int):
        """MQTT has connected: everything is asked for anew."""
        self.out.clear()
        self.topic = None
        self.unlinked = False
        self.enter("SendCapabilities", now)

    def move(self, state: str):
        """Go to another state. Nothing else writes it. Raises RuntimeError for a move that `states` does not know;
        on a board, compiled, it is not looked at."""
        if __debug__:
            check(self.state, state)
        self.state = state

    def enter(self, state: str, now: int = 0):
        """Go to a state. What there is to ask for in it is due from now on."""
        self.move(state)
        self.ready = state == "Connected"
        self.count = 0
        self.wake = None if self.ready or state == "Disconnect" else now
        self.look = self.again = None

    def end(self):
        """MQTT has been disconnected."""
        attached = self.topic is not None
        self.topic = None
        if self.state != "Init" and self.state != "Disconnect":
            self.enter("Disconnect")
        try:
            self.lost()
        finally:  # also out of memory
            if attached:
                self.on_event("disconnect")

    def poll(self, now: int):
        """Do what is due. Returns true where the modules that it needed will not be needed soon."""
        if self.wake is not None and ticks_diff(self.wake, now) <= 0:
            self.spare("session.")
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
            else:
                self.command(topic, buf, pos, end, now)
        except CBORError as error:
            self.drop("a malformed message (%s at byte %d)" % error.args)

    def command(self, topic, buf, pos: int, end: int, now: int):
        """Take a message that is not one of the thing's values: a command, or what the older discovery has instead."""
        self.spare("session.", "mqtt_packets")
        told = None
        if topic == ("/a/d/%s/c/dw" % self.device_id).encode():
            from .commands import decode

            told = decode(buf, pos, end)
            del decode
            self.spare("session.")  # before the next module comes
        inside("session.", 1)  # from inside of which callbacks of the program are called
        try:
            if told:
                if told[0].startswith("Thing"):
                    from .attaching import command
                else:
                    from .answers import command
                command(self, told, now)
            elif topic == ("/a/d/%s/e/i" % self.device_id).encode():
                self.values(buf, pos, end, False, now)
            else:
                from .answers import message

                message(self, bytes(topic), buf, pos, end, now)
        finally:
            inside("session.", -1)

    def piece(self, topic, view, pos: int, end: int, rest: int, now: int) -> int:
        """Take a part of a message that is larger than the buffer: what is there of its payload, between two offsets
        of `view`, which `rest` bytes follow. The first part has the topic (any bytes-like), those after it None.

        Returns how many bytes are used up. The others belong to a record of which the end is missing: the next
        part begins with them. A part that fills the buffer, and the last one, are used up at least to a byte."""
        inside("session.", 1)
        try:
            from .pieces import take

            used = take(self, topic, view, pos, end, rest, now)
        finally:
            inside("session.", -1)
        if not self.part:
            self.spare("session.")
        return used

    def lost(self):
        """A message that arrives in pieces has ended before its end. What has come of it counts."""
        part = self.part
        if part:
            self.part = None
            self.settle(part.last, part.sync)

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
        last = None
        i = 0
        while i < n:
            last = self.take(last, staged[i], staged[i + 1], staged[i + 2], sync, now)
            i += 3
        self.settle(last, sync)
        if n > _STAGED:
            staged.clear()

    def take(self, last, name: str, value, time: int, sync: bool, now: int):
        """Take one record, whose time is 0 where it has none. Returns its property, None for none: it is `last` for
        the next record, and for `settle` after the last one."""
        attribute = None
        colon = name.find(":")
        if colon >= 0:
            attribute = name[colon + 1 :]
            name = name[:colon]
        p = self.properties.get(name)
        if p is not last and self._got:
            self.settle(last, sync)
        if p is None:
            inside("session.", 1)
            try:
                if name == "thing_id":
                    from .attaching import internal
                else:
                    from .answers import internal
                internal(self, name, value, now)
            finally:
                inside("session.", -1)
            return None
        # A property without a value takes any. Else it must be writable. `answers` knows which last values count.
        if not (p.on_write or p.writable) and p.initialized:
            return p
        if sync:
            from .answers import counts

            if not counts(self, p, attribute):
                return p
        try:
            value = p.shape(attribute, value)
            if p.policy:
                p.policy.take(attribute, value, time, sync)
            elif p.store(attribute, value) or not sync:
                self._got |= 1
            if attribute is None:
                self._got += _WHOLE
            else:
                self._got += 2
                if not sync:
                    p.standing |= _FIRST << p.KEYS.index(attribute)
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            self.drop("a value from the cloud: %s" % error)
        return p

    def settle(self, p, sync: bool):
        """The records of a property that lay side by side have all been taken: tell its user."""
        got = self._got
        self._got = 0
        if got < 2:
            return
        whole = got >= _WHOLE or got >> 1 >= len(p.value)
        if p.policy:
            got = p.policy.settle(self)
        elif sync:
            from .answers import replace

            replace(self, p, whole)
        else:
            written(p, whole)
        if got & 1:
            self.on_value(p)

    def acknowledged(self):
        """The cloud has what `fill` wrote last."""
        for name in self.properties:  # by name, here and in `fill`: values() would allocate each time
            p = self.properties[name]
            if p.standing & _SENT:
                p.standing = p.standing & ~_SENT | _TOLD
                if p.changed < 0:
                    p.changed = 0
                    p.standing &= ~_OWN
                if p.policy:
                    p.policy.acknowledged()

    def fill(self, writer, now: int = 0) -> bool:
        """Write the properties that are due into the rest of the writer's buffer. Returns whether there were any."""
        self.stale = False
        writer.raw(b"\x9f")
        start = writer.pos
        full = False
        for level in (2, 1):  # first those that found no room the last time
            if full:
                break
            for name in self.properties:
                p = self.properties[name]
                if p.changed == level and not (p.policy and not p.policy.ready(now)):
                    if full:
                        p.changed = 2
                    else:
                        full = self.write(p, writer, start, now)
        if writer.pos == start:
            return False
        writer.raw(b"\xff")
        return True

    def write(self, p, writer, start: int, now: int) -> bool:
        """Write a property that is due. Returns whether there was no room for it."""
        pos = writer.pos
        (p.policy or p).write(writer)
        if writer.pos >= len(writer.buf):  # the "break" needs a byte
            writer.pos = pos
            if pos > start:
                p.changed = 2
                return True
            self.drop("the value of '%s', which does not fit a packet" % p.name)
        if writer.pos > pos:
            p.changed = -1
            p.standing |= _SENT | _TOLD
        else:
            p.changed = 0
            p.standing &= ~_OWN
        if p.policy:
            p.policy.written(now)
        return False

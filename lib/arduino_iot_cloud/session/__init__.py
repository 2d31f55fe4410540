"""The session of a device with the cloud, once MQTT is connected: which thing, which values.

It does no I/O: it gets messages and the time, and leaves in `out` what to send and in
`wake` when to call it again. Everything until values flow is in `asking`, `attaching` and
`answers`, which are imported for that time. `answers` also decides whose value counts if
both sides have one. `pieces` takes messages that are larger than the buffer.
"""

from ..cbor import CBORError
from ..port import const, inside, log, ticks_diff
from ..senml import Records

if __debug__:  # code compiled for a board does without the table, to save memory
    from ..states import check

_TYPES = const(0)  # true for type checkers, which read what is below it
if _TYPES:
    from typing import Any

# Bits of `property`
_OWN = const(1)
_SENT = const(2)
_EXCHANGED = const(4)
_FIRST = const(8)
_WHOLE = const(1 << 16)  # for a record without an attribute, instead of 2
_STAGED = const(30)  # three for each record: longer lists are freed after use


def written(p, whole: bool):
    """Note that the cloud has written a property: all of it if `whole`, else some attributes. If an older value is
    under way, which may arrive after that, publish the new one again."""
    if whole:
        p.standing = p.standing & ~_OWN | _EXCHANGED
    if p.standing & _SENT:
        p.owe()


class Session:
    """The state of a device and its thing. `properties` is the caller's dict of them by name.

    `out` collects requests to send: ("subscribe", topics, None), ("unsubscribe", topics, None),
    ("publish", topic, payload), and ("reset", None, None), which asks the driver to close the link.
    `on_value(property)` is called for each property that the cloud wrote, `on_sync()` when the
    last values have first arrived after a thing was attached, `on_event("connect")` when a thing
    is attached, and `on_event("disconnect")` when it no longer is.
    """

    def forget(self, *names):
        """Do nothing. A driver replaces this by `port.forget`, to unload modules on a board."""

    on_value: "Any"
    on_event = forget  # does nothing either, until a driver replaces it

    def __init__(self, device_id: str, properties: dict, discovery: str = "both"):
        # All attributes at once, so that their table has its final size while the heap is still in one piece.
        self.device_id = device_id
        self.properties = properties
        self.discovery = discovery
        self.out: list = []
        self.state = "Init"
        self.thing_id = None
        self.topic = None  # where values are published; None without a thing
        self.data_in = b""  # the topic that values come from
        self.legacy = False  # the thing was found by the older discovery
        self.unlinked = False  # the cloud knows the device, but no thing for it
        self.ready = False  # values may be published
        self.stale = False  # the driver must not send the unacknowledged packet again
        self.tz_offset = 0  # seconds to add to UTC
        self.tz_dst_until = 0  # Unix time at which the offset ends
        self.dropped = 0  # messages or records that were refused
        self.count = 0  # how often the current question was asked
        self.wake: "int | None" = None  # the tick at which `poll` has something to do
        self.look = None  # while connected: the tick at which `zone` checks the end of the offset
        self.again = None  # while connected: [tick of the next question, count] if last values are asked for again
        self.part = None  # the state of `pieces` for the message that is arriving
        self.records = Records()
        self._staged: list = []
        self._got = 0  # the current property's records so far: 2 for each, plus 1 if any differs

    def begin(self, now: int):
        """Start again, since MQTT has connected: ask for the thing and the last values."""
        self.out.clear()
        self.topic = None
        self.unlinked = False
        self.enter("SendCapabilities", now)

    def move(self, state: str):
        """Change the state; nothing else sets it. Raises RuntimeError for a move that `states` does not have, except in
        code compiled for a board, which does not check it."""
        if __debug__:
            check(self.state, state)
        self.state = state

    def enter(self, state: str, now: int = 0):
        """Change the state. Its questions are due from now on."""
        self.move(state)
        self.ready = state == "Connected"
        self.count = 0
        self.wake = None if self.ready or state == "Disconnect" else now
        self.look = self.again = None

    def end(self):
        """Note that MQTT has been disconnected."""
        attached = self.topic is not None
        self.topic = None
        if self.state != "Init" and self.state != "Disconnect":
            self.enter("Disconnect")
        try:
            self.lost()
        finally:  # even out of memory
            if attached:
                self.on_event("disconnect")

    def poll(self, now: int):
        """Do what is due. Returns True if its modules will not be needed again soon."""
        if self.wake is not None and ticks_diff(self.wake, now) <= 0:
            self.forget("session.")
            if self.state == "Connected":
                from .zone import poll
            else:
                from .asking import poll
            return poll(self, now)

    def message(self, topic, buf, pos: int, end: int, now: int):
        """Take a message on a topic (any bytes-like), whose payload is between two offsets of `buf`."""
        try:
            if topic == self.data_in:
                self.values(buf, pos, end, False, now)
            else:
                self.command(topic, buf, pos, end, now)
        except CBORError as error:
            self.drop("a malformed message (%s at byte %d)" % error.args)

    def command(self, topic, buf, pos: int, end: int, now: int):
        """Take a message without values of the thing: a command, or its equivalent in the older discovery."""
        self.forget("session.", "mqtt_packets")
        received = None
        if topic == ("/a/d/%s/c/dw" % self.device_id).encode():
            from .commands import decode

            received = decode(buf, pos, end)
            del decode
            self.forget("session.")  # before the next module is loaded
        inside("session.", 1)  # because the program's callbacks are called from inside
        try:
            if received:
                if received[0].startswith("Thing"):
                    from .attaching import command
                else:
                    from .answers import command
                command(self, received, now)
            elif topic == ("/a/d/%s/e/i" % self.device_id).encode():
                self.values(buf, pos, end, False, now)
            else:
                from .answers import message

                message(self, bytes(topic), buf, pos, end, now)
        finally:
            inside("session.", -1)

    def piece(self, topic, view, pos: int, end: int, rest: int, now: int) -> int:
        """Take a part of a message that is larger than the buffer: its payload between two offsets of `view`, which
        `rest` bytes follow. `topic` (any bytes-like) is None after the first part.

        Returns how many bytes were used. The others belong to a record whose end is missing: pass them again at the
        start of the next part. At least a byte is used of a part that fills the buffer, and all of the last part."""
        inside("session.", 1)
        try:
            from .pieces import take

            used = take(self, topic, view, pos, end, rest, now)
        finally:
            inside("session.", -1)
        if not self.part:
            self.forget("session.")
        return used

    def lost(self):
        """End a message that has arrived only in part. The records so far count."""
        part = self.part
        if part:
            self.part = None
            self.settle(part.last, part.sync)

    def drop(self, what: str):
        """Count and log something from the cloud that is refused."""
        self.dropped += 1
        log(30, "Dropped " + what)

    def values(self, buf, pos: int, end: int, sync: bool, now: int):
        """Take a pack of values; `sync`: they are the last values. The whole pack is parsed first: a malformed one
        raises CBORError and has no effect."""
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
        """Take one record; its time is 0 if it has none. Returns its property or None: pass that as `last` with the
        next record, and to `settle` after the last one."""
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
        # A property without a value accepts any; one with a value must be writable. For last values, ask `answers`.
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
        """Finish the adjacent records of a property: call its `on_write`."""
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
        """Note that the cloud has what `fill` wrote last."""
        for name in self.properties:  # by name, here and in `fill`, since values() would allocate each time
            p = self.properties[name]
            if p.standing & _SENT:
                p.standing = p.standing & ~_SENT | _EXCHANGED
                if p.changed < 0:
                    p.changed = 0
                    p.standing &= ~_OWN
                if p.policy:
                    p.policy.acknowledged()

    def fill(self, writer, now: int = 0) -> bool:
        """Write the due properties into the rest of the writer's buffer. Returns whether there were any."""
        self.stale = False
        writer.raw(b"\x9f")
        start = writer.pos
        full = False
        for level in (2, 1):  # first those that did not fit the last time
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
        """Write a due property. Returns True if it did not fit."""
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
            p.standing |= _SENT | _EXCHANGED
        else:
            p.changed = 0
            p.standing &= ~_OWN
        if p.policy:
            p.policy.written(now)
        return False

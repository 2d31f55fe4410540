"""The session of a device with the cloud, after MQTT is connected: which thing, which values.

Sans-IO: it is given messages and the time, and leaves in `out` what to send
and in `wake` when to come back. Topics, commands, waits and counts are those
of the ArduinoIoTCloud C++ library 2.9; the older discovery of the official
Python client is spoken beside it.
"""

from .cbor import CBORError
from .clock import ticks_add, ticks_diff
from .log import log
from .senml import Records

try:
    from micropython import const
except ImportError:

    def const(value):
        return value


SUBSCRIBE = const(0)
UNSUBSCRIBE = const(1)
SEND = const(2)
RESET = const(3)

_RETRY_MS = const(2000)  # doubled before each wait for a thing
_RETRY_MAX_MS = const(32000)
_UNLINKED_MS = const(20000)  # the same where the cloud knows the device, but no thing
_UNLINKED_MAX_MS = const(1280000)
_LAST_VALUES_MS = const(30000)
_HOLD_MS = const(3000)  # values of our own wait so long for the last values
_LIMIT = const(10)  # repeats of one question

_GET_LAST_VALUES = b"\x81\xa2\x00cr:m\x03mgetLastValues"


class Session:
    """What a device knows about its thing. `properties` is a dict of them by name, kept by the caller.

    `discovery` says how to ask for the thing: "command", "legacy", or "both", which goes on with
    whichever answers first. `on_value(property)` is called for each property that the cloud wrote,
    `on_sync()` after the last values arrived.
    """

    state = "Init"
    thing_id = None
    tz_offset = 0  # seconds to add to UTC
    tz_dst_until = 0  # Unix time at which the offset ends
    unlinked = False  # the cloud knows the device, but no thing for it
    ready = False  # values may be published
    synced = False  # last values have arrived since boot
    dropped = 0  # messages or records that were refused
    wake = None  # the tick at which `poll` has something to do

    def __init__(self, device_id: str, version: str, properties: dict, discovery: str = "both"):
        if discovery not in ("both", "command", "legacy"):
            raise ValueError("discovery is 'both', 'command' or 'legacy', not %r" % discovery)
        self.version = version
        self.properties = properties
        self.out = []
        self._discovery = discovery
        self._device = "/a/d/%s/" % device_id
        self._records = Records()
        self._staged = []
        self._data_in = self._shadow_in = b""
        self._device_in = (self._device + "e/i").encode()
        self._command_in = (self._device + "c/dw").encode()

    def begin(self, now: int):
        """MQTT has connected: everything is asked for anew."""
        self.out.clear()
        self.ready = self.unlinked = False
        self.topic = None
        self._to("SendCapabilities", now)

    def end(self):
        """MQTT has been disconnected."""
        self.ready = False
        self.wake = None
        self.state = "Disconnected"

    def _to(self, state, now):
        self.state = state
        self._count = 0
        self.wake = now

    def poll(self, now: int):
        """Do what is due."""
        if self.wake is None or ticks_diff(self.wake, now) > 0:
            return
        if self.state == "SendCapabilities":
            self._ask_thing()
            wait = min(
                (_UNLINKED_MS if self.unlinked else _RETRY_MS) << self._count,
                _UNLINKED_MAX_MS if self.unlinked else _RETRY_MAX_MS,
            )
        elif self.state == "RequestLastValues":
            if self._count:
                self.ready = True  # the cloud keeps silent: do not hold the values any longer
            wait = _LAST_VALUES_MS
            if self._count == 1:
                wait -= _HOLD_MS
                self._count = 2
            else:
                self._ask_last_values()
                if self._count == 1:
                    wait = _HOLD_MS
        else:
            self.wake = None
            return
        self.wake = ticks_add(now, wait)

    def _give_up(self, limit):
        # Count a question; after too many without an answer the link is taken down.
        if self._count > limit:
            self.state = "Disconnected"
            self.out.append((RESET, None, None))
            return True
        self._count += 1
        return False

    def _ask_thing(self):
        if self.unlinked:
            self._count = min(self._count + 1, 8)
        elif self._give_up(_LIMIT):
            return
        legacy = self._discovery == "legacy"
        topics = [] if legacy else [self._command_in]
        if self._discovery != "command":
            topics.append(self._device_in)
        self.out.append((SUBSCRIBE, topics, None))
        from .messages import DEVICE_BEGIN, THING_BEGIN, encode

        self._send("c/up", encode(DEVICE_BEGIN, self.version))
        if not legacy:
            self._send("c/up", encode(THING_BEGIN, ""))

    def _send(self, topic, payload):
        self.out.append((SEND, (self._device + topic).encode(), payload))

    def _ask_last_values(self):
        if self._give_up(_LIMIT + 1):
            return
        if self._legacy or self._count > 2 and self._discovery == "both":
            self.out.append((SEND, (self._thing + "shadow/o").encode(), _GET_LAST_VALUES))
        if not self._legacy or self._count > 2 and self._discovery == "both":
            from .messages import LAST_VALUES_BEGIN, encode

            self._send("c/up", encode(LAST_VALUES_BEGIN))

    def _attach(self, thing_id, legacy, now):
        # The cloud said which thing this device belongs to, "" for none.
        if not thing_id:
            self._detach(now)
            if not self.unlinked:
                self.unlinked = True
                log(30, "The device is not attached to a thing. Attach it in the cloud; waiting.")
            return
        if self.topic is not None:
            if thing_id == self.thing_id:
                return
            self._detach(now)
        self.unlinked = False
        self.thing_id = thing_id
        self._legacy = legacy
        self._thing = "/a/t/%s/" % thing_id
        self.topic = (self._thing + "e/o").encode()
        self._data_in = (self._thing + "e/i").encode()
        self._shadow_in = (self._thing + "shadow/i").encode()
        topics = [self._data_in]
        if self._discovery != "command":
            topics.append(self._shadow_in)
        self.out.append((SUBSCRIBE, topics, None))
        self._to("RequestLastValues", now)

    def _detach(self, now):
        if self.topic is None:
            return
        self.out.append((UNSUBSCRIBE, [self._data_in], None))
        self.topic = None
        self.ready = False
        self._to("SendCapabilities", now)

    def message(self, topic, buf, pos: int, end: int, now: int):
        """Take the payload between two offsets of `buf` that came on a topic (any bytes-like)."""
        try:
            if topic == self._data_in:
                self._values(buf, pos, end, False, now)
            elif topic == self._command_in:
                self._command(buf, pos, end, now)
            elif topic == self._shadow_in:
                self._last_values(buf, pos, end, now)
            elif topic == self._device_in:
                self._values(buf, pos, end, False, now)
            else:
                self._drop("a message on an unknown topic")
        except CBORError as error:
            self._drop("a malformed message (%s at byte %d)" % error.args)

    def _drop(self, what):
        self.dropped += 1
        log(30, "Dropped " + what)

    def _command(self, buf, pos, end, now):
        from .messages import LAST_VALUES_UPDATE, THING_DETACH, THING_UPDATE, TIMEZONE_DOWN, decode

        command = decode(buf, pos, end)
        tag = command[0]
        if tag == THING_UPDATE:
            self._attach(command[1], False, now)
        elif tag == THING_DETACH:
            if command[1] == self.thing_id:
                self._detach(now)
            else:
                self._drop("a ThingDetach for another thing")
        elif tag == LAST_VALUES_UPDATE:
            self._last_values(command[1], 0, len(command[1]), now)
        elif tag == TIMEZONE_DOWN:
            self.tz_offset, self.tz_dst_until = command[1:]

    def _last_values(self, buf, pos, end, now):
        self._values(buf, pos, end, True, now)
        if self.state == "RequestLastValues":
            self.state = "Connected"
            self.wake = None
        self.ready = self.topic is not None
        self.synced = True
        self.on_sync()

    def _values(self, buf, pos, end, sync, now):
        # Look at the whole message first, then take all of it: a malformed one has no effect.
        records = self._records
        staged = self._staged
        n = 0
        records.open(buf, pos, end)
        while records.next():
            name = records.name
            value = records.value
            if value is None or not isinstance(name, str):
                continue
            attribute = None
            colon = name.find(":")
            if colon >= 0:
                attribute = name[colon + 1 :]
                name = name[:colon]
            p = self.properties.get(name)
            if p is None:
                self._internal(name, value, now)
                continue
            if not self._takes(p, sync):
                continue
            try:
                value = p.shape(attribute, value)
            except (TypeError, ValueError, KeyError, OverflowError) as error:
                self._drop("a value from the cloud: %s" % error)
                continue
            if n == len(staged):
                staged.extend((None, None, None))
            staged[n] = p
            staged[n + 1] = attribute
            staged[n + 2] = value
            n += 3
        self._commit(n, sync)

    def _takes(self, p, sync):
        # Whether the cloud's value counts: always for a property without one, else if it is writable;
        # last values then only where the device has kept what it last told the cloud.
        if not p.initialized:
            return True
        return p.on_write is not None and (not sync or self.synced and not p.changed)

    def _commit(self, n, sync):
        staged = self._staged
        differs = False
        i = 0
        while i < n:
            p = staged[i]
            differs = p.store(staged[i + 1], staged[i + 2]) or differs
            i += 3
            if i == n or staged[i] is not p:
                if differs or not sync:
                    self.on_value(p)
                differs = False

    def _internal(self, name, value, now):
        if name == "thing_id":
            if isinstance(value, str):
                self._attach(value, True, now)
        elif name in ("tz_offset", "tz_dst_until"):
            if isinstance(value, int):
                setattr(self, name, value)
        else:
            log(20, "Unknown variable from the cloud: " + name)

    def fill(self, writer) -> bool:
        """Write the properties that are due into the rest of the writer's buffer. Returns whether there were any."""
        start = writer.pos
        writer.raw(b"\x9f")
        limit = len(writer.buf) - 1  # the "break"
        full = False
        for level in (2, 1):  # first those that found no room the last time
            for p in self.properties.values():
                if p.changed != level:
                    continue
                if full:
                    p.changed = 2
                    continue
                pos = writer.pos
                p.write(writer)
                if writer.pos <= limit:
                    p.changed = 0
                    continue
                if pos == start + 1:
                    p.changed = 0
                    self._drop("the value of '%s', which does not fit a packet" % p.name)
                else:
                    p.changed = 2
                    full = True
                writer.pos = pos
        if writer.pos == start + 1:
            return False
        writer.raw(b"\xff")
        return True

"""A session with a simulated clock. The tests play the cloud's part."""

from collections import OrderedDict

from arduino_iot_cloud.cbor import Writer
from arduino_iot_cloud.cbor_item import Tag, dumps, loads
from arduino_iot_cloud.port import ticks_add, ticks_diff
from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.session import Session

DEVICE = "d1d1d1d1-0000-1111-2222-333333333333"
THING = "aaaaaaaa-0000-1111-2222-333333333333"
OTHER = "bbbbbbbb-0000-1111-2222-333333333333"

COMMAND_UP = "/a/d/%s/c/up" % DEVICE
COMMAND_DOWN = "/a/d/%s/c/dw" % DEVICE
DEVICE_IN = "/a/d/%s/e/i" % DEVICE
THING_IN = "/a/t/%s/e/i" % THING
SHADOW_IN = "/a/t/%s/shadow/i" % THING
SHADOW_OUT = "/a/t/%s/shadow/o" % THING

THING_BEGIN = Tag(0x010300, [""])
THING_UPDATE = 0x010400
LAST_VALUES_BEGIN = Tag(0x010500, [])
LAST_VALUES_UPDATE = 0x010600
DEVICE_BEGIN = 0x010700
TIMEZONE_DOWN = 0x010900
THING_DETACH = 0x011000
GET_LAST_VALUES = [{0: "r:m", 3: "getLastValues"}]


def written(client, value):
    """An on_write that does nothing, to make a variable writable."""


def text(topic):
    return topic if isinstance(topic, str) else bytes(topic).decode()


def record(name, value, time=None, base_time=None):
    """Return a SenML record as a dict."""
    fields = OrderedDict()
    if base_time is not None:
        fields[-3] = base_time
    fields[0] = name
    fields[4 if isinstance(value, bool) else 3 if isinstance(value, str) else 2] = value
    if time is not None:
        fields[6] = time
    return fields


def pack(*pairs):
    """Return a pack of (name, value) pairs in CBOR."""
    return dumps([record(name, value) for name, value in pairs])


class Rig:
    """A `session` with variables. `wrote` has the names for which on_value was called."""

    def __init__(self, *properties, discovery="both", now=0):
        self.properties = OrderedDict()
        for p in properties:
            self.properties[p.name] = p
        self.now = now
        self.wrote = []
        self.syncs = 0
        self.session = Session(DEVICE, self.properties, discovery)
        self.session.on_value = lambda p: self.wrote.append(p.name)
        self.session.on_sync = self._on_sync

    def _on_sync(self):
        self.syncs += 1

    def __getitem__(self, name):
        return self.properties[name].value

    def __setitem__(self, name, value):
        self.properties[name].value = value

    # The clock

    def wait(self, ms):
        """Let time pass at once, without polling in between."""
        self.now = ticks_add(self.now, ms)

    def requests(self):
        """Return the session's new requests since the last call: (kind, topics or topic, payload) each."""
        taken = []
        for kind, topic, payload in self.session.out:
            if isinstance(topic, (list, tuple)):
                topic = [text(one) for one in topic]
            elif topic is not None:
                topic = text(topic)
            taken.append((kind, topic, None if payload is None else loads(payload)))
        self.session.out.clear()
        return taken

    def poll(self):
        """Poll now, and return the resulting requests."""
        self.session.poll(self.now)
        return self.requests()

    def run(self, ms):
        """Let time pass, polling exactly when the session wants it. Return [(ms from now, requests)]."""
        done = []
        passed = 0
        while self.session.wake is not None:
            left = ticks_diff(self.session.wake, self.now)
            if passed + left > ms:
                break
            self.wait(max(left, 0))
            passed += max(left, 0)
            requests = self.poll()
            if requests:
                done.append((passed, requests))
        self.wait(ms - passed)
        return done

    def wakes_in(self):
        """Return the milliseconds until the session wants to be polled again."""
        return ticks_diff(self.session.wake, self.now)

    # The link: the driver tells the session its states

    def connect(self):
        """Make the link, after losing an earlier one."""
        self.lose()
        self.session.move("ConnectPhy")
        self.session.move("ConnectMqttBroker")
        self.session.begin(self.now)

    def lose(self):
        """Lose the link, if it exists."""
        if self.session.state not in ("Init", "Disconnect"):
            self.session.end()

    # The cloud's side

    def tell(self, topic, payload):
        """Deliver a message, in the middle of a buffer."""
        buf = bytearray(b"\xfe\xfe\xfe" + payload + b"\x00\xff\x00")
        self.session.message(memoryview(topic.encode()), buf, 3, 3 + len(payload), self.now)

    def command(self, tag, *params):
        """Deliver a command."""
        self.tell(COMMAND_DOWN, dumps(Tag(tag, list(params))))

    def write(self, *pairs, thing=THING):
        """Deliver values for the thing."""
        self.tell("/a/t/%s/e/i" % thing, pack(*pairs))

    def last_values(self, *pairs):
        """Deliver the last values, as a command."""
        self.command(LAST_VALUES_UPDATE, pack(*pairs))

    def attach(self, thing=THING):
        """Go through a connection until the thing is known."""
        self.connect()
        self.poll()
        self.command(THING_UPDATE, thing)
        self.poll()
        return self

    def sync(self, *pairs):
        """Go through a connection until the last values have arrived."""
        self.attach()
        self.last_values(*pairs)
        self.requests()
        return self

    def reconnect(self, *pairs):
        """Lose the link, then go through a new connection until the last values have arrived."""
        self.lose()
        self.wait(1000)
        return self.sync(*pairs)

    # Outgoing values

    def payload(self, size=1024, acknowledged=True):
        """Publish the next pack and return its bytes, b"" if nothing is due. By default it is acknowledged."""
        writer = Writer(bytearray(size))
        if not self.session.fill(writer, self.now):
            return b""
        assert writer.pos <= size
        if acknowledged:
            self.session.acknowledged()
        return bytes(writer.buf[: writer.pos])

    def published(self, size=1024, acknowledged=True):
        """Publish the next pack and return (name, value) pairs."""
        payload = self.payload(size, acknowledged)
        if not payload:
            return []
        assert payload[0] == 0x9F
        return [(fields[0], fields.get(2, fields.get(3, fields.get(4)))) for fields in loads(payload)]

    def drain(self):
        """Publish everything that is due now."""
        while self.payload():
            pass


def variable(name, value=None, writable=True):
    """Return a cloud variable."""
    return ArduinoCloudObject(name, value=value, on_write=written if writable else None)

"""A device's session, a cloud and a network between them: what becomes of values from both sides.

`World` plays network, cloud, dashboard, program and clock. A driver's work is done between session and network:
it passes on what arrives, sends what the session wants to send, keeps one packet until its acknowledgement and
sends it again on the next connection, unless the session calls it stale.
"""

from arduino_iot_cloud.cbor import Writer
from arduino_iot_cloud.cbor_item import Tag, dumps, loads
from policy_rig import ClientRig
from session_rig import DEVICE, OTHER, THING, record, text, written

_UP = "/a/d/%s/c/up" % DEVICE
_DOWN = "/a/d/%s/c/dw" % DEVICE


class Cloud:
    """Keeps the last value of each name of each thing, and answers. Its messages go to `down`, in order."""

    def __init__(self, clock):
        self.clock = clock
        self.things = {THING: {}, OTHER: {}}
        self.thing = THING  # the device's thing, "" for none
        self.down = []
        self.slow = []  # last values that are not sent yet
        self.subscribed = []  # topics on this connection
        self.received = []  # (name, value) of everything from the device

    def tell(self, topic, payload):
        self.down.append((topic, payload))

    def command(self, tag, *params):
        if _DOWN in self.subscribed:
            self.tell(_DOWN, dumps(Tag(tag, list(params))))

    def write(self, pairs):
        """The dashboard writes values."""
        if not self.thing:
            return
        for name, value in pairs:
            self.things[self.thing][name] = (value, self.clock())
        topic = "/a/t/%s/e/i" % self.thing
        if topic in self.subscribed:
            self.tell(topic, dumps([record(name, value) for name, value in pairs]))

    def attach(self, thing):
        """The dashboard gives the device another thing, "" for none."""
        if self.thing and not thing:
            self.command(0x011000, self.thing)
        self.thing = thing
        if thing:
            self.command(0x010400, thing)

    def take(self, topic, payload):
        """A message of the device has arrived."""
        if isinstance(topic, list):
            self.subscribed += topic
        elif topic == _UP:
            tag = loads(payload).number
            if tag == 0x010300:
                self.command(0x010400, self.thing)
            elif tag == 0x010500 and self.thing:
                values = self.things[self.thing]
                payload = dumps([record(name, *values[name]) for name in sorted(values)])
                self.slow.append((_DOWN, dumps(Tag(0x010600, [payload]))))
        elif topic.endswith("/e/o"):
            values = self.things[topic[5:41]]
            for fields in loads(payload):
                name = fields[0]
                value = fields.get(2, fields.get(3, fields.get(4)))
                values[name] = (value, fields.get(6, self.clock()))
                self.received.append((name, value))
            self.down.append((None, None))  # the PUBACK


class World(ClientRig):
    """The session and everything around it."""

    def __init__(self, *properties):
        super().__init__(*properties)
        self.session.discovery = "command"
        self.cloud = Cloud(lambda: self.unix + self.ms // 1000)
        self.up = []
        self.linked = False
        self.packet = None  # (topic, payload) that is not acknowledged yet
        self.again = False
        self.packets = 0

    # The network

    def connect(self):
        super().connect()
        self.linked = True
        self.again = self.packet is not None

    def lose(self):
        """The link is lost, and everything under way with it."""
        self.linked = False
        self.up.clear()
        self.cloud.down.clear()
        self.cloud.slow.clear()
        self.cloud.subscribed.clear()
        super().lose()

    def arrive(self):
        """The oldest message of the device arrives in the cloud."""
        if self.up:
            self.cloud.take(*self.up.pop(0))

    def answer(self):
        """Last values that were asked for are sent."""
        if self.cloud.slow:
            self.cloud.down.append(self.cloud.slow.pop(0))

    def receive(self):
        """The oldest message of the cloud arrives in the device."""
        if self.cloud.down:
            topic, payload = self.cloud.down.pop(0)
            if topic is None:
                if self.packet:
                    self.packet = None
                    self.session.acknowledged()
            else:
                self.tell(topic, payload)

    # The driver

    def look(self):
        """Do what a driver does when it is awake."""
        session = self.session
        self.client.poll(self.now)
        if not self.linked:
            return
        session.poll(self.now)
        for kind, topic, payload in session.out:
            if kind != "unsubscribe":
                if isinstance(topic, list):
                    topic = [text(one) for one in topic]
                self.up.append((topic, payload))
        session.out.clear()
        if session.ready:
            self._publish()

    def _publish(self):
        session = self.session
        topic = session.topic.decode()
        if self.packet:
            if getattr(session, "stale", False):
                session.stale = False
                self.packet = None
            elif not self.again:
                return
            elif self.packet[0] == topic:
                self.again = False
                self.up.append(self.packet)
                return
            else:
                self.packet = None
            self.again = False
        writer = Writer(bytearray(400))
        if session.fill(writer, self.now):
            self.packet = (topic, bytes(writer.buf[: writer.pos]))
            self.up.append(self.packet)
            self.packets += 1

    # The end

    def quiet(self, seconds=90):
        """Let nothing more happen from outside, and let the link hold. Returns the packets that this took."""
        if not self.linked:
            self.connect()
        if not self.cloud.thing:
            self.cloud.attach(THING)
        packets = self.packets
        for _ in range(seconds * 4):
            for _ in range(6):
                self.look()
                self.arrive()
                self.answer()
                self.receive()
            self.wait(250)
        return self.packets - packets

    def cloud_has(self, p):
        """The cloud's value of a property; for attributes, a dict of those that it has."""
        values = self.cloud.things[self.cloud.thing]
        if isinstance(p.value, dict):
            return {key: values.get(p.name + ":" + key, (None, 0))[0] for key in p.value}
        return values.get(p.name, (None, 0))[0]


def named(kind, name, **options):
    """A variable that the cloud may write."""
    options.setdefault("on_write", written)
    return kind(name, **options)

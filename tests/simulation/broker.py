"""The MQTT 3.1.1 broker of the simulated world. It fails the check if a client sends what it must not."""

from .clock import clock

CONNECT = 1
PUBLISH = 3
PUBACK = 4
SUBSCRIBE = 8
UNSUBSCRIBE = 10
PINGREQ = 12
DISCONNECT = 14


def field(data):
    """Return a string field."""
    if isinstance(data, str):
        data = data.encode()
    return bytes((len(data) >> 8, len(data) & 255)) + data


def packet(first, body):
    """Return a complete packet."""
    n = len(body)
    head = bytearray((first,))
    while n > 127:
        head.append(n & 127 | 128)
        n >>= 7
    head.append(n)
    return bytes(head) + body


class Session:
    """One connection to the broker."""

    def __init__(self, broker, connection):
        self.broker = broker
        self.connection = connection
        self.buffer = b""
        self.client_id = None
        self.subscriptions = {}  # topic -> QoS
        self.identifier = 0
        self.unacknowledged = set()
        self.keepalive = 0
        self.heard = clock.now
        self.began = clock.now
        self.over = False

    # From the client

    def received(self, data, sent):
        """Take bytes that the client sent at `sent`."""
        if self.over:
            return
        self.heard = clock.now
        self.buffer += data
        while not self.over and self._packet(sent):
            pass

    def _packet(self, sent):
        buffer = self.buffer
        n = shift = 0
        pos = 1
        while True:
            if pos >= len(buffer):
                return False
            n |= (buffer[pos] & 127) << shift
            shift += 7
            pos += 1
            if buffer[pos - 1] < 128:
                break
        if len(buffer) < pos + n:
            return False
        self.buffer = buffer[pos + n :]
        self._take(buffer[0], buffer[pos : pos + n], sent)
        return True

    def _take(self, first, body, sent):
        kind = first >> 4
        broker = self.broker
        if (self.client_id is None) != (kind == CONNECT):
            return clock.fail("%s: packet %d at the wrong time" % (self.client_id, kind))
        broker.check.packet(self, kind, sent)
        if kind == CONNECT:
            self._connect(body)
        elif kind == PUBLISH:
            self._publish(first, body)
        elif kind == PUBACK:
            number = body[0] << 8 | body[1]
            if number not in self.unacknowledged and not getattr(self.connection, "connection", self.connection).broken:
                clock.fail("%s acknowledges %d, which was not sent" % (self.client_id, number))
            self.unacknowledged.discard(number)
        elif kind == SUBSCRIBE and first == 0x82:
            self._subscribe(body)
        elif kind == UNSUBSCRIBE and first == 0xA2:
            for topic, _ in self._topics(body[2:], 0):
                self.subscriptions.pop(topic, None)
            self.send(b"\xb0\x02" + body[:2])
        elif kind == PINGREQ and not body:
            self.send(b"\xd0\x00")
        elif kind == DISCONNECT and not body:
            self.said_goodbye = True
            self.connection.finish()
        else:
            clock.fail("%s sends packet 0x%02x" % (self.client_id, first))

    def _connect(self, body):
        if body[:7] != b"\x00\x04MQTT\x04" or body[7] & 1 or not body[7] & 2:
            clock.fail("a malformed CONNECT: %r" % body)
        self.keepalive = body[8] << 8 | body[9]
        fields = []
        pos = 10
        while pos < len(body):
            n = body[pos] << 8 | body[pos + 1]
            fields.append(body[pos + 2 : pos + 2 + n].decode())
            pos += 2 + n
        self.client_id = fields[0]
        code = self.broker.refuses(*(fields + ["", ""])[:3])
        if self.broker.mute:
            return
        if code:
            self.send(bytes((0x20, 2, 0, code)))
            self.connection.finish()
            return
        older = self.broker.sessions.get(self.client_id)
        if older:
            older.connection.finish()
        self.broker.sessions[self.client_id] = self
        self.send(b"\x20\x02\x00\x00")
        self.broker.check.online(self)
        if self.keepalive:
            clock.at(self.keepalive * 1500, self._listen)

    def _listen(self):
        # Like real brokers, end it after 1.5 keepalives without a packet.
        if self.over:
            return
        left = self.heard + self.keepalive * 1500 - clock.now
        if left > 0 or not self.connection.reads:
            clock.at(max(left, 1000), self._listen)
        else:
            self.broker.check.silent(self)
            self.connection.finish()

    @staticmethod
    def _topics(body, extra):
        pos = 0
        while pos < len(body):
            n = body[pos] << 8 | body[pos + 1]
            end = pos + 2 + n
            yield body[pos + 2 : end].decode(), body[end] if extra else 0
            pos = end + extra

    def _subscribe(self, body):
        codes = []
        new = []
        for topic, qos in self._topics(body[2:], 1):
            if not self.broker.cloud.may_read(self.client_id, topic):
                codes.append(128)
                continue
            self.subscriptions[topic] = min(qos, 1)
            codes.append(min(qos, 1))
            new.append(topic)
        self.send(packet(0x90, body[:2] + bytes(codes)))
        for topic in new:
            self.broker.cloud.subscribed(self, topic)

    def _publish(self, first, body):
        n = body[0] << 8 | body[1]
        topic = body[2 : 2 + n].decode()
        pos = 2 + n
        qos = first >> 1 & 3
        if qos == 1:
            identifier = body[pos : pos + 2]
            pos += 2
            if identifier == b"\x00\x00":
                clock.fail("%s sends a PUBLISH with the identifier 0" % self.client_id)
        elif qos:
            return clock.fail("%s sends a PUBLISH of QoS %d" % (self.client_id, qos))
        self.broker.cloud.published(self, topic, body[pos:], bool(first & 8))
        if qos and not self.over:
            self.send(b"\x40\x02" + identifier)

    def ended(self):
        """Note that the connection has ended."""
        if not self.over:
            self.over = True
            if self.broker.sessions.get(self.client_id) is self:
                del self.broker.sessions[self.client_id]
            self.broker.check.offline(self)

    said_goodbye = False

    # To the client

    def send(self, data):
        """Send bytes."""
        self.connection.send(data)

    def publish(self, topic, payload):
        """Publish to this client with the QoS that it requested."""
        qos = self.subscriptions[topic]
        head = field(topic)
        if qos:
            self.identifier = self.identifier % 65535 + 1
            self.unacknowledged.add(self.identifier)
            head += bytes((self.identifier >> 8, self.identifier & 255))
        self.send(packet(0x30 | qos << 1, head + payload))


class Broker:
    """`sessions`: {client identifier: Session} of the clients that have logged in."""

    def __init__(self, cloud, check):
        self.cloud = cloud
        self.check = check
        self.sessions = {}
        self.refusal = 0  # return code for all log-ins
        self.mute = False  # it accepts connections but answers no CONNECT

    def accept(self, connection):
        """Serve a connection. It goes into `network.servers`."""
        return Session(self, connection)

    def refuses(self, client_id, username, password):
        """Return the return code for a CONNECT."""
        return self.refusal or self.cloud.refuses(username, password)

    def publish(self, topic, payload):
        """Publish to all subscribers and return their number."""
        sessions = [one for one in self.sessions.values() if topic in one.subscriptions]
        for session in sessions:
            session.publish(topic, payload)
        return len(sessions)

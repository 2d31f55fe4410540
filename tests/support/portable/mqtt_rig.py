"""An MQTT server's packets, and a network between it and the client's MQTT, with a simulated clock."""

from arduino_iot_cloud.mqtt import MQTT
from arduino_iot_cloud.mqtt_parts import keep
from arduino_iot_cloud.port import ticks_add, ticks_diff

CONNACK = 2
PUBLISH = 3
PUBACK = 4
SUBACK = 9
UNSUBACK = 11
PINGRESP = 13

PINGREQ = b"\xc0\x00"


def packet(first, body=b""):
    """Return a whole packet with its remaining length (MQTT 3.1.1, section 2.2.3)."""
    n = len(body)
    length = bytearray()
    while True:
        length.append(n & 127 | (128 if n > 127 else 0))
        n >>= 7
        if not n:
            return bytes([first]) + bytes(length) + body


def two(n):
    """Return the bytes of a 16-bit integer."""
    return bytes((n >> 8, n & 255))


def publish(topic, payload, identifier=None, flags=0):
    """Return a PUBLISH: with QoS 0 without an identifier, otherwise with QoS 1."""
    if identifier is None:
        return packet(0x30 | flags, two(len(topic)) + topic + payload)
    return packet(0x32 | flags, two(len(topic)) + topic + two(identifier) + payload)


def puback(identifier):
    """Return a PUBACK, of either side."""
    return packet(0x40, two(identifier))


def suback(identifier, *codes):
    """Return a SUBACK."""
    return packet(0x90, two(identifier) + bytes(codes))


class Server:
    """The network, and what arrives at its two ends. `now` is the time in ticks.

    taken      what the client's MQTT has received: (kind, topic, payload) or (kind, code)
    took       all bytes that the client has sent
    oversized  the number of packets larger than the buffer
    """

    def __init__(self, size=128, keepalive=10, now=0):
        self.mqtt = MQTT(size, keepalive)
        self.now = now
        self.oversized = 0
        self.open()

    def open(self):
        """Begin a connection and forget the last one."""
        self.taken = []
        self.took = b""
        self._parts = None
        self.mqtt.opened(self.now)
        return self

    def accept(self):
        """Send the server's CONNACK."""
        self.send(packet(0x20, two(0)))
        self.taken = []
        return self

    def take(self):
        """Take the packets that have arrived."""
        mqtt = self.mqtt
        while True:
            whole = not mqtt.part
            kind = mqtt.packet()
            if kind == PUBLISH:
                self.oversized += whole and not mqtt.whole
                self._publish()
            elif kind:
                self.taken.append((kind, mqtt.code if kind in (CONNACK, SUBACK) else 0))
            elif mqtt.blocked:
                self.deliver()
            else:
                return

    def _publish(self):
        mqtt = self.mqtt
        topic = bytes(mqtt.view[mqtt.topic : mqtt.topic_end])
        payload = bytes(mqtt.view[mqtt.payload : mqtt.payload_end])
        if mqtt.whole:
            self.taken.append((PUBLISH, topic, payload))
            return
        if topic:
            self._parts = [topic, b""]
        self._parts[1] += payload
        keep(mqtt, mqtt.payload_end)
        if not mqtt.rest:
            self.taken.append((PUBLISH, self._parts[0], self._parts[1]))

    def send(self, data, at_most=None):
        """Deliver the server's bytes, in pieces of `at_most` bytes or as large as possible.

        Then let the network take what the client sends.
        """
        while data:
            room = self.mqtt.room()
            assert len(room) > 0, "no room and no packet"
            n = min(len(room), len(data), at_most or len(data))
            room[:n] = data[:n]
            data = data[n:]
            self.mqtt.received(n, self.now)
            self.take()
        self.deliver()
        return self

    def deliver(self, at_most=100000):
        """Let the network take what the client sends, at most so many bytes, and return them."""
        mqtt = self.mqtt
        data = b""
        while len(data) < at_most and mqtt.outgoing(self.now):
            n = min(mqtt.end - mqtt.at, at_most - len(data))
            data += bytes(mqtt.out[mqtt.at : mqtt.at + n])
            mqtt.sent(n, self.now)
        self.took += data
        return data

    def wait(self, ms):
        """Let time pass without polling the client."""
        self.now = ticks_add(self.now, ms)
        return self

    def until(self, ms, each=None):
        """Let time pass, poll the client when it wants to, and let the network take what it sends.

        Calls `each(data)` for that. Raises what the client raises.
        """
        mqtt = self.mqtt
        end = ticks_add(self.now, ms)
        while True:
            data = self.deliver()
            if data and each:
                each(data)
                continue
            left = ticks_diff(end, self.now)
            if mqtt.wake is None or ticks_diff(mqtt.wake, end) > 0:
                self.now = end
                return
            assert ticks_diff(mqtt.wake, self.now) > 0, "it wants to be asked again at once"
            if not left:
                return
            self.now = mqtt.wake

    @property
    def acked(self):
        """The PUBACKs among the bytes that the client has sent."""
        found = b""
        data = self.took
        while data:
            n = 2 + data[1] if data[1] < 128 else 3 + (data[1] & 127 | data[2] << 7)
            if data[0] == 0x40:
                found += data[:n]
            data = data[n:]
        return found

"""What an MQTT server sends, and ways to have it arrive."""

from arduino_iot_cloud.mqtt import MQTT

CONNACK = 2
PUBLISH = 3
PUBACK = 4
SUBACK = 9
UNSUBACK = 11
PINGRESP = 13

PINGREQ = b"\xc0\x00"


def packet(first, body=b""):
    """A whole packet with its remaining length (MQTT 3.1.1 section 2.2.3)."""
    n = len(body)
    length = bytearray()
    while True:
        length.append(n & 127 | (128 if n > 127 else 0))
        n >>= 7
        if not n:
            return bytes([first]) + bytes(length) + body


def two(n):
    """A 16-bit integer."""
    return bytes((n >> 8, n & 255))


def publish(topic, payload, identifier=None, flags=0):
    """A PUBLISH: of QoS 0 without an identifier, else of QoS 1."""
    if identifier is None:
        return packet(0x30 | flags, two(len(topic)) + topic + payload)
    return packet(0x32 | flags, two(len(topic)) + topic + two(identifier) + payload)


def puback(identifier):
    """A PUBACK, of either side."""
    return packet(0x40, two(identifier))


def suback(identifier, *codes):
    """A SUBACK."""
    return packet(0x90, two(identifier) + bytes(codes))


class Server:
    """Feeds an MQTT what a server sends, and notes what it makes of it."""

    def __init__(self, size=128, keepalive=10):
        self.mqtt = MQTT(size, keepalive)
        self.taken = []  # (kind, topic, payload) or (kind, code)
        self.acked = b""

    def take(self):
        """Take the packets that are there, as a driver does."""
        mqtt = self.mqtt
        while True:
            kind = mqtt.packet()
            if kind == PUBLISH:
                topic = bytes(mqtt.view[mqtt.topic : mqtt.topic_end])
                self.taken.append((kind, topic, bytes(mqtt.view[mqtt.payload : mqtt.payload_end])))
            elif kind:
                self.taken.append((kind, mqtt.code if kind in (CONNACK, SUBACK) else 0))
            else:
                acks = mqtt.acks()
                if not acks:
                    return
                self.acked += bytes(acks)

    def send(self, data, at_most=None):
        """The bytes arrive, in pieces of `at_most` bytes or as large as there is room."""
        while data:
            room = self.mqtt.room()
            assert len(room) > 0, "no room and no packet"
            n = min(len(room), len(data), at_most or len(data))
            room[:n] = data[:n]
            data = data[n:]
            self.mqtt.received(n, 0)
            self.take()
        return self

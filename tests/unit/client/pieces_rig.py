"""Messages larger than the buffer: the MQTT core and the driver's function for parts, on a simulated network."""

from arduino_iot_cloud.mqtt import MQTT
from arduino_iot_cloud.mqtt_parts import take
from mqtt_rig import PUBLISH, publish


class Inbound:
    """The inbound side of a driver: bytes go through the MQTT core to the session of a rig."""

    received = 0

    def __init__(self, rig, buffer):
        self.mqtt = MQTT(buffer)
        self.session = rig.session
        self.now = rig.now

    def publish(self, topic, payload, identifier=None, at_most=100000):
        """A PUBLISH arrives, in pieces of at most so many bytes."""
        self.receive(publish(topic.encode(), payload, identifier), at_most)

    def receive(self, data, at_most=100000):
        """Bytes from the server; messages that fit go to the session whole."""
        mqtt = self.mqtt
        while data:
            room = mqtt.room()
            n = min(len(room), len(data), at_most)
            room[:n] = data[:n]
            data = data[n:]
            mqtt.received(n, self.now)
            while self._packet():
                pass

    def _packet(self):
        mqtt = self.mqtt
        kind = mqtt.packet()
        if kind == PUBLISH and mqtt.whole:
            self.session.message(
                mqtt.view[mqtt.topic : mqtt.topic_end], mqtt.view, mqtt.payload, mqtt.payload_end, self.now
            )
        elif kind == PUBLISH:
            take(self)
        while mqtt.outgoing(self.now):
            mqtt.sent(mqtt.end - mqtt.at, self.now)
        return kind

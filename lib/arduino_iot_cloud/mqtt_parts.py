"""An incoming PUBLISH that is larger than the buffer, in parts, each of which is passed to the session.

Imported for the first one. `begin`, `part` and `keep` belong to the class MQTT, and use its attributes.
"""

from .port import const, ticks_ms

_PUBLISH = const(3)


class Part:
    """The state of such a packet."""

    identifier = 0  # of the PUBACK to send after it, 0 for none
    left = 0  # bytes of its payload that have not been taken


def begin(mqtt, end: int, first: int):
    """Begin a PUBLISH with this first byte, which would end at `end`: the buffer has its first part."""
    count = mqtt.count
    mqtt.part = part = Part()
    if mqtt.payload > count:  # even the topic does not fit: no subscriber has one that long
        mqtt.topic_end = mqtt.payload = count
    elif first & 2:
        part.identifier = mqtt.rx[mqtt.topic_end] << 8 | mqtt.rx[mqtt.topic_end + 1]
    mqtt.payload_end = count
    mqtt.rest = end - count
    part.left = end - mqtt.payload


def part(mqtt) -> int:
    """Take the next part, as large as the buffer allows. Returns PUBLISH, or 0 if it is not complete yet."""
    left = mqtt.part.left
    n = min(mqtt.count, left)
    if n < left and n < len(mqtt.rx):
        return 0
    mqtt.topic = mqtt.topic_end = mqtt.payload = 0
    mqtt.payload_end = n
    mqtt.rest = left - n
    return _PUBLISH


def keep(mqtt, pos: int):
    """Finish a part: keep its bytes from `pos` on, in front of the next part. Raises MQTTError if that leaves no room
    for more."""
    part = mqtt.part
    if mqtt.rest:
        if pos == 0 and mqtt.count == len(mqtt.rx):
            raise mqtt.fault("part of a packet is too large", 0)
        part.left -= pos - mqtt.payload
        mqtt.wait(pos)
        return
    mqtt.start = mqtt.payload_end
    mqtt.part = None
    if part.identifier:
        mqtt.owe(part.identifier)


def take(driver):
    """Pass the part in `driver.mqtt` to the session, and keep the bytes that it has not used up."""
    mqtt = driver.mqtt
    topic = None
    if mqtt.topic_end:
        driver.received += 1
        topic = mqtt.view[mqtt.topic : mqtt.topic_end]
    pos = mqtt.payload
    keep(mqtt, pos + driver.session.piece(topic, mqtt.view, pos, mqtt.payload_end, mqtt.rest, ticks_ms()))

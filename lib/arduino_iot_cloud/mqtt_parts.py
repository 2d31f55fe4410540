"""An incoming PUBLISH that is larger than the buffer: `mqtt` takes it in parts, and the session is handed each.

Imported when there is one. The first three functions belong to the class MQTT, and work on what it keeps for itself.
"""

from .port import const, ticks_ms

_PUBLISH = const(3)


class Part:
    """What is known of such a packet."""

    identifier = 0  # of the PUBACK that is owed for it, 0 for none
    left = 0  # bytes of its payload that have not been taken


def begin(mqtt, end: int, first: int):
    """A PUBLISH with this first byte, which would end at `end`, and what is there is its first part."""
    count = mqtt.count
    mqtt.part = part = Part()
    if mqtt.payload > count:  # so is its topic: nobody will know it
        mqtt.topic_end = mqtt.payload = count
    elif first & 2:
        part.identifier = mqtt.rx[mqtt.topic_end] << 8 | mqtt.rx[mqtt.topic_end + 1]
    mqtt.payload_end = count
    mqtt.rest = end - count
    part.left = end - mqtt.payload


def part(mqtt) -> int:
    """The next part, as much as there is room for: PUBLISH, or 0 where it is not there yet."""
    left = mqtt.part.left
    n = min(mqtt.count, left)
    if n < left and n < len(mqtt.rx):
        return 0
    mqtt.topic = mqtt.topic_end = mqtt.payload = 0
    mqtt.payload_end = n
    mqtt.rest = left - n
    return _PUBLISH


def keep(mqtt, pos: int):
    """After a part: its bytes from `pos` on are needed again, before the next. Raises MQTTError where there is no room
    for more."""
    part = mqtt.part
    if mqtt.rest:
        if pos == 0 and mqtt.count == len(mqtt.rx):
            raise mqtt.fault("a part of a packet that is too large", 0)
        part.left -= pos - mqtt.payload
        mqtt.wait(pos)
        return
    mqtt.start = mqtt.payload_end
    mqtt.part = None
    if part.identifier:
        mqtt.owe(part.identifier)


def take(driver):
    """Hand the part that `driver.mqtt` has to the session, and keep what that needs again."""
    mqtt = driver.mqtt
    topic = None
    if mqtt.topic_end:
        driver.received += 1
        topic = mqtt.view[mqtt.topic : mqtt.topic_end]
    pos = mqtt.payload
    keep(mqtt, pos + driver.session.piece(topic, mqtt.view, pos, mqtt.payload_end, mqtt.rest, ticks_ms()))

"""An incoming PUBLISH that is larger than the buffer: `mqtt` takes it in parts, and the session is handed each.

Imported when there is one. The first three functions belong to the class MQTT, and work on what it keeps for itself.
"""

from .mqtt import PUBLISH, MQTTError
from .port import ticks_ms


def begin(mqtt, end: int, first: int):
    """A PUBLISH with this first byte, which would end at `end`, and what is there is its first part."""
    have = mqtt._have
    mqtt.oversized += 1
    if mqtt.payload > have:  # so is its topic: nobody will know it
        mqtt.topic_end = mqtt.payload = have
    elif first & 2:
        mqtt._owed = mqtt.rx[mqtt.topic_end] << 8 | mqtt.rx[mqtt.topic_end + 1]
    mqtt.payload_end = have
    mqtt.rest = end - have
    mqtt._body = end - mqtt.payload


def part(mqtt) -> int:
    """The next part, as much as there is room for: PUBLISH, or 0 where it is not there yet."""
    n = min(mqtt._have, mqtt._body)
    if n < mqtt._body and n < len(mqtt.rx):
        return 0
    mqtt.topic = mqtt.topic_end = mqtt.payload = 0
    mqtt.payload_end = n
    mqtt.rest = mqtt._body - n
    return PUBLISH


def keep(mqtt, pos: int):
    """After a part: its bytes from `pos` on are needed again, before the next. Raises MQTTError where there is no room
    for more."""
    if mqtt.rest:
        if pos == 0 and mqtt._have == len(mqtt.rx):
            raise MQTTError("a part of a packet that is too large", 0)
        mqtt._body -= pos - mqtt.payload
        mqtt._wait(pos)
        return
    mqtt._start = mqtt.payload_end
    mqtt._body = 0
    if mqtt._owed:
        mqtt._ack(mqtt._owed)
        mqtt._owed = 0


def take(driver):
    """Hand the part that `driver.mqtt` has to the session, and keep what that needs again."""
    mqtt = driver.mqtt
    topic = None
    if mqtt.topic_end:
        driver.received += 1
        topic = mqtt.view[mqtt.topic : mqtt.topic_end]
    pos = mqtt.payload
    keep(mqtt, pos + driver.session.piece(topic, mqtt.view, pos, mqtt.payload_end, mqtt.rest, ticks_ms()))

"""An incoming PUBLISH that is larger than the buffer: it is handed on in parts. And a network that takes no more.

Imported when there is one.
"""

from .port import ticks_ms
from .stream import writable


def take(driver):
    """Hand the part that `driver.mqtt` has to the session, and keep what that needs again."""
    mqtt = driver.mqtt
    topic = None
    if mqtt.topic_end:
        driver.received += 1
        topic = mqtt.view[mqtt.topic : mqtt.topic_end]
    pos = mqtt.payload
    mqtt.keep(pos + driver.session.piece(topic, mqtt.view, pos, mqtt.payload_end, mqtt.rest, ticks_ms()))


async def watch(driver):
    """Wake the writer once the network takes more."""
    try:
        await writable(driver.stream)
    except OSError as error:
        driver.error = error
    driver.watcher = None
    driver.alarm.set()

"""From nothing to an accepted MQTT connection, and the requests on it: what the driver needs only then."""

from .diagnosis import CLOCK_SET
from .handshake import RESET, SEND, SUBSCRIBE
from .mqtt import CONNACK, MQTTError
from .packets import connect, publish, subscribe, unsubscribe
from .port import ticks_ms, timestamp
from .transport import open_stream


async def open_link(driver, tls):
    """Open the stream, do the TLS handshake and CONNECT. Returns the stream once the server has accepted.

    Raises OSError, EOFError, ValueError or MQTTError.
    """
    client = driver.client
    mqtt = driver.mqtt
    if timestamp() < CLOCK_SET:
        driver.phase = "SyncTime"
        client.update_systime()
    driver.phase = "ConnectMqttBroker"
    stream = await open_stream(client.server, client.port, tls, client.ssl_params)
    try:
        mqtt.opened(ticks_ms())
        stream.write(connect(client.device_id, client.username, client.password, client.keepalive))
        await stream.drain()
        kind = 0
        while not kind:
            await driver.receive(stream)
            kind = mqtt.packet()
        if kind != CONNACK or mqtt.code:
            raise MQTTError("the server refused the connection", mqtt.code)
    except BaseException:
        stream.s.close()
        raise
    return stream


def send_requests(stream, mqtt, requests: list):
    """Send what a session has in `out`, and empty it. Raises MQTTError for a RESET among it."""
    for kind, topic, payload in requests:
        if kind == RESET:
            raise MQTTError("the cloud does not answer for this device", 0)
        if kind == SEND:
            stream.write(publish(topic, payload))
        elif kind == SUBSCRIBE:
            stream.write(subscribe(mqtt.next_identifier(), topic))
        else:
            stream.write(unsubscribe(mqtt.next_identifier(), topic))
    requests.clear()

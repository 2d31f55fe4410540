"""From nothing to an accepted MQTT connection: what the driver needs only then."""

from .loop import send
from .mqtt import MQTTError
from .packets import connect
from .port import const, ticks_ms, timestamp
from .transport import open_stream

_CONNACK = const(2)


async def open_link(driver, tls):
    """Open the stream, do the TLS handshake and CONNECT. Returns the stream once the server has accepted.

    Raises OSError, EOFError, ValueError or MQTTError.
    """
    client = driver.client
    mqtt = driver.mqtt
    if not timestamp():
        driver.phase = "SyncTime"
        client.update_systime()
    driver.phase = "ConnectMqttBroker"
    stream = await open_stream(client.server, client.port, tls, client.ssl_params)
    try:
        mqtt.opened(ticks_ms())
        await send(stream, connect(client.device_id, client.username, client.password, client.keepalive))
        kind = 0
        while not kind:
            await driver.receive(stream)
            kind = mqtt.packet()
        if kind != _CONNACK or mqtt.code:
            raise MQTTError("the server refused the connection", mqtt.code)
    except BaseException:
        stream.close()
        raise
    return stream

"""Opening a connection: clock, TCP, TLS, WebSocket and MQTT, up to the CONNACK.

Temporary: the driver imports it for each attempt, then unloads it.
"""

from ..mqtt import MQTTError
from ..port import const, forget, inside, ticks_ms, timestamp
from ..stream import writable

_CONNACK = const(2)


async def open_link(driver):
    """Open the stream, do the TLS handshake and CONNECT. Returns the stream once the server has accepted.

    Raises OSError, EOFError, ValueError or MQTTError.
    """
    client = driver.client
    # A function or coroutine in a local variable would keep its module in memory, so each is deleted after use.
    if not timestamp():
        driver.session.move("SyncTime")
        from ..network_time import sync_time

        step = sync_time(client.ntp_server, client.ntp_timeout)
        del sync_time
        await step
    driver.session.move("ConnectMqttBroker")
    inside("transport", 1)
    try:
        from ..transport import open_stream

        step = open_stream(client.server, client.port, driver.tls, client.ssl_params)
        del open_stream
        stream = await step
    finally:
        inside("transport", -1)
    step = None
    try:
        forget("transport")
        if client.transport == "websocket":
            inside("websocket.upgrade", 1)
            try:
                from ..websocket import upgrade

                step = upgrade.upgrade(stream, client.server + ":" + str(client.port))
                del upgrade
                stream = await step
            finally:
                inside("websocket.upgrade", -1)
            step = None
            forget("websocket.upgrade")
        await accept(stream, driver.mqtt, connect(client))
    except BaseException:
        stream.close()
        raise
    stream.opened()
    return stream


async def accept(stream, mqtt, packet: bytes):
    """Send the CONNECT, and wait until the server accepts it with its CONNACK. Raises MQTTError if it refuses."""
    mqtt.opened(ticks_ms())
    mqtt.send(packet)
    while mqtt.outgoing(ticks_ms()):
        n = stream.write(mqtt.out, mqtt.at, mqtt.end - mqtt.at)
        if n:
            mqtt.sent(n, ticks_ms())
        else:
            await writable(stream)
    while True:
        n = stream.readinto(mqtt.room())
        if n is None:
            await stream
            continue
        if not n:
            raise EOFError("the server closed the connection")
        mqtt.received(n, ticks_ms())
        kind = mqtt.packet()
        if kind:
            if kind != _CONNACK or mqtt.code:
                raise MQTTError("the server refused the connection", mqtt.code)
            return


def connect(client) -> bytes:
    """Return a client's CONNECT packet."""
    from ..mqtt_packets import connect

    packet = connect(client.device_id, client.username, client.password, client.keepalive)
    del connect
    forget("mqtt_packets")
    return packet

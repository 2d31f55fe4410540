"""From nothing to an accepted MQTT connection: what the driver needs only then."""

from sys import modules

from .mqtt import MQTTError
from .packets import field, packet
from .port import const, forget, ticks_ms, timestamp
from .stream import send
from .transport import open_stream

_CONNACK = const(2)


async def open_link(driver):
    """Open the stream, do the TLS handshake and CONNECT. Returns the stream once the server has accepted.

    Raises OSError, EOFError, ValueError or MQTTError.
    """
    client = driver.client
    mqtt = driver.mqtt
    if not timestamp():
        driver.phase = "SyncTime"
        await _set_clock(client)
    driver.phase = "ConnectMqttBroker"
    stream = await open_stream(client.server, client.port, driver.tls, client.ssl_params)
    try:
        if client.transport == "websocket":
            stream = await _websocket(stream, "%s:%d" % (client.server, client.port))
            forget("upgrade")
            if "arduino_iot_cloud.http" not in modules:  # which stands on it
                forget("http_head")
        mqtt.opened(ticks_ms())
        await send(stream, connect(client.device_id, client.username, client.password, client.keepalive))
        kind = 0
        while not kind:
            await stream
            n = stream.readinto(mqtt.room())
            if n == 0:
                raise EOFError("the server closed the connection")
            mqtt.received(n or 0, ticks_ms())
            kind = mqtt.packet()
        if kind != _CONNACK or mqtt.code:
            raise MQTTError("the server refused the connection", mqtt.code)
    except BaseException:
        stream.close()
        raise
    return stream


def _set_clock(client):
    from .network_time import sync_time

    return sync_time(client.ntp_server, client.ntp_timeout)


def _websocket(stream, host):
    from .upgrade import upgrade

    return upgrade(stream, host)


def connect(client_id, username, password, keepalive: int) -> bytes:
    """The CONNECT packet (section 3.1): clean session, no will. Names are str or bytes, None for none;
    `keepalive` is in seconds."""
    flags = 2
    tail = field(client_id)
    if username is not None:
        flags |= 0x80
        tail += field(username)
        if password is not None:
            flags |= 0x40
            tail += field(password)
    return packet(0x10, b"\x00\x04MQTT\x04" + bytes((flags, keepalive >> 8, keepalive & 255)) + tail)

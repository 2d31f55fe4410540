"""From nothing to an accepted MQTT connection: what the driver needs only then.

Comes and goes: the driver enters it for each attempt, and unloads it after that.
"""

from .mqtt import MQTTError
from .port import const, enter, forget, leave, ticks_ms, timestamp
from .stream import writable

_CONNACK = const(2)


async def open_link(driver):
    """Open the stream, do the TLS handshake and CONNECT. Returns the stream once the server has accepted.

    Raises OSError, EOFError, ValueError or MQTTError.
    """
    client = driver.client
    if not timestamp():
        driver.session.move("SyncTime")
        await _set_clock(client)
    driver.session.move("ConnectMqttBroker")
    enter("transport")
    try:
        stream = await _transport(client, driver.tls)
    finally:
        leave("transport")
    try:
        forget("transport")
        if client.transport == "websocket":
            enter("upgrade", "http_head")
            try:
                stream = await _websocket(stream, "%s:%d" % (client.server, client.port))
            finally:
                leave("upgrade", "http_head")
            forget("upgrade", "http_head")
        packet = _packet(client)
        forget("packets")
        await _log_in(stream, driver.mqtt, packet)
    except BaseException:
        stream.close()
        raise
    stream.opened()
    return stream


async def _log_in(stream, mqtt, packet):
    # Send the CONNECT and wait for the CONNACK.
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


# Modules that come and go are imported in functions that end at once.


def _transport(client, tls):
    from .transport import open_stream

    return open_stream(client.server, client.port, tls, client.ssl_params)


def _set_clock(client):
    from .network_time import sync_time

    return sync_time(client.ntp_server, client.ntp_timeout)


def _websocket(stream, host):
    from .upgrade import upgrade

    return upgrade(stream, host)


def _packet(client):
    return connect(client.device_id, client.username, client.password, client.keepalive)


def connect(client_id, username, password, keepalive: int) -> bytes:
    """The CONNECT packet (section 3.1): clean session, no will. Names are str or bytes, None for none;
    `keepalive` is in seconds."""
    from .packets import field, packet

    flags = 2
    tail = field(client_id)
    if username is not None:
        flags |= 0x80
        tail += field(username)
        if password is not None:
            flags |= 0x40
            tail += field(password)
    return packet(0x10, b"\x00\x04MQTT\x04" + bytes((flags, keepalive >> 8, keepalive & 255)) + tail)

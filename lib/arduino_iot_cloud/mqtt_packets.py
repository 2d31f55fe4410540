"""The MQTT 3.1.1 packets that a client sends before values flow, as bytes.

Temporary: imported to make a packet; the driver unloads it once values flow.
"""


def field(data) -> bytes:
    """Return a string field (section 1.5.3) with a str or bytes."""
    if isinstance(data, str):
        data = data.encode()
    return bytes((len(data) >> 8, len(data) & 255)) + data


def packet(first: int, payload: "bytes | bytearray") -> bytes:
    """Return a packet: its first byte, the remaining length (section 2.2), and everything after that."""
    n = len(payload)
    head = bytearray((first,))
    while n > 127:
        head.append(n & 127 | 128)
        n >>= 7
    head.append(n)
    return bytes(head) + payload


def connect(client_id, username, password, keepalive: int) -> bytes:
    """Return a CONNECT packet (section 3.1): clean session, no will. `client_id` is a str or bytes, so are `username`
    and `password`, or None; `keepalive` is in seconds."""
    flags = 2
    tail = field(client_id)
    if username is not None:
        flags |= 0x80
        tail += field(username)
        if password is not None:
            flags |= 0x40
            tail += field(password)
    return packet(0x10, b"\x00\x04MQTT\x04" + bytes((flags, keepalive >> 8, keepalive & 255)) + tail)


def subscribe(identifier: int, topic, first: int = 0x82, end: bytes = b"\x01") -> bytes:
    """Return a SUBSCRIBE packet (section 3.8) for topic filters (a list of str or bytes), of QoS 1."""
    payload = bytearray((identifier >> 8, identifier & 255))
    for one in topic:
        payload.extend(field(one))
        payload.extend(end)
    return packet(first, payload)


def unsubscribe(identifier: int, topic) -> bytes:
    """Return an UNSUBSCRIBE packet (section 3.10) for topic filters (a list of str or bytes)."""
    return subscribe(identifier, topic, 0xA2, b"")


def publish(topic, payload: bytes) -> bytes:
    """Return a PUBLISH packet of QoS 0 (section 3.3), for messages that their sender repeats itself."""
    return packet(0x30, field(topic) + payload)


def identifier(mqtt) -> int:
    """Return a packet identifier (1 to 65535) that is not in use."""
    while True:
        mqtt.identifier = mqtt.identifier % 65535 + 1
        if mqtt.identifier != mqtt.unacked:
            return mqtt.identifier


def take(requests: list, mqtt) -> bytes:
    """Take the first of a session's requests, its `out`. Returns the packet. A PUBLISH has QoS 0, since the session
    repeats a request that is not answered. Raises MQTTError for "reset"."""
    kind, topic, payload = requests.pop(0)
    if kind == "publish":
        return publish(topic, payload)
    if kind == "subscribe":
        return subscribe(identifier(mqtt), topic)
    if kind == "unsubscribe":
        return unsubscribe(identifier(mqtt), topic)
    from .mqtt import MQTTError

    raise MQTTError("the cloud does not answer for this device", 0)

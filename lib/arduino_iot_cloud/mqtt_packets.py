"""MQTT 3.1.1 packets that a client sends outside of the steady state, as bytes.

Comes and goes: whoever makes a packet imports it, and the driver unloads it once values flow.
"""


def field(data) -> bytes:
    """A string field (section 1.5.3) of str or bytes."""
    if isinstance(data, str):
        data = data.encode()
    return bytes((len(data) >> 8, len(data) & 255)) + data


def packet(first: int, payload: "bytes | bytearray") -> bytes:
    """A whole packet of its first byte and all that follows the remaining length (section 2.2)."""
    n = len(payload)
    head = bytearray((first,))
    while n > 127:
        head.append(n & 127 | 128)
        n >>= 7
    head.append(n)
    return bytes(head) + payload


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


def subscribe(identifier: int, topic, first: int = 0x82, end: bytes = b"\x01") -> bytes:
    """The SUBSCRIBE packet (section 3.8) for some topic filters (a list of str or bytes), of QoS 1."""
    payload = bytearray((identifier >> 8, identifier & 255))
    for one in topic:
        payload.extend(field(one))
        payload.extend(end)
    return packet(first, payload)


def unsubscribe(identifier: int, topic) -> bytes:
    """The UNSUBSCRIBE packet (section 3.10) for some topic filters (a list of str or bytes)."""
    return subscribe(identifier, topic, 0xA2, b"")


def publish(topic, payload: bytes) -> bytes:
    """A PUBLISH packet of QoS 0 (section 3.3), for messages that their sender repeats itself."""
    return packet(0x30, field(topic) + payload)


def identifier(mqtt) -> int:
    """A packet identifier (1 to 65535) that is not in use."""
    while True:
        mqtt.identifier = mqtt.identifier % 65535 + 1
        if mqtt.identifier != mqtt.unacked:
            return mqtt.identifier


def take(requests: list, mqtt) -> bytes:
    """Take the first of the requests that a session has left in `out`. Returns its packet; of QoS 0 where it
    publishes, since the session repeats what gets no answer. Raises MQTTError for "reset"."""
    kind, topic, payload = requests.pop(0)
    if kind == "publish":
        return publish(topic, payload)
    if kind == "subscribe":
        return subscribe(identifier(mqtt), topic)
    if kind == "unsubscribe":
        return unsubscribe(identifier(mqtt), topic)
    from .mqtt import MQTTError

    raise MQTTError("the cloud does not answer for this device", 0)

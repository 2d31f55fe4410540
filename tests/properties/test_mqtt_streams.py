"""Any packets of a server in any pieces: the pieces never change what is received."""

from arduino_iot_cloud.mqtt_packets import identifier
from hypothesis import given, strategies as st
from mqtt_rig import PUBLISH, Server, packet, puback, publish, suback, two

SIZE = 128
topics = st.binary(min_size=1, max_size=150)
identifiers = st.one_of(st.none(), st.integers(1, 65535))


@st.composite
def packets(draw):
    """(bytes, what is received of them, what is acknowledged)."""
    kind = draw(st.integers(0, 5))
    if kind < 3:
        topic = draw(topics)
        payload = b"p" * draw(st.one_of(st.integers(0, 30), st.integers(0, 400)))
        identifier = draw(identifiers)
        data = publish(topic, payload, identifier)
        start = len(data) - len(payload)
        if start > SIZE:  # the whole topic is never in the buffer
            head = start - len(topic) - (2 if identifier else 0)
            return data, [(PUBLISH, topic[: SIZE - head], data[SIZE:])], b""
        return data, [(PUBLISH, topic, payload)], puback(identifier) if identifier else b""
    if kind == 3:
        return puback(draw(st.integers(1, 65535))), [(4, 0)], b""
    if kind == 4:
        code = draw(st.sampled_from((0, 1, 0x80)))
        return suback(draw(st.integers(1, 65535)), code), [(9, code)], b""
    return draw(st.sampled_from(((packet(0xD0), [(13, 0)], b""), (packet(0xB0, two(1)), [(11, 0)], b""))))


@given(st.lists(packets(), max_size=12), st.data())
def test_what_is_taken_does_not_depend_on_the_pieces(stream, choose):
    data = b"".join([part for part, _, _ in stream])
    server = Server(SIZE)
    rest = data
    while rest:
        n = choose.draw(st.integers(1, len(rest)))
        server.send(rest[:n])
        rest = rest[n:]
    assert server.taken == [what for _, taken, _ in stream for what in taken]
    assert server.acked == b"".join([acknowledged for _, _, acknowledged in stream])
    assert server.oversized == len([1 for part, _, _ in stream if len(part) > SIZE])


@given(topics, st.binary(max_size=300), st.integers(0, 65535))
def test_what_is_sent_is_read_by_the_other_side(topic, payload, before):
    server = Server(512)
    mqtt = server.mqtt
    while mqtt.identifier != before:
        identifier(mqtt)
    start = mqtt.begin(topic)
    mqtt.tx[start : start + len(payload)] = payload
    mqtt.finish(start + len(payload))
    data = server.deliver()
    assert data == publish(topic, payload, before % 65535 + 1)
    assert Server(512).send(data).taken == [(PUBLISH, topic, payload)]

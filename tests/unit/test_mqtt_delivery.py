"""Deliveries of quality 1: identifiers, acknowledgements, repetitions, both ways."""

from mqtt_rig import PUBACK, PUBLISH, Server, puback, publish

from arduino_iot_cloud.mqtt import MQTT


def start(mqtt, payload=b"x"):
    """Publish; returns the identifier."""
    at = mqtt.begin(b"t")
    mqtt.tx[at : at + len(payload)] = payload
    mqtt.finish(at + len(payload))
    return mqtt.unacked


def test_identifiers_count_from_one():
    mqtt = MQTT(128)
    assert [mqtt.next_identifier() for _ in range(3)] == [1, 2, 3]


def test_identifiers_wrap_from_65535_to_1():
    mqtt = MQTT(128)
    mqtt.identifier = 65533
    assert [mqtt.next_identifier() for _ in range(4)] == [65534, 65535, 1, 2]


def test_identifiers_skip_the_one_in_use():
    for used, before, after in ((8, 7, 9), (65535, 65534, 1), (1, 65535, 2)):
        mqtt = MQTT(128)
        mqtt.identifier = used - 1
        assert start(mqtt) == used
        mqtt.identifier = before
        assert mqtt.next_identifier() == after


def test_identifiers_are_written_in_both_bytes():
    server = Server()
    server.mqtt.identifier = 0x1233
    assert start(server.mqtt) == 0x1234
    assert bytes(server.mqtt.outgoing()) == b"\x32\x06\x00\x01t\x12\x34x"


def test_every_identifier_is_acknowledged_by_its_own_only():
    for identifier in (1, 255, 256, 257, 32767, 32768, 65535):
        server = Server()
        server.mqtt.identifier = identifier - 1
        assert start(server.mqtt) == identifier
        for other in (identifier ^ 1, identifier ^ 0x100, identifier ^ 0x8000, 0):
            server.send(puback(other))
            assert server.mqtt.unacked == identifier
        server.send(puback(identifier))
        assert server.mqtt.unacked == 0
        server.send(puback(identifier))
        assert server.mqtt.unacked == 0
        assert [kind for kind, _ in server.taken] == [PUBACK] * 6


def test_an_unacknowledged_publish_outlives_the_connection_and_is_marked_as_a_duplicate():
    server = Server()
    mqtt = server.mqtt
    identifier = start(mqtt, b"payload")
    first = bytes(mqtt.outgoing())
    mqtt.opened(5)
    assert mqtt.unacked == identifier
    again = bytes(mqtt.outgoing(True))
    assert again[0] == first[0] | 8 == 0x3A
    assert again[1:] == first[1:]
    server.send(puback(identifier))
    assert mqtt.unacked == 0


def test_the_mark_is_gone_with_the_next_publish():
    for n in (1, 130):
        mqtt = MQTT(256)
        start(mqtt, b"p" * n)
        assert mqtt.outgoing(True)[0] == 0x3A
        mqtt.unacked = 0
        start(mqtt, b"q" * n)
        assert mqtt.outgoing()[0] == 0x32


def test_a_duplicate_with_a_long_remaining_length():
    mqtt = MQTT(256)
    start(mqtt, b"p" * 150)
    first = bytes(mqtt.outgoing())
    assert bytes(mqtt.outgoing(True)) == b"\x3a" + first[1:]


def test_nothing_is_owed_for_quality_0():
    server = Server().send(publish(b"t", b"x") * 20)
    assert len(server.taken) == 20
    assert server.acked == b""
    assert server.mqtt.acks() is None


def test_what_comes_in_is_acknowledged_in_its_order():
    identifiers = [7, 65535, 1, 256, 7]
    server = Server().send(b"".join([publish(b"t", b"x", identifier) for identifier in identifiers]))
    assert server.taken == [(PUBLISH, b"t", b"x")] * 5
    assert server.acked == b"".join([puback(identifier) for identifier in identifiers])
    assert server.mqtt.acks() is None


def test_duplicates_and_retained_messages_are_taken_and_acknowledged():
    for flags in (0, 1, 8, 9):
        server = Server().send(publish(b"t", b"x", 5, flags))
        assert server.taken == [(PUBLISH, b"t", b"x")]
        assert server.acked == puback(5)


def feed(mqtt, data):
    room = mqtt.room()
    n = min(len(room), len(data))
    room[:n] = data[:n]
    mqtt.received(n, 0)
    return data[n:]


def test_after_sixteen_unsent_acknowledgements_nothing_more_is_taken_until_they_are_sent():
    for per_read in (1, 7, 1000):
        mqtt = MQTT(256)
        data = b"".join([publish(b"t", b"%03d" % i, 1000 + i) for i in range(40)])
        taken = []
        acked = []
        while len(taken) < 40:
            more = mqtt.packet()
            if more:
                taken.append(bytes(mqtt.view[mqtt.payload : mqtt.payload_end]))
            elif mqtt.blocked:
                assert len(taken) - sum(acked) == 16
                for _ in range(3):
                    assert mqtt.packet() == 0
                acks = mqtt.acks()
                assert bytes(acks) == b"".join([puback(1000 + i) for i in range(sum(acked), sum(acked) + 16)])
                acked.append(16)
                assert not mqtt.blocked
            else:
                rest = feed(mqtt, data[:per_read])
                data = data[len(data[:per_read]) - len(rest) :]
        assert taken == [b"%03d" % i for i in range(40)]
        assert acked == [16, 16]
        assert bytes(mqtt.acks()) == b"".join([puback(1000 + i) for i in range(32, 40)])


def test_acknowledgements_of_the_last_connection_are_forgotten():
    mqtt = MQTT(256)
    feed(mqtt, b"".join([publish(b"t", b"x", i + 1) for i in range(16)]))
    while mqtt.packet():
        pass
    assert mqtt.blocked
    mqtt.opened(0)
    assert not mqtt.blocked
    assert mqtt.acks() is None


def test_what_was_half_received_on_the_last_connection_is_forgotten():
    server = Server()
    server.send(publish(b"t", b"payload")[:6])
    server.mqtt.opened(0)
    server.send(publish(b"t", b"x"))
    server.send(publish(b"t", b"y" * 300)[:200])
    server.mqtt.opened(0)
    server.send(publish(b"t", b"z"))
    assert server.taken == [(PUBLISH, b"t", b"x"), (PUBLISH, b"t", b"z")]

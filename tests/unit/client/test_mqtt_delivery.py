"""Deliveries at QoS 1: identifiers, acknowledgements, repetitions, in both directions."""

from arduino_iot_cloud.mqtt import MQTT
from arduino_iot_cloud.mqtt_packets import identifier
from mqtt_rig import PUBACK, PUBLISH, Server, puback, publish


def counted(mqtt, n):
    """Use up identifiers until n was the last."""
    while mqtt.identifier != n:
        identifier(mqtt)
    return mqtt


def start(mqtt, payload=b"x"):
    """Publish; returns the identifier."""
    at = mqtt.begin(b"t")
    mqtt.tx[at : at + len(payload)] = payload
    mqtt.finish(at + len(payload))
    return mqtt.unacked


def test_identifiers_count_from_one():
    mqtt = MQTT(128)
    assert [identifier(mqtt) for _ in range(3)] == [1, 2, 3]


def test_identifiers_wrap_from_65535_to_1():
    mqtt = counted(MQTT(128), 65533)
    assert [identifier(mqtt) for _ in range(4)] == [65534, 65535, 1, 2]


def test_identifiers_skip_the_one_in_use():
    for used, before, after in ((8, 7, 9), (65535, 65534, 1), (1, 65535, 2)):
        mqtt = counted(MQTT(128), used - 1 or 65535)
        assert start(mqtt) == used
        counted(mqtt, before)
        assert identifier(mqtt) == after


def test_identifiers_are_written_in_both_bytes():
    server = Server()
    assert start(counted(server.mqtt, 0x1233)) == 0x1234
    assert server.deliver() == b"\x32\x06\x00\x01t\x12\x34x"


def test_every_identifier_is_acknowledged_by_its_own_only():
    for one in (1, 255, 256, 257, 32767, 32768, 65535):
        server = Server()
        assert start(counted(server.mqtt, one - 1)) == one
        server.deliver()
        for other in (one ^ 1, one ^ 0x100, one ^ 0x8000, 0):
            server.send(puback(other))
            assert server.mqtt.unacked == one
        server.send(puback(one))
        assert server.mqtt.unacked == 0
        server.send(puback(one))
        assert server.mqtt.unacked == 0
        assert [kind for kind, _ in server.taken] == [PUBACK] * 6


def test_an_unacknowledged_publish_outlives_the_connection_and_is_marked_as_a_duplicate():
    server = Server()
    mqtt = server.mqtt
    identifier = start(mqtt, b"payload")
    first = server.deliver()
    server.open().accept()
    assert mqtt.unacked == identifier and server.deliver() == b""  # until values may flow
    assert mqtt.under_way(b"t")
    again = server.deliver()
    assert again[0] == first[0] | 8 == 0x3A
    assert again[1:] == first[1:]
    assert mqtt.under_way(b"t") and server.deliver() == b""
    server.send(puback(identifier))
    assert mqtt.unacked == 0 and not mqtt.under_way(b"t")


def test_a_publish_to_another_topic_does_not_outlive_the_connection():
    for other in (b"u", None):
        server = Server()
        start(server.mqtt)
        server.deliver()
        server.open().accept()
        assert not server.mqtt.under_way(other)
        assert not server.mqtt.under_way(b"t") and server.deliver() == b""


def test_what_is_under_way_on_this_connection_is_not_given_up():
    server = Server()
    start(server.mqtt)
    assert server.mqtt.under_way(None)
    assert server.mqtt.under_way(b"u") and server.deliver()


def test_an_acknowledgement_that_comes_before_the_packet_has_left_counts_for_nothing():
    server = Server()
    start(server.mqtt)
    server.mqtt.room()[:4] = puback(1)
    server.mqtt.received(4, 0)
    server.take()
    assert server.mqtt.unacked == 1


def test_packets_leave_whole_and_in_their_order_however_little_the_network_takes():
    for at_most in (1, 2, 3, 7, 100):
        server = Server(256).accept()
        server.mqtt.send(b"one")
        server.mqtt.send(b"two")
        start(server.mqtt, b"p" * 150)
        took = b""
        while True:
            if len(took) == 2 * at_most:
                for i in (1, 2, 3):  # messages arrive in the middle of it
                    room = server.mqtt.room()
                    room[:7] = publish(b"t", b"", i)
                    server.mqtt.received(7, 0)
                    server.take()
            piece = server.deliver(at_most)
            took += piece
            if not piece:
                break
        acks = puback(1) + puback(2) + puback(3)
        value = b"\x32\x9b\x01\x00\x01t\x00\x01" + b"p" * 150
        if at_most < 100:
            at = took.find(acks)
            assert at >= 0 and took[:at] + took[at + 12 :] == b"onetwo" + value
            assert at in (6, 6 + len(value))
        else:
            assert took == b"onetwo" + value


def test_the_mark_is_gone_with_the_next_publish():
    for n in (1, 130):
        server = Server(256)
        start(server.mqtt, b"p" * n)
        server.open().accept()
        assert server.mqtt.under_way(b"t") and server.deliver()[0] == 0x3A
        server.send(puback(1))
        start(server.mqtt, b"q" * n)
        assert server.deliver()[0] == 0x32


def test_a_duplicate_with_a_long_remaining_length():
    server = Server(256)
    start(server.mqtt, b"p" * 150)
    first = server.deliver()
    server.open().accept().mqtt.under_way(b"t")
    assert server.deliver() == b"\x3a" + first[1:]


def test_nothing_is_owed_for_quality_0():
    server = Server().send(publish(b"t", b"x") * 20)
    assert len(server.taken) == 20
    assert server.took == b""


def test_what_comes_in_is_acknowledged_in_its_order():
    identifiers = [7, 65535, 1, 256, 7]
    server = Server().send(b"".join([publish(b"t", b"x", identifier) for identifier in identifiers]))
    assert server.taken == [(PUBLISH, b"t", b"x")] * 5
    assert server.took == b"".join([puback(identifier) for identifier in identifiers])


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
        server = Server(256)
        mqtt = server.mqtt
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
                acks = server.deliver(63)
                assert mqtt.blocked
                acks += server.deliver()
                assert acks == b"".join([puback(1000 + i) for i in range(sum(acked), sum(acked) + 16)])
                acked.append(16)
                assert not mqtt.blocked
            else:
                rest = feed(mqtt, data[:per_read])
                data = data[len(data[:per_read]) - len(rest) :]
        assert taken == [b"%03d" % i for i in range(40)]
        assert acked == [16, 16]
        assert server.deliver() == b"".join([puback(1000 + i) for i in range(32, 40)])


def test_acknowledgements_of_the_last_connection_are_forgotten():
    server = Server(256)
    feed(server.mqtt, b"".join([publish(b"t", b"x", i + 1) for i in range(16)]))
    while server.mqtt.packet():
        pass
    assert server.mqtt.blocked
    server.open()
    assert not server.mqtt.blocked
    assert server.deliver() == b""


def test_what_was_half_sent_on_the_last_connection_is_forgotten():
    server = Server(256)
    server.mqtt.send(b"question")
    server.mqtt.send(b"another")
    assert server.deliver(3) == b"que"
    assert server.open().deliver() == b""


def test_what_was_half_received_on_the_last_connection_is_forgotten():
    server = Server()
    server.send(publish(b"t", b"payload")[:6]).open()
    server.send(publish(b"t", b"x"))
    assert server.taken == [(PUBLISH, b"t", b"x")]
    server.send(publish(b"t", b"y" * 300)[:200]).open()
    server.send(publish(b"t", b"z"))
    assert server.taken == [(PUBLISH, b"t", b"z")]

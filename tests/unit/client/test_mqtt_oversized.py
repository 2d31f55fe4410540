"""Packets larger than the buffer: received in parts, counted, acknowledged, and harmless to those around them."""

from arduino_iot_cloud.mqtt import MQTTError
from arduino_iot_cloud.mqtt_parts import keep
from mqtt_rig import PUBLISH, Server, puback, publish, suback, two
from portable_assert import raises

SIZE = 128
BEFORE = publish(b"before", b"b", 11)
AFTER = publish(b"after", b"a", 22)
TAKEN = [(PUBLISH, b"before", b"b"), (PUBLISH, b"after", b"a")]


def oversized(identifier, n):
    """A PUBLISH that is n bytes longer than the buffer, or n + 1 if its length needs another byte."""
    payload = b"o" * (SIZE + n - 14)
    while True:
        data = publish(b"topic", payload, identifier)
        if len(data) >= SIZE + n:
            return data
        payload += b"o"


def topics(server):
    """What was received, without the payload of large packets; insists on each of its bytes."""
    found = []
    for kind, topic, payload in server.taken:
        if topic == b"topic":
            assert payload == b"o" * len(payload) and len(payload) > SIZE - 14
        else:
            found.append((kind, topic, payload))
    return found


def test_it_is_taken_between_two_others_in_pieces_of_every_size():
    for at_most in list(range(1, SIZE + 2)) + [1000]:
        for identifier, n in ((None, 70), (33, 70)):
            server = Server(SIZE).send(BEFORE + oversized(identifier, n) + AFTER, at_most)
            assert topics(server) == TAKEN, (at_most, identifier)
            assert server.oversized == 1
            assert server.acked == puback(11) + (puback(33) if identifier else b"") + puback(22)
            assert len(server.taken) == 3 and len(server.taken[1][2]) == len(oversized(identifier, n)) - (
                12 if identifier else 10
            )


def test_it_is_taken_whatever_it_lacks():
    for n in list(range(1, 12)) + [127, 128, 129, 256, 1000]:
        for at_most in (1, 3, SIZE, 5000):
            server = Server(SIZE).send(oversized(33, n) + AFTER, at_most)
            assert topics(server) == TAKEN[1:], (n, at_most)
            assert server.acked == puback(33) + puback(22)


def test_its_first_part_may_end_anywhere():
    data = BEFORE + oversized(33, 60) + AFTER
    for cut in range(1, len(data)):
        server = Server(SIZE).send(data[:cut]).send(data[cut:])
        assert topics(server) == TAKEN, cut
        assert server.oversized == 1
        assert server.acked == puback(11) + puback(33) + puback(22)


def test_several_in_a_row():
    data = oversized(1, 1) + oversized(None, 500) + oversized(2, 128) + AFTER + oversized(3, 3) + AFTER
    for at_most in (1, 2, 5, 64, 127, 128, 129, 5000):
        server = Server(SIZE).send(data, at_most)
        assert topics(server) == TAKEN[1:] * 2, at_most
        assert server.oversized == 4
        assert server.acked == puback(1) + puback(2) + puback(22) + puback(3) + puback(22)


def test_it_is_never_stored():
    server = Server(SIZE).send(publish(b"topic", b"o" * 100000, 33) + AFTER)
    assert topics(server) == TAKEN[1:]
    assert len(server.mqtt.rx) == SIZE


def test_flags_do_not_keep_it_from_being_acknowledged():
    for flags in (0, 1, 8, 9):
        data = bytes([0x32 | flags]) + oversized(33, 9)[1:]
        assert Server(SIZE).send(data + AFTER).acked == puback(33) + puback(22)


def test_a_part_need_not_be_used_up():
    for at_most in (1, 50, 1000):
        for used in (1, 3, 64):
            server = Server(SIZE)
            mqtt = server.mqtt
            payload = bytes([i & 255 for i in range(1000)])
            data = publish(b"topic", payload, 33) + AFTER
            got = b""
            while data:
                room = mqtt.room()
                n = min(at_most, len(room), len(data))
                room[:n] = data[:n]
                data = data[n:]
                mqtt.received(n, 0)
                while mqtt.packet():
                    if mqtt.whole:
                        assert mqtt.view[mqtt.topic : mqtt.topic_end] == b"after"
                        continue
                    n = mqtt.payload_end - mqtt.payload
                    if mqtt.rest:
                        n = min(used, n)
                    got += bytes(mqtt.view[mqtt.payload : mqtt.payload + n])
                    keep(mqtt, mqtt.payload + n)
            assert got == payload
            assert server.deliver() == puback(33) + puback(22)


def test_a_part_of_which_nothing_is_used_ends_the_connection():
    mqtt = Server(SIZE).mqtt
    mqtt.room()[:] = publish(b"topic", b"o" * 1000)[:SIZE]
    mqtt.received(SIZE, 0)
    assert mqtt.packet() == PUBLISH
    keep(mqtt, mqtt.payload)  # its head is gone: there is room
    n = len(mqtt.room())
    assert n == 10
    mqtt.received(n, 0)
    assert mqtt.packet() == PUBLISH and mqtt.payload_end == SIZE
    raises(MQTTError, keep, mqtt, 0)


def test_a_long_topic_with_its_identifier_at_the_end_of_the_buffer():
    for n in range(SIZE - 12, SIZE - 4):
        data = publish(b"t" * n, b"o" * 50, 33)
        for at_most in (1, SIZE, 5000):
            server = Server(SIZE).send(data + AFTER, at_most)
            assert server.taken[1:] == TAKEN[1:], (n, at_most)
            whole = 3 + 2 + n + 2 <= SIZE  # otherwise the whole identifier was never in the buffer
            assert server.acked == (puback(33) if whole else b"") + puback(22), n


def test_a_topic_longer_than_the_buffer():
    for at_most in (1, 50, 5000):
        server = Server(SIZE).send(publish(b"t" * 300, b"x") + AFTER, at_most)
        assert server.taken[1:] == TAKEN[1:]
        assert server.taken[0][1] == b"t" * (SIZE - 5)
        assert server.oversized == 1


def test_other_packets_are_never_so_large():
    for at_most in (1, 1000):
        raises(MQTTError, Server(SIZE).send, suback(1, *([0] * 200)) + AFTER, at_most)


def test_many_of_them_wait_for_their_acknowledgements_to_be_sent():
    data = b"".join([oversized(i + 1, 5) for i in range(40)]) + AFTER
    for at_most in (1, 100, 10000):
        server = Server(SIZE).send(data, at_most)
        assert server.acked == b"".join([puback(i + 1) for i in range(40)]) + puback(22)
        assert topics(server) == TAKEN[1:]


def test_a_new_connection_forgets_what_was_still_to_come():
    server = Server(SIZE).send(oversized(33, 500)[:200]).open()
    assert server.send(AFTER).taken == TAKEN[1:]


def test_four_bytes_of_length():
    head = b"\x30\xff\xff\xff\x7f" + two(1) + b"t"
    server = Server(SIZE).send(head + b"o" * 5000)
    assert server.taken == [] and server.oversized == 1

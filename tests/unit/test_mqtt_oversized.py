"""Packets larger than the buffer: drained, counted, acknowledged, and without harm to those around them."""

from mqtt_rig import PUBLISH, Server, puback, publish, suback, two

SIZE = 128
BEFORE = publish(b"before", b"b", 11)
AFTER = publish(b"after", b"a", 22)
TAKEN = [(PUBLISH, b"before", b"b"), (PUBLISH, b"after", b"a")]


def oversized(identifier, n):
    """A PUBLISH of which the buffer lacks n bytes, or one more where its length takes one more."""
    payload = b"o" * (SIZE + n - 14)
    while True:
        data = publish(b"topic", payload, identifier)
        if len(data) >= SIZE + n:
            return data
        payload += b"o"


def test_it_is_drained_between_two_others_in_pieces_of_every_size():
    for at_most in list(range(1, SIZE + 2)) + [1000]:
        for identifier, n in ((None, 70), (33, 70)):
            server = Server(SIZE).send(BEFORE + oversized(identifier, n) + AFTER, at_most)
            assert server.taken == TAKEN, (at_most, identifier)
            assert server.mqtt.oversized == 1
            assert server.acked == puback(11) + (puback(33) if identifier else b"") + puback(22)


def test_it_is_drained_whatever_it_lacks():
    for n in list(range(1, 12)) + [127, 128, 129, 256, 1000]:
        for at_most in (1, 3, SIZE, 5000):
            server = Server(SIZE).send(oversized(33, n) + AFTER, at_most)
            assert server.taken == TAKEN[1:], (n, at_most)
            assert server.acked == puback(33) + puback(22)


def test_its_first_part_may_end_anywhere():
    data = BEFORE + oversized(33, 60) + AFTER
    for cut in range(1, len(data)):
        server = Server(SIZE).send(data[:cut]).send(data[cut:])
        assert server.taken == TAKEN, cut
        assert server.mqtt.oversized == 1
        assert server.acked == puback(11) + puback(33) + puback(22)


def test_several_in_a_row():
    data = oversized(1, 1) + oversized(None, 500) + oversized(2, 128) + AFTER + oversized(3, 3) + AFTER
    for at_most in (1, 2, 5, 64, 127, 128, 129, 5000):
        server = Server(SIZE).send(data, at_most)
        assert server.taken == TAKEN[1:] * 2, at_most
        assert server.mqtt.oversized == 4
        assert server.acked == puback(1) + puback(2) + puback(22) + puback(3) + puback(22)


def test_it_is_never_stored():
    server = Server(SIZE).send(publish(b"topic", b"o" * 100000, 33) + AFTER)
    assert server.taken == TAKEN[1:]
    assert len(server.mqtt.rx) == SIZE


def test_flags_do_not_keep_it_from_being_acknowledged():
    for flags in (0, 1, 8, 9):
        data = bytes([0x32 | flags]) + oversized(33, 9)[1:]
        assert Server(SIZE).send(data + AFTER).acked == puback(33) + puback(22)


def test_a_long_topic_with_its_identifier_at_the_end_of_the_buffer():
    for n in range(SIZE - 12, SIZE - 4):
        data = publish(b"t" * n, b"o" * 50, 33)
        for at_most in (1, SIZE, 5000):
            server = Server(SIZE).send(data + AFTER, at_most)
            assert server.taken == TAKEN[1:], (n, at_most)
            whole = 3 + 2 + n + 2 <= SIZE  # else its identifier was never seen in one piece
            assert server.acked == (puback(33) if whole else b"") + puback(22), n


def test_a_topic_longer_than_the_buffer():
    for at_most in (1, 50, 5000):
        server = Server(SIZE).send(publish(b"t" * 300, b"x") + AFTER, at_most)
        assert server.taken == TAKEN[1:]
        assert server.mqtt.oversized == 1


def test_other_packets_may_be_oversized_too():
    server = Server(SIZE).send(suback(1, *([0] * 200)) + AFTER)
    assert server.taken[-1] == TAKEN[1]


def test_many_of_them_wait_for_their_acknowledgements_to_be_sent():
    data = b"".join([oversized(i + 1, 5) for i in range(40)]) + AFTER
    for at_most in (1, 100, 10000):
        server = Server(SIZE).send(data, at_most)
        assert server.acked == b"".join([puback(i + 1) for i in range(40)]) + puback(22)
        assert server.taken == TAKEN[1:]


def test_a_new_connection_forgets_what_was_still_to_be_drained():
    server = Server(SIZE).send(oversized(33, 500)[:200])
    server.mqtt.opened(0)
    assert server.send(AFTER).taken == TAKEN[1:]


def test_four_bytes_of_length():
    head = b"\x30\xff\xff\xff\x7f" + two(1) + b"t"
    server = Server(SIZE).send(head + b"o" * 5000)
    assert server.taken == [] and server.mqtt.oversized == 1

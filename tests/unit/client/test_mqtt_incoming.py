"""Packets from the server: every type, cut at every place, and those that no server may send."""

from arduino_iot_cloud.mqtt import MQTTError
from mqtt_rig import CONNACK, PINGRESP, PUBACK, PUBLISH, SUBACK, UNSUBACK, Server, packet, puback, publish, suback, two
from portable_assert import raises

LONG = b"t" * 140
# (bytes, what is received)
PACKETS = (
    (packet(0x20, b"\x00\x00"), (CONNACK, 0)),
    (packet(0x20, b"\x01\x00"), (CONNACK, 0)),
    (packet(0x20, b"\x00\x05"), (CONNACK, 5)),
    (publish(b"t", b""), (PUBLISH, b"t", b"")),
    (publish(b"topic", b"payload"), (PUBLISH, b"topic", b"payload")),
    (publish(b"t", b"", 1), (PUBLISH, b"t", b"")),
    (publish(b"topic", b"payload", 0xABCD), (PUBLISH, b"topic", b"payload")),
    (publish(b"topic", b"p" * 120), (PUBLISH, b"topic", b"p" * 120)),  # the remaining lengths 127 and 128
    (publish(b"topic", b"p" * 121), (PUBLISH, b"topic", b"p" * 121)),
    (publish(b"topic", b"p" * 118, 3), (PUBLISH, b"topic", b"p" * 118)),
    (publish(b"topic", b"p" * 119, 3), (PUBLISH, b"topic", b"p" * 119)),
    (publish(LONG, b"x"), (PUBLISH, LONG, b"x")),
    (publish(LONG, b"x", 3), (PUBLISH, LONG, b"x")),
    (puback(7), (PUBACK, 0)),
    (suback(1, 0), (SUBACK, 0)),
    (suback(1, 1, 0), (SUBACK, 1)),
    (suback(1, 1, 0x80, 0), (SUBACK, 0x80)),
    (packet(0xB0, two(9)), (UNSUBACK, 0)),
    (packet(0xD0), (PINGRESP, 0)),
)
SIZE = 160  # of the buffer: there is room for each packet, but not for two long ones
TRAILER = publish(b"after", b"it", 77)
TRAILED = (PUBLISH, b"after", b"it")


def test_every_packet_at_once():
    for data, expected in PACKETS:
        assert Server(SIZE).send(data).taken == [expected], data


def test_no_prefix_of_a_packet_is_a_packet():
    for data, _ in PACKETS:
        for end in range(len(data)):
            server = Server(SIZE).send(data[:end])
            assert server.taken == [] and server.acked == b"", (data, end)


def test_every_packet_byte_by_byte():
    for data, expected in PACKETS:
        assert Server(SIZE).send(data, 1).taken == [expected], data


def test_every_packet_in_two_pieces_of_every_size():
    for data, expected in PACKETS:
        for cut in range(1, len(data)):
            server = Server(SIZE).send(data[:cut])
            assert server.taken == []
            assert server.send(data[cut:]).taken == [expected], (data, cut)


def test_every_packet_followed_by_another_cut_at_every_place():
    for data, expected in PACKETS:
        both = data + TRAILER
        for cut in range(1, len(both)):
            server = Server(SIZE).send(both[:cut]).send(both[cut:])
            assert server.taken == [expected, TRAILED], (data, cut)
            assert server.acked[-4:] == puback(77)


def test_all_packets_in_a_row_in_pieces_of_every_size():
    stream = b"".join([data for data, _ in PACKETS])
    expected = [what for _, what in PACKETS]
    for at_most in list(range(1, 20)) + [31, 64, 127, 128, 129, SIZE - 1, SIZE, 1000]:
        server = Server(SIZE).send(stream, at_most)
        assert server.taken == expected, at_most
        assert server.acked == puback(1) + puback(0xABCD) + puback(3) * 3


def test_a_packet_as_large_as_the_buffer():
    for size in (128, 129, 130, 131, 200):
        n = size - (3 if size - 2 > 127 else 2) - 3
        data = publish(b"t", b"p" * n)
        assert len(data) in (size, size - 1)
        for at_most in (1, 50, 1000):
            server = Server(size).send(data + TRAILER, at_most)
            assert server.taken == [(PUBLISH, b"t", b"p" * n), TRAILED]
            assert server.oversized == 0


def test_a_remaining_length_in_more_bytes_than_needed():
    server = Server().send(b"\x30\x84\x00\x00\x01tx").send(b"\x30\x84\x80\x80\x00\x00\x01ty", 1)
    assert server.taken == [(PUBLISH, b"t", b"x"), (PUBLISH, b"t", b"y")]


def refused(data):
    """Insist that the bytes are refused, in one piece or many, and no later than with the last byte."""
    error = raises(MQTTError, Server().send, data)
    assert error.args[0] and isinstance(error.args[1], int), data
    raises(MQTTError, Server().send, data, 1)
    raises(MQTTError, Server().send, publish(b"t", b"x") + data)


def test_a_remaining_length_of_more_than_four_bytes_is_refused():
    for first in (0x20, 0x30, 0x32, 0xD0):
        for length in (b"\xff\xff\xff\xff\x01", b"\x80\x80\x80\x80\x00", b"\xff\xff\xff\xff\xff"):
            refused(bytes([first]) + length)


def test_publish_of_quality_2_is_refused():
    for first in (0x34, 0x36, 0x3C, 0x3E, 0x35, 0x37):
        refused(packet(first, two(1) + b"t" + two(5) + b"x"))


def test_packets_that_only_clients_send_are_refused():
    for first in (0x10, 0x80, 0x82, 0xA0, 0xA2, 0xC0, 0xE0):
        for body in (b"", b"\x00\x01", b"\x00\x01\x00\x01a\x00", b"x" * 20):
            refused(packet(first, body))


def test_packets_of_quality_2_are_refused():
    for first in (0x50, 0x60, 0x62, 0x70):
        refused(packet(first, two(1)))


def test_types_that_do_not_exist_are_refused():
    for first in (0x00, 0x0F, 0xF0, 0xFF):
        refused(packet(first))
        refused(packet(first, two(1)))


def test_packets_of_a_wrong_length_are_refused():
    for first, lengths in ((0x20, (0, 1, 3)), (0x40, (0, 1, 3)), (0x90, (0, 1, 2)), (0xB0, (0, 1, 3)), (0xD0, (1, 2))):
        for n in lengths:
            refused(packet(first, b"\x00" * n))


def test_publishes_too_short_for_what_they_announce_are_refused():
    for data in (
        packet(0x30),
        packet(0x30, b"\x00"),
        packet(0x30, two(1)),
        packet(0x30, two(5) + b"four"),
        packet(0x30, two(65535) + b"x" * 50),
        packet(0x32),
        packet(0x32, b"\x00"),
        packet(0x32, two(1) + b"t"),
        packet(0x32, two(1) + b"t\x00"),
        packet(0x32, two(65535) + b"x" * 50),
    ):
        refused(data)
        refused(data + TRAILER)


def test_reserved_flags_are_refused():
    for first, body in ((0x21, two(0)), (0x42, two(1)), (0x92, two(1) + b"\x00"), (0xB1, two(1)), (0xD8, b"")):
        refused(packet(first, body))


def test_a_refused_packet_is_not_acknowledged():
    server = Server()
    raises(MQTTError, server.send, packet(0x32, two(65535) + b"x" * 50))
    assert server.took == b"" and server.deliver() == b""

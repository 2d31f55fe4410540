"""The CBOR writer: shortest heads, exact floats, and the end of its buffer."""

from arduino_iot_cloud.cbor import Writer
from arduino_iot_cloud.cbor_item import Simple, Tag, dumps, loads, write
from portable_assert import raises

NUMBERS = (
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (255, "18ff"),
    (256, "190100"),
    (65535, "19ffff"),
    (65536, "1a00010000"),
    (0x3FFFFFFF, "1a3fffffff"),
    (0x40000000, "1a40000000"),
    (0x7FFFFFFF, "1a7fffffff"),
    (0x80000000, "1a80000000"),
    (0xFFFFFFFF, "1affffffff"),
    (0x100000000, "1b0000000100000000"),
    (0x7FFFFFFFFFFFFFFF, "1b7fffffffffffffff"),
    (0x8000000000000000, "1b8000000000000000"),
    (0xFFFFFFFFFFFFFFFF, "1bffffffffffffffff"),
)
SINGLES = (
    (0.0, "00000000"),
    (-0.0, "80000000"),
    (1.0, "3f800000"),
    (1.5, "3fc00000"),
    (20.25, "41a20000"),
    (-300.0, "c3960000"),
    (16777216.0, "4b800000"),
    (16777218.0, "4b800001"),
    (2.0**-126, "00800000"),
    (2.0**-149, "00000001"),
    (-(2.0**-149), "80000001"),
    (2.0**-126 - 2.0**-149, "007fffff"),
    (3.4028234663852886e38, "7f7fffff"),
    (-3.4028234663852886e38, "ff7fffff"),
    (float("inf"), "7f800000"),
    (float("-inf"), "ff800000"),
)
DOUBLES = (
    (0.1, "3fb999999999999a"),
    (1.1, "3ff199999999999a"),
    (16777217.0, "4170000010000000"),
    (2.0**-150, "3690000000000000"),
    (2.0**-149 * 1.5, "36a8000000000000"),
    (2.0**-1074, "0000000000000001"),
    (2.0**128, "47f0000000000000"),
    (3.4028235677973366e38, "47effffff0000000"),  # a single would round it to infinity
    (-(2.0**1000), "fe70000000000000"),
    (1.7976931348623157e308, "7fefffffffffffff"),
)


def scalar(value):
    writer = Writer(bytearray(64))
    writer.scalar(value)
    return bytes(writer.buf[: writer.pos])


def test_heads_are_the_shortest_for_every_major_type():
    for number, text in NUMBERS:
        expected = bytes.fromhex(text)
        for major in range(8):
            writer = Writer(bytearray(9))
            writer.head(major, number)
            assert writer.pos == len(expected)
            assert bytes(writer.buf[: writer.pos]) == bytes([expected[0] | major << 5]) + expected[1:], (number, major)


def test_integers_are_the_shortest():
    for number, text in NUMBERS:
        assert scalar(number) == dumps(number) == bytes.fromhex(text)
        negative = bytes([bytes.fromhex(text)[0] | 0x20]) + bytes.fromhex(text)[1:]
        assert scalar(-1 - number) == dumps(-1 - number) == negative
        assert loads(negative) == -1 - number


def test_integers_beyond_64_bits_are_refused():
    for number in (2**64, 2**64 + 1, 2**100, -(2**64) - 1, -(2**100)):
        assert "64 bits" in str(raises(ValueError, scalar, number))
        raises(ValueError, dumps, number)
    raises(ValueError, Writer(bytearray(9)).head, 2, 2**64)


def test_floats_are_singles_where_that_is_exact():
    for value, text in SINGLES:
        assert scalar(value) == bytes.fromhex("fa" + text), value
    for value, text in DOUBLES:
        assert scalar(value) == bytes.fromhex("fb" + text), value


def test_not_a_number_is_a_single_that_is_read_as_such():
    data = scalar(float("nan"))
    assert data[0] == 0xFA and len(data) == 5
    value = loads(data)
    assert value != value


def test_floats_stay_floats():
    for value in (0.0, 1.0, -1.0, 20.0, 2.0**64):
        assert type(loads(scalar(value))) is float
        assert type(loads(dumps(value))) is float


def test_half_floats_where_exact_for_whole_items():
    for value, text in (
        (2.0**-24, "f90001"),
        (2.0**-25, "fa33000000"),
        (2.0**-24 * 1023, "f903ff"),
        (2.0**-24 * 1023.5, "fa387fe000"),
        (2.0**-14, "f90400"),
        (1.0009765625, "f93c01"),
        (1.00048828125, "fa3f801000"),
        (65504.0, "f97bff"),
        (65505.0, "fa477fe100"),
        (65536.0, "fa47800000"),
        (-2.5, "f9c100"),
    ):
        assert dumps(value) == bytes.fromhex(text), value


def test_bool_is_no_integer():
    assert scalar(True) == dumps(True) == b"\xf5"
    assert scalar(False) == dumps(False) == b"\xf4"


def test_text_is_counted_in_bytes():
    for text in ("", "a", "x" * 23, "x" * 24, "\u00fc" * 12, "\u20ac", "\U0001f600" * 6, "x" * 255, "x" * 256, "\0"):
        writer = Writer(bytearray(300))
        writer.scalar(text)
        assert loads(bytes(writer.buf[: writer.pos])) == text


def test_bytes_from_any_bytes_like():
    for kind in (bytes, bytearray, memoryview):
        assert dumps(kind(b"abc")) == b"\x43abc"


def test_tuples_are_arrays():
    assert dumps((1, (2, 3))) == dumps([1, [2, 3]]) == b"\x82\x01\x82\x02\x03"


def test_types_that_cbor_does_not_have_are_named():
    for value in ({1}, object(), range(3), len, 1j):
        assert type(value).__name__ in str(raises(TypeError, dumps, value))
        raises(TypeError, dumps, [value])


def test_simple_values_that_do_not_exist_are_refused():
    for number in (24, 31, 256, 300, -1):
        raises(ValueError, dumps, Simple(number))


def test_tags_that_do_not_exist_are_refused():
    raises(ValueError, dumps, Tag(2**64, 0))
    raises(ValueError, dumps, Tag(-1, 0))


def test_what_does_not_fit_is_counted_and_not_written():
    def write_all(writer):
        writer.head(5, 2)
        writer.scalar(1000)
        writer.scalar("text")
        writer.scalar(-5)
        writer.scalar(0.1)
        writer.raw(b"\x01\x02\x03")
        writer.scalar(True)
        write(writer, [None, b"xy", 1.5, Tag(70000, Simple(99))])

    whole = Writer(bytearray(80))
    write_all(whole)
    before = 0
    for size in range(whole.pos + 3):
        buf = bytearray(b"\xee" * size)
        writer = Writer(buf)
        write_all(writer)
        assert writer.pos == whole.pos, size
        assert len(buf) == size
        written = 0
        while written < size and buf[written] == whole.buf[written] and written < whole.pos:
            written += 1
        assert buf[written:] == b"\xee" * (size - written), size
        assert written >= before
        before = written
    assert written == whole.pos


def test_writing_starts_where_it_is_told():
    buf = bytearray(b"\xee" * 10)
    writer = Writer(buf, 4)
    writer.scalar(1000)
    assert (buf, writer.pos) == (bytearray(b"\xee\xee\xee\xee\x19\x03\xe8\xee\xee\xee"), 7)
    writer.raw(b"\x01\x02\x03")
    assert (buf[7:], writer.pos) == (b"\x01\x02\x03", 10)
    writer.scalar(7)
    assert (len(buf), writer.pos) == (10, 11)
    writer.pos = 0
    writer.scalar(7)
    assert (buf[0], writer.pos) == (7, 1)


def test_an_empty_buffer_only_counts():
    writer = Writer(b"")
    for value in (0, 1000, 0.5, 0.1, "abc", True, -(2**40)):
        writer.scalar(value)
    assert writer.pos == 1 + 3 + 5 + 9 + 4 + 1 + 9

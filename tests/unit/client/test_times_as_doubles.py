"""Times as doubles, as the cloud sends them: exact to the second, even if floats are singles."""

from arduino_iot_cloud.senml import Records

# The bits of a double, and the time that they mean.
DOUBLES = (
    (0x41D7194F6E800000, 1550138810),
    (0x41D954FC40300000, 1700000000),  # .75
    (0x4278BCFE5687B000, 1700000000),  # in milliseconds: 1700000000123
    (0x405EDD2F1A9FBE77, 123),  # .456
    (0x3FEFFFFFFFFFFFFF, 0),  # nearly 1
    (0x0000000000000000, 0),
    (0x8000000000000000, 0),
    (0xC014000000000000, -5),
)
INFINITE = (0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000)


def time_of(base, time=b"\x00"):
    """The time of a record with this base time (the bits of a double) and this time (encoded)."""
    records = Records()
    data = b"\x81\xa4\x22\xfb" + base.to_bytes(8, "big") + b"\x06" + time + b"\x00\x61a\x02\x01"
    records.open(data, 0, len(data))
    assert records.next()
    return records.time


def test_the_base_time():
    for bits, expected in DOUBLES:
        found = time_of(bits)
        assert found == expected and type(found) is int, (hex(bits), found)


def test_a_time_of_any_kind_is_added_to_it():
    for time, expected in (
        (b"\x07", 7),
        (b"\x26", -7),
        (b"\xf9\x00\x00", 0),
        (b"\xf9\x40\x80", 2),  # .25
        (b"\xfa\x40\xe0\x00\x00", 7),
        (b"\xfb\x40\x1c\x00\x00\x00\x00\x00\x00", 7),
    ):
        assert time_of(0x41D7194F6E800000, time) == 1550138810 + expected, time


def test_what_is_no_number_is_no_time():
    for bits in INFINITE:
        assert time_of(bits) == 0
        assert time_of(0x41D7194F6E800000, b"\xfb" + bits.to_bytes(8, "big")) == 0

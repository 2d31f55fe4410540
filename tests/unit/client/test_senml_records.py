"""SenML records on the wire: what is written, what is read, what is refused."""

from collections import OrderedDict

from arduino_iot_cloud.cbor import CBORError, Writer
from arduino_iot_cloud.cbor_item import Simple, Tag, dumps, loads
from arduino_iot_cloud.senml import Records, label, write_record
from portable_assert import raises
from session_rig import record

NAN = float("nan")
INFINITY = float("inf")


def read(payload):
    """[(name, value, time)] of a pack in the middle of a buffer."""
    records = Records()
    records.open(b"\x00\xff" + payload + b"\x00\xff", 2, 2 + len(payload))
    found = []
    while records.next():
        found.append((records.name, records.value, records.time))
    return found


def one(*pairs):
    """The only record of a pack whose map has these pairs."""
    return read(dumps([OrderedDict(pairs)]))[0]


def refused(payload):
    error = raises(CBORError, read, payload)
    assert error.args[0] and 2 <= error.args[1] <= 2 + len(payload), error


def write(name, value, time=0):
    writer = Writer(bytearray(300))
    write_record(writer, label(name), value, time)
    return bytes(writer.buf[: writer.pos])


def test_records_are_maps_of_name_and_value():
    for value, key in ((5, 2), (-5, 2), (2.5, 2), ("text", 3), ("", 3), (True, 4), (False, 4)):
        assert write("n", value)[:5] == b"\xa2\x00\x61n" + bytes([key])
        fields = loads(write("n", value))
        assert fields == {0: "n", key: value} and type(fields[key]) is type(value)


def test_a_time_follows_the_value():
    assert write("n", 1, 1700000000) == b"\xa3\x00\x61n\x02\x01\x06\x1a\x65\x53\xf1\x00"
    assert loads(write("n", True, 2**32)) == {0: "n", 4: True, 6: 2**32}


def test_names_may_be_long_or_not_ascii_or_numbers():
    lengths = ["x" * n for n in (1, 23, 24, 64, 255, 256)]
    for name in lengths + ["\u00fc" * 30, "\U0001f600" * 20, "a:b", 0, 263, 2**32]:
        assert loads(b"\xa1" + label(name)) == {0: name}


def test_what_is_written_is_read():
    payload = b"\x9f" + write("a", 1) + write("b", "t", 99) + write("c:d", 0.5) + write("e", False) + b"\xff"
    assert read(payload) == [("a", 1, 0), ("b", "t", 99), ("c:d", 0.5, 0), ("e", False, 0)]


def test_definite_and_indefinite_packs_and_records():
    for array, end in ((b"\x82", b""), (b"\x9f", b"\xff"), (b"\x98\x02", b""), (b"\x9b\0\0\0\0\0\0\0\x02", b"")):
        for head, tail in ((b"\xa2", b""), (b"\xbf", b"\xff"), (b"\xb8\x02", b"")):
            payload = array + (head + b"\x00\x61n\x02\x07" + tail) * 2 + end
            assert read(payload) == [("n", 7, 0)] * 2


def test_packs_without_records():
    for payload in (b"\x80", b"\x9f\xff"):
        assert read(payload) == []
    refused(b"")


def test_fields_may_come_in_any_order():
    assert one((6, 9), (2, 1), (0, "n"), (-3, 100)) == ("n", 1, 109)


def test_records_without_a_name_or_a_value():
    assert read(dumps([{0: "n"}, {2: 5}, {}, {-3: 7}])) == [
        ("n", None, 0), (None, 5, 0), (None, None, 0), (None, None, 7)
    ]


def test_numbers_in_every_encoding():
    for text in (
        "07", "1807", "190007", "1a00000007", "1b0000000000000007", "f94700", "fa40e00000", "fb401c000000000000"
    ):
        ((name, value, _),) = read(b"\x81\xa2\x00\x61n\x02" + bytes.fromhex(text))
        assert (name, value) == ("n", 7)


def test_a_base_time_holds_for_the_records_after_it():
    first = [record("a", 1), record("b", 1, 5, 1000), record("c", 1)]
    payload = dumps(first + [record("d", 1, 7), record("e", 1, 1, 2000), record("f", 1)])
    assert read(payload) == [
        ("a", 1, 0), ("b", 1, 1005), ("c", 1, 1000), ("d", 1, 1007), ("e", 1, 2001), ("f", 1, 2000)
    ]


def test_a_base_time_ends_with_its_pack():
    records = Records()
    for payload, time in ((dumps([record("a", 1, None, 1000)]), 1000), (dumps([record("b", 1)]), 0)):
        records.open(payload, 0, len(payload))
        assert records.next() and records.time == time


def test_times_are_cut_to_whole_seconds():
    assert one((-3, 654.321), (6, 123.456), (0, "n"), (2, 1))[2] == 777
    assert one((-3, 1700000000.75), (0, "n"), (2, 1))[2] == 1700000000


def test_a_base_time_in_milliseconds_is_understood():
    for ms in (1700000000123, 1700000000123.0, 1700000000999):
        assert one((-3, ms), (0, "n"), (2, 1))[2] == 1700000000
    assert one((-3, 4102444800), (0, "n"), (2, 1))[2] == 4102444800  # the year 2100, in seconds


def test_times_that_are_none():
    for time in (NAN, INFINITY, -INFINITY):
        assert one((6, time), (0, "n"), (2, 1))[2] == 0
        assert one((-3, time), (6, 5), (0, "n"), (2, 1))[2] == 0
    for time in (2**64 - 1, -(2**64), 1e308, -1e308):
        assert type(one((6, time), (0, "n"), (2, 1))[2]) is int


def test_base_name_base_value_and_version_change_nothing():
    assert one((-1, 10), (-2, "base"), (-5, 100), (-6, 100), (-4, "Cel"), (0, "n"), (2, 1)) == ("n", 1, 0)


def test_unknown_labels_are_skipped_with_whatever_they_hold():
    for value in (0, -1, 1.5, "x", b"x", True, None, Simple(99), [1, [2]], {"a": {1: 2}}, Tag(70000, [1])):
        for key in (1, 5, 7, 8, 99, -7, -100, 2**32, -(2**64)):
            assert one((key, value), (0, "n"), (key, value), (2, 1)) == ("n", 1, 0)
    assert read(bytes.fromhex("81a3187b9f5f4101ff7f6161ffff00616e0201")) == [("n", 1, 0)]


def test_labels_that_are_no_integers_are_refused():
    for key in ("n", "", "0", b"\x00", None, False, True, 0.0, 2.0, 99.0, Simple(99)):
        if key not in (0, 2):  # these are equal to keys that the map has
            refused(dumps([OrderedDict(((0, "n"), (2, 1), (key, 1)))]))
        refused(dumps([OrderedDict(((key, "x"), (2, 1)))]))


def test_fields_of_a_wrong_type_are_refused():
    numbers = (0, -1, 1.5)
    wrong = {
        0: (True, None, 1.5, b"n", ["n"], {}, Simple(99), Tag(70000, "n")),
        2: ("1", True, None, b"1", [1], {}, Simple(99), Tag(70000, 1)),
        3: numbers + (True, None, b"1", ["1"], {}, Simple(99), Tag(70000, "x")),
        4: numbers + ("1", None, b"1", [True], {}, Simple(99), Tag(70000, True)),
        6: ("1", True, None, b"1", [1], {}, Simple(99), Tag(1, 1700000000)),
        -3: ("1", True, None, b"1", [1], {}, Simple(99), Tag(1, 1700000000)),
        -2: numbers + (True, None, b"x", ["x"]),
        -1: (1.5, "1", True, None, b"1", [1]),
    }
    for key in wrong:
        for value in wrong[key]:
            refused(dumps([OrderedDict(((key, value),))]))
            refused(dumps([record("good", 1), OrderedDict(((0, "n"), (2, 1), (key, value)))]))


def test_what_is_no_pack_is_refused():
    for item in (0, -1, 1.5, "x", b"x", True, None, {}, {0: "n", 2: 1}, Simple(99), Tag(70000, [])):
        refused(dumps(item))


def test_records_that_are_no_maps_are_refused():
    for item in (0, -1, 1.5, "x", b"x", True, None, [], [record("n", 1)], Simple(99), Tag(70000, {})):
        refused(dumps([item]))
        refused(dumps([record("n", 1), item]))
        refused(b"\x9f" + dumps(record("n", 1)) + dumps(item) + b"\xff")


def test_bytes_after_the_pack_are_refused():
    for pack in (dumps([record("n", 1)]), b"\x9f" + dumps(record("n", 1)) + b"\xff", b"\x80", b"\x9f\xff"):
        for more in (b"\x00", b"\xff", b"\x80", pack):
            refused(pack + more)


def test_packs_cut_at_any_byte_are_refused():
    records = [record("name:a", 1000, 1700000000, 5), record("b", "text"), record("c", 0.1), record("d", True)]
    definite = dumps(records)
    indefinite = b"\x9f" + definite[1:].replace(b"\xa2", b"\xbf", 1).replace(b"text", b"text\xff") + b"\xff"
    assert read(definite) == read(indefinite)
    for payload in (definite, indefinite):
        for end in range(1, len(payload)):
            refused(payload[:end])


def test_packs_that_promise_more_than_there_is():
    for head in (b"\x82", b"\x98\xff", b"\x9a\xff\xff\xff\xff", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"):
        refused(head + dumps(record("n", 1)))
    for head in (b"\xa3", b"\xb8\xff", b"\xba\xff\xff\xff\xff", b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"):
        refused(b"\x81" + head + dumps(record("n", 1))[1:])


def test_values_nested_too_deeply_are_refused():
    refused(b"\x81\xa2\x00\x61n\x18\x63" + b"\x81" * 60 + b"\x00")


def test_after_a_malformed_pack_the_next_one_is_read():
    records = Records()
    bad = dumps([record("a", 1, 5, 1000), 7])
    good = dumps([record("b", 2)])
    records.open(bad, 0, len(bad))
    assert records.next()
    raises(CBORError, records.next)
    records.open(good, 0, len(good))
    assert records.next() and (records.name, records.value, records.time) == ("b", 2, 0)
    assert not records.next()

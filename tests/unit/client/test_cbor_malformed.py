"""CBOR that is malformed or out of range: always CBORError, with the offset."""

from arduino_iot_cloud.cbor import CBORError, Reader
from arduino_iot_cloud.cbor_item import Tag, loads
from arduino_iot_cloud.port import MICROPYTHON
from portable_assert import raises
from rfc8949_examples import (
    ENDS_IN_HEAD,
    MALFORMED,
    OTHERS,
    RESERVED,
    SHORT_STRINGS,
    SHORTEST,
    STRAY_BREAKS,
    TOO_FEW_ITEMS,
    WITHOUT_BREAK,
    WRONG_CHUNKS,
)

HEAPSIZE = "96wk"


def refused(text):
    """The CBORError for these bytes; insists on an offset inside them."""
    data = bytes.fromhex(text.replace(" ", ""))
    error = raises(CBORError, loads, data)
    why, offset = error.args
    assert isinstance(why, str) and why and 0 <= offset <= len(data), (text, error)
    return error


def all_refused(examples):
    for text in examples:
        refused(text)


def test_cbor_error_is_a_value_error():
    assert isinstance(refused("ff"), ValueError)


def test_ends_inside_a_head():
    all_refused(ENDS_IN_HEAD)


def test_strings_shorter_than_announced():
    all_refused(SHORT_STRINGS)


def test_arrays_maps_and_tags_with_too_few_items():
    all_refused(TOO_FEW_ITEMS)


def test_indefinite_items_without_a_break():
    all_refused(WITHOUT_BREAK)


def test_reserved_heads_and_simple_values():
    all_refused(RESERVED)
    for n in range(32):
        refused("f8%02x" % n)


def test_chunks_that_do_not_belong_into_a_string():
    all_refused(WRONG_CHUNKS)


def test_breaks_outside_of_indefinite_items():
    all_refused(STRAY_BREAKS)


def test_malformed_items_inside_others():
    for text in MALFORMED:
        for front in ("81", "9f", "a100", "c1", "8200"):
            if (front, text) != ("9f", "ff"):
                refused(front + text)


def test_nothing_at_all():
    assert refused("").args[1] == 0


def test_bytes_after_the_item():
    for text, _ in SHORTEST + OTHERS:
        for more in ("00", "ff", "f6"):
            assert refused(text + more).args[1] == len(text) // 2, text


def test_offsets_say_where():
    for text, offset in (
        ("19 01", 0),  # the truncated head
        ("82 00 19 01", 2),
        ("1c", 0),
        ("81 5e", 1),
        ("43 01 02", 1),  # the start of the string
        ("82 00 62 61", 3),
        ("82 18 18", 3),  # where the missing item would be
        ("9f 00", 2),
        ("bf 00", 2),
        ("5f 41 00", 3),
        ("5f 41 00 61 61 ff", 3),  # the wrong chunk
        ("82 00", 1),  # the start of the items, since they cannot all be there
        ("9a ff ff ff ff 00", 5),
        ("82 00 61 ff", 3),  # the start of the text
        ("a1 80 00", 1),  # the key
    ):
        assert refused(text).args[1] == offset, (text, refused(text))


def test_lengths_beyond_the_end_are_refused_without_taking_memory():
    lengths = (
        "1affffff00", "1a7fffffff", "1a80000000", "1b0000000100000000", "1b7fffffffffffffff", "1bffffffffffffffff"
    )
    for length in lengths:
        for major in (2, 3, 4, 5):
            head = "%02x" % (major << 5 | int(length[:2], 16)) + length[2:]
            for rest in ("", "00", "00" * 40):
                refused(head + rest)
                refused("9f" + head + rest)
                refused("5f" + head + rest)


def test_text_must_be_utf_8():
    wrong = ["80", "bf", "ff", "fe", "c3", "e282", "f09085", "61c3", "c361", "e28261", "6180", "f8888080"]
    if not MICROPYTHON:  # MicroPython's str() accepts overlong forms, lone surrogates and code points beyond U+10FFFF
        wrong += ["c080", "c1bf", "e08080", "eda080", "f4908080"]
    for text in wrong:
        n = len(text) // 2
        assert refused("%02x" % (0x60 | n) + text).args[1] == 1, text
        refused("81%02x" % (0x60 | n) + text)
        refused("7f%02x" % (0x60 | n) + text + "ff")


def test_a_character_is_not_divided_between_chunks():
    refused("7f 61 c3 61 bc ff")
    assert loads(bytes.fromhex("7f62c3bc61 61ff".replace(" ", ""))) == "\u00fca"


def test_chunks_may_be_empty_or_missing():
    assert loads(bytes.fromhex("5fff")) == b""
    assert loads(bytes.fromhex("7fff")) == ""
    assert loads(bytes.fromhex("5f4040ff")) == b""
    assert loads(bytes.fromhex("7f606161ff")) == "a"


def test_containers_nest_eight_deep():
    for front, end in (("81", ""), ("9f", "ff"), ("a100", ""), ("bf00", "ff"), ("c1", "")):
        value = loads(bytes.fromhex(front * 8 + "07" + end * 8))
        for _ in range(8):
            value = value.item if isinstance(value, Tag) else value[0]
        assert value == 7
        error = refused(front * 9 + "07" + end * 9)
        assert error.args[1] == len(front * 8) // 2 + 1, (front, error)
    refused("81" * 5000)
    refused("c1" * 5000)


def test_the_depth_can_be_chosen():
    data = bytes.fromhex("818107")
    assert Reader(data).item(2) == [[7]]
    raises(CBORError, Reader(data).item, 1)
    assert Reader(b"\x07").item(0) == 7
    assert Reader(b"\x61a").item(0) == "a"
    raises(CBORError, Reader(b"\x80").item, 0)


def test_depth_is_that_of_the_nesting_not_of_what_was_read():
    assert len(loads(b"\x98\x64" + b"\x81\x07" * 100)) == 100


def test_containers_and_tags_are_no_keys():
    for key in ("80", "8101", "a0", "9fff", "c100"):
        refused("a1" + key + "00")


def test_keys_may_be_any_scalar():
    for key in ("00", "20", "4161", "6161", "f4", "f6", "f0", "f93e00", "7f6161ff"):
        assert len(loads(bytes.fromhex("a1" + key + "00"))) == 1, key

"""Every example of RFC 8949, Appendix A, in both directions, and cut at every byte."""

from arduino_iot_cloud.cbor import CBORError, Reader, Writer
from arduino_iot_cloud.cbor_item import dumps, loads
from rfc8949_examples import OTHERS, SHORTEST, same


def test_examples_are_encoded_in_the_shortest_exact_form():
    for text, value in SHORTEST:
        assert dumps(value) == bytes.fromhex(text), text


def test_examples_are_decoded():
    for text, value in SHORTEST + OTHERS:
        decoded = loads(bytes.fromhex(text))
        assert same(decoded, value), (text, decoded)


def test_examples_are_decoded_from_any_bytes_like():
    for text, value in SHORTEST + OTHERS:
        for kind in (bytearray, memoryview):
            assert same(loads(kind(bytes.fromhex(text))), value), (text, kind)


def test_examples_are_decoded_in_the_middle_of_a_buffer():
    reader = Reader()
    for text, value in SHORTEST + OTHERS:
        data = bytes.fromhex(text)
        reader.open(b"\xff\x1c" + data + b"\xff\x1c", 2, 2 + len(data))
        assert same(reader.item(), value), text
        assert reader.pos == reader.end == 2 + len(data), text


def test_a_reader_takes_items_one_after_the_other():
    everything = b"".join([bytes.fromhex(text) for text, _ in SHORTEST + OTHERS])
    reader = Reader(everything)
    for text, value in SHORTEST + OTHERS:
        assert same(reader.item(), value), text
    assert reader.pos == len(everything)


def test_examples_cut_at_any_byte_are_refused_with_an_offset_in_what_is_left():
    for text, _ in SHORTEST + OTHERS:
        data = bytes.fromhex(text)
        for end in range(len(data)):
            try:
                value = loads(data[:end])
            except CBORError as error:
                why, offset = error.args
                assert isinstance(why, str) and type(offset) is int and 0 <= offset <= end, (text, end, error)
            else:
                raise AssertionError((text, end, value))


def test_the_end_of_a_reader_counts_not_that_of_its_buffer():
    reader = Reader()
    for text, _ in SHORTEST + OTHERS:
        data = bytes.fromhex(text)
        for end in range(len(data)):
            reader.open(data, 0, end)
            try:
                value = reader.item()
            except CBORError as error:
                assert error.args[1] <= end, (text, end, error)
            else:
                raise AssertionError((text, end, value))


def test_scalars_of_messages_are_single_or_double_floats_never_half():
    for text, value in SHORTEST:
        if isinstance(value, (bool, int, float, str)):
            writer = Writer(bytearray(40))
            writer.scalar(value)
            data = bytes(writer.buf[: writer.pos])
            assert same(loads(data), value), text
            if text[:2] == "f9":
                assert data[0] == 0xFA, text
            else:
                assert data == bytes.fromhex(text), text

"""The CBOR codec against cbor2, an independent implementation, in both directions."""

import struct
from collections.abc import Mapping

import cbor2
import pytest
from arduino_iot_cloud.cbor import CBORError, Writer
from arduino_iot_cloud.cbor_item import Simple, Tag, dumps, loads
from hypothesis import example, given, strategies as st
from rfc8949_examples import MALFORMED, OTHERS, SHORTEST, same

PLAIN_TAGS = st.integers(100000, 2**64 - 10)  # cbor2 attaches no meaning to these
integers = st.one_of(
    st.integers(-(2**64), 2**64 - 1),
    st.sampled_from([0, 8, 16, 32, 63, 64]).flatmap(lambda bits: st.integers(-1, 1).map(lambda d: 2**bits + d)),
).filter(lambda n: n < 2**64)
single_floats = st.floats(width=32)
half_floats = st.floats(width=16)
floats = st.one_of(st.floats(), single_floats, half_floats)
simple_values = st.one_of(st.integers(0, 19), st.integers(32, 255)).map(Simple)
hashables = st.one_of(integers, floats.filter(lambda f: f == f), st.text(), st.binary(), st.booleans(), st.none())
scalars = st.one_of(hashables, floats, simple_values)


def nested(children):
    return st.one_of(
        st.lists(children, max_size=5),
        st.dictionaries(hashables, children, max_size=5),
        st.builds(Tag, PLAIN_TAGS, children),
    )


def depth(item):
    if isinstance(item, (list, dict, Tag)):
        inside = [item.item] if isinstance(item, Tag) else item.values() if isinstance(item, dict) else item
        return 1 + max([depth(part) for part in inside], default=0)
    return 0


items = st.recursive(scalars, nested, max_leaves=20).filter(lambda item: depth(item) <= 8)


def to_cbor2(item):
    """Our item in cbor2's classes."""
    if isinstance(item, Tag):
        return cbor2.CBORTag(item.number, to_cbor2(item.item))
    if isinstance(item, Simple):
        return cbor2.CBORSimpleValue(item.number)
    if isinstance(item, list):
        return [to_cbor2(part) for part in item]
    if isinstance(item, dict):
        return {to_cbor2(key): to_cbor2(item[key]) for key in item}
    return item


def from_cbor2(item):
    """An item of cbor2's in our classes."""
    if isinstance(item, cbor2.CBORTag):
        return Tag(item.tag, from_cbor2(item.value))
    if isinstance(item, cbor2.CBORSimpleValue):
        return Simple(item.value)
    if item is cbor2.undefined:
        return Simple(23)
    if isinstance(item, (list, tuple)):
        return [from_cbor2(part) for part in item]
    if isinstance(item, Mapping):
        return {from_cbor2(key): from_cbor2(item[key]) for key in item}
    return item


@given(items)
def test_cbor2_reads_what_we_write(item):
    assert same(from_cbor2(cbor2.loads(dumps(item))), item)


@given(items)
def test_we_read_what_cbor2_writes(item):
    assert same(loads(cbor2.dumps(to_cbor2(item))), item)


@given(items)
def test_what_cbor2_writes_canonically_we_write_the_same(item):
    canonical = cbor2.dumps(to_cbor2(item), canonical=True)
    assert dumps(loads(canonical)) == canonical


@given(scalars)
def test_scalars_are_written_as_cbor2_writes_them_canonically(item):
    assert dumps(item) == cbor2.dumps(to_cbor2(item), canonical=True)


@given(floats)
@example(3.4028234663852886e38)
@example(3.4028235677973366e38)
@example(2.0**-149)
@example(2.0**-150)
def test_floats_of_messages_are_exact_and_single_where_they_can_be(value):
    writer = Writer(bytearray(9))
    writer.scalar(value)
    data = bytes(writer.buf[: writer.pos])
    assert same(cbor2.loads(data), value)
    try:
        exact = value != value or struct.unpack(">f", struct.pack(">f", value))[0] == value
    except OverflowError:
        exact = False
    assert len(data) == (5 if exact else 9)


@st.composite
def encodings(draw, levels=4):
    """Well-formed items in any encoding, also with longer heads than needed and indefinite lengths."""
    kinds = ["int", "float", "string", "simple"] + ["array", "map", "tag"] * bool(levels)
    kind = draw(st.sampled_from(kinds))

    def head(major, n):
        at_least = 0 if n < 24 else 1 if n < 0x100 else 2 if n < 0x10000 else 4 if n < 2**32 else 8
        size = draw(st.sampled_from([s for s in (0, 1, 2, 4, 8) if s >= at_least]))
        if not size:
            return bytes([major << 5 | n])
        return bytes([major << 5 | 24 + (1, 2, 4, 8).index(size)]) + n.to_bytes(size, "big")

    if kind == "int":
        return head(draw(st.integers(0, 1)), draw(st.integers(0, 2**64 - 1)))
    if kind == "float":
        size = draw(st.sampled_from((2, 4, 8)))
        return bytes([0xF8 + (2, 4, 8).index(size) + 1]) + draw(st.binary(min_size=size, max_size=size))
    if kind == "simple":
        return draw(st.sampled_from((b"\xf4", b"\xf5", b"\xf6", b"\xf7", b"\xe0", b"\xf3", b"\xf8\x20", b"\xf8\xff")))
    if kind == "string":
        major = draw(st.integers(2, 3))
        chunk = st.binary(max_size=30) if major == 2 else st.text(max_size=12).map(str.encode)
        if draw(st.booleans()):
            data = draw(chunk)
            return head(major, len(data)) + data
        chunks = draw(st.lists(chunk, max_size=3))
        return bytes([major << 5 | 31]) + b"".join([head(major, len(data)) + data for data in chunks]) + b"\xff"
    if kind == "tag":
        return head(6, draw(PLAIN_TAGS)) + draw(encodings(levels - 1))
    major = 4 if kind == "array" else 5
    key = st.integers(0, 2**64 - 1).map(lambda n: b"\x1b" + n.to_bytes(8, "big"))
    element = encodings(levels - 1) if major == 4 else st.builds(bytes.__add__, key, encodings(levels - 1))
    elements = draw(st.lists(element, max_size=4))
    if draw(st.booleans()):
        return head(major, len(elements)) + b"".join(elements)
    return bytes([major << 5 | 31]) + b"".join(elements) + b"\xff"


@given(encodings())
def test_every_encoding_is_read_as_cbor2_reads_it(data):
    assert same(loads(data), from_cbor2(cbor2.loads(data)))


@given(encodings(), st.data())
def test_every_encoding_is_refused_when_cut(data, choose):
    end = choose.draw(st.integers(0, len(data) - 1))
    with pytest.raises(CBORError) as caught:
        loads(data[:end])
    assert 0 <= caught.value.args[1] <= end


def has_tag(item):
    if isinstance(item, dict):
        return any(has_tag(item[key]) for key in item)
    return isinstance(item, Tag) or isinstance(item, list) and any(map(has_tag, item))


def agree(data):
    """Insist that both read the same from the bytes, or that both refuse them."""
    try:
        ours = loads(data)
    except CBORError as error:
        if error.args[0] in ("bytes after the item", "nested too deeply", "map key of a container type"):
            return  # cbor2 may accept these
        with pytest.raises((cbor2.CBORDecodeError, ValueError)):
            cbor2.loads(data)
    else:
        if not has_tag(ours):  # cbor2 converts tags for dates, fractions and so on
            assert same(ours, from_cbor2(cbor2.loads(data)))


@given(st.binary(max_size=40))
def test_arbitrary_bytes_are_read_or_refused_as_by_cbor2(data):
    agree(data)


@given(encodings(2), st.data())
def test_bytes_with_a_mistake_are_read_or_refused_as_by_cbor2(data, choose):
    at = choose.draw(st.integers(0, len(data) - 1))
    data = bytearray(data)
    data[at] = choose.draw(st.integers(0, 255))
    agree(bytes(data))


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_examples_are_refused_by_both(text):
    agree(bytes.fromhex(text))


@pytest.mark.parametrize(("text", "value"), SHORTEST + OTHERS)
def test_examples_are_read_by_both_alike(text, value):
    agree(bytes.fromhex(text))

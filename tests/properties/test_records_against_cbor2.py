"""SenML packs against cbor2, an independent implementation, in both directions."""

import struct

import cbor2
from arduino_iot_cloud.cbor import CBORError, Writer
from arduino_iot_cloud.senml import Records, label, write_record
from hypothesis import given, strategies as st

names = st.one_of(st.text(max_size=40), st.integers(0, 2**16))
values = st.one_of(
    st.integers(-(2**64), 2**64 - 1), st.floats(), st.floats(width=32), st.booleans(), st.text(max_size=300)
)
times = st.integers(1, 2**33)
unknown = st.dictionaries(
    st.one_of(st.integers(7, 300), st.integers(-300, -4)),
    st.one_of(st.integers(), st.text(), st.binary(), st.lists(st.integers()), st.floats(), st.none()),
    max_size=2,
)


def same(a, b):
    return type(a) is type(b) and (a == b and str(a) == str(b) or a != a and b != b)


def read(payload):
    records = Records()
    records.open(payload, 0, len(payload))
    found = []
    while records.next():
        found.append((records.name, records.value, records.time))
    return found


@given(st.lists(st.tuples(names, values, st.one_of(st.just(0), times)), max_size=8))
def test_cbor2_reads_what_we_write(written):
    writer = Writer(bytearray(20000))
    writer.raw(b"\x9f")
    for name, value, time in written:
        write_record(writer, label(name), value, time)
    writer.raw(b"\xff")
    decoded = cbor2.loads(bytes(writer.buf[: writer.pos]))
    assert len(decoded) == len(written)
    for fields, (name, value, time) in zip(decoded, written):
        key = 4 if isinstance(value, bool) else 3 if isinstance(value, str) else 2
        assert list(fields) == [0, key] + [6] * bool(time)
        assert fields[0] == name and same(fields[key], value) and fields.get(6, 0) == time


@st.composite
def packs(draw):
    """(pack for cbor2, records that our reader must return)."""
    pack = []
    expected = []
    base = 0
    for name, value in draw(st.lists(st.tuples(names, values), max_size=6)):
        fields = {0: name, 4 if isinstance(value, bool) else 3 if isinstance(value, str) else 2: value}
        time = 0
        if draw(st.booleans()):
            fields[6] = time = draw(times)
        if draw(st.booleans()):
            fields[-3] = base = draw(times)
        if draw(st.booleans()):
            fields[-2] = draw(st.text(max_size=5))
        fields.update(draw(unknown))
        pack.append({key: fields[key] for key in draw(st.permutations(list(fields)))})
        expected.append((name, value, base + time))
    return pack, expected


@given(packs(), st.booleans())
def test_we_read_what_cbor2_writes(made, canonical):
    pack, expected = made
    found = read(cbor2.dumps(pack, canonical=canonical))
    assert len(found) == len(expected)
    for (name, value, time), (name_before, value_before, time_before) in zip(found, expected):
        assert name == name_before and same(value, value_before)
        assert time == time_before


@given(packs(), st.data())
def test_no_beginning_of_a_pack_is_a_pack(made, choose):
    payload = cbor2.dumps(made[0])
    end = choose.draw(st.integers(1, len(payload)))
    try:
        read(payload[:end])
    except CBORError as error:
        assert 0 <= error.args[1] <= end
    else:
        assert end == len(payload)


@given(st.floats())
def test_single_floats_are_used_where_they_are_exact(value):
    writer = Writer(bytearray(40))
    write_record(writer, label("n"), value)
    try:
        exact = value != value or struct.unpack(">f", struct.pack(">f", value))[0] == value
    except OverflowError:
        exact = False
    assert writer.pos == 5 + (5 if exact else 9)

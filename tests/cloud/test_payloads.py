"""CBOR and SenML from devices: what is accepted, joined, refused, whatever the bytes are."""

import math

import cbor2
import pytest
from hypothesis import given, strategies as st
from localcloud.protocol import cbor, commands, senml
from localcloud.protocol.cbor import MalformedPayload
from localcloud.protocol.senml import Update

NOW = 1_800_000_000.0


def updates(records, now=NOW):
    return senml.decode(cbor2.dumps(records), now).updates


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused_and_nothing_else(data):
    for decode in (cbor.decode, commands.decode, lambda payload: senml.decode(payload, NOW)):
        try:
            decode(data)
        except MalformedPayload:
            pass


numbers = st.integers(-(2**63), 2**64 - 1) | st.floats()
items = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=20) | st.binary(max_size=20),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4)
    ),
    max_leaves=12,
)


@given(items)
def test_items_of_cbor2_are_decoded_to_what_they_were(item):
    try:
        decoded = cbor.decode(cbor2.dumps(item))
    except MalformedPayload as error:
        assert "nested deeper" in str(error)
        return
    assert repr(decoded) == repr(item)


@given(items)
def test_every_proper_prefix_of_an_item_is_refused(item):
    data = cbor2.dumps(item)
    for length in range(len(data)):
        with pytest.raises(MalformedPayload):
            cbor.decode(data[:length])


@pytest.mark.parametrize(
    "payload",
    [
        b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",  # decimal fraction 10**9223372036854775807
        b"\xd8\x23\x65(a+)+",  # regular expression
        b"\x81" * 100 + b"\x00",  # nesting
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",  # an array of 2**64-1 items
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",  # a byte string of 2**64-1 bytes
        b"\xbf\xff\x00",  # bytes left over
        b"\x62\xff\xfe",  # text that is not UTF-8
    ],
)
def test_hostile_items_are_refused(payload):
    with pytest.raises(MalformedPayload):
        cbor.decode(payload)


def test_base_name_joins_until_the_next_one():
    assert updates([{-2: "a", 0: "x", 2: 1}, {0: "y", 2: 2}, {-2: "", 0: "z", 2: 3}]) == [
        Update("ax", 1),
        Update("ay", 2),
        Update("z", 3),
    ]


def test_base_value_is_added():
    assert updates([{-5: 20, 0: "t", 2: 1.5}, {0: "u", 2: -1}]) == [Update("t", 21.5), Update("u", 19)]


@pytest.mark.parametrize(
    "base, time, expected",
    [
        (None, None, None),
        (1_700_000_000, None, 1_700_000_000),
        (1_700_000_000, 5, 1_700_000_005),
        (1_700_000_000, -5, 1_699_999_995),
        (1_700_000_000_500, None, 1_700_000_000.5),
        (None, 1_700_000_000.25, 1_700_000_000.25),
        (None, -10, NOW - 10),
        (NOW + 5000, None, NOW),
        (None, 0, None),
    ],
)
def test_times_are_in_seconds_or_milliseconds_absolute_or_relative_and_never_ahead(base, time, expected):
    record = {0: "n", 2: 1}
    if base is not None:
        record[-3] = base
    if time is not None:
        record[6] = time
    assert updates([record])[0].time == expected


def test_base_time_carries_over_to_later_records():
    first, second = updates([{-3: 1_700_000_000, 0: "a", 2: 1}, {0: "b", 2: 2, 6: 3}])
    assert (first.time, second.time) == (1_700_000_000, 1_700_000_003)


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_no_time_is_refused(time):
    with pytest.raises(MalformedPayload):
        updates([{0: "n", 2: 1, 6: time}])


def test_attributes_become_one_value_in_any_order():
    records = [{0: "l:hue", 2: 1.0}, {0: "x", 2: 5}, {0: "l:swi", 4: True}]
    assert updates(records) == [Update("l", {"hue": 1.0, "swi": True}), Update("x", 5)]


def test_a_repeated_attribute_starts_a_new_value():
    records = [{0: "l:lat", 2: 1}, {0: "l:lon", 2: 2}, {0: "l:lat", 2: 3}, {0: "l:lon", 2: 4}]
    assert [update.value for update in updates(records)] == [{"lat": 1, "lon": 2}, {"lat": 3, "lon": 4}]


def test_labels_may_be_text():
    assert updates([{"bn": "a", "n": "b", "v": 2, "zzz": 1}]) == [Update("ab", 2)]


def test_a_record_without_value_gives_only_its_base():
    assert updates([{-2: "a"}, {0: "b", 2: 1}]) == [Update("ab", 1)]


def test_the_request_for_last_values_is_no_value():
    message = senml.decode(cbor2.dumps([{0: "r:m", 3: "getLastValues"}, {0: "n", 2: 1}]), NOW)
    assert message.asks_last_values and message.updates == [Update("n", 1)]


@pytest.mark.parametrize(
    "record", [{2: 1}, {0: "", 2: 1}, {0: "n" * 200, 2: 1}, {-2: 5, 0: "n", 2: 1}, {0: "n", 4: 1}]
)
def test_records_that_make_no_sense_are_refused(record):
    with pytest.raises(MalformedPayload):
        updates([record])


def test_too_many_properties_are_refused():
    with pytest.raises(MalformedPayload):
        updates([{0: "n%d" % index, 2: 1} for index in range(1000)])


def test_what_is_written_is_a_definite_array_with_integer_labels_and_adjacent_attributes():
    payload = senml.encode([Update("l", {"swi": True, "bri": 5.0}, 1_700_000_000.0), Update("s", "x")])
    assert payload[0] == 0x83
    assert cbor2.loads(payload) == [
        {-3: 1_700_000_000.0, 0: "l:swi", 4: True},
        {0: "l:bri", 2: 5.0},
        {0: "s", 3: "x"},
    ]


def test_floats_are_written_as_doubles_since_device_libraries_read_no_half_floats():
    assert b"\xfb" in senml.encode([Update("t", 1.5)])


def test_ota_progress_may_state_its_state_as_simple_value_or_integer():
    for state in (b"\xe5", b"\x05"):
        payload = b"\xda\x00\x01\x02\x00\x84\x50" + bytes(16) + state + b"\x00\x00"
        assert commands.decode(payload).parameters["state"] == 5

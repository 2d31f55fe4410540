"""Device commands beyond the published vectors: parameters, their limits, their order."""

from arduino_iot_cloud.cbor import CBORError
from arduino_iot_cloud.cbor_item import Simple, Tag, dumps, loads
from arduino_iot_cloud.session.commands import decode, encode
from portable_assert import raises

UP = (
    ("OtaBegin", 0x010000),
    ("OtaProgress", 0x010200),
    ("ThingBegin", 0x010300),
    ("LastValuesBegin", 0x010500),
    ("DeviceBegin", 0x010700),
    ("TimezoneUp", 0x010800),
    ("DeviceNetConfig", 0x011100),
    ("WiFiFWVersion", 0x012014),
)
DOWN = (
    ("ThingUpdate", 0x010400, ["thing"]),
    ("ThingDetach", 0x011000, ["thing"]),
    ("LastValuesUpdate", 0x010600, [b"\x80"]),
    ("TimezoneDown", 0x010900, [3600, 1900000000]),
    ("OtaUpdate", 0x010100, [b"i" * 16, "https://example.org/f", b"a" * 32, b"b" * 32]),
)


def read(payload):
    return list(decode(payload, 0, len(payload)))


def refused(payload):
    error = raises(CBORError, decode, payload, 0, len(payload))
    assert error.args[0] and 0 <= error.args[1] <= len(payload), error


def test_commands_are_a_tag_and_an_array():
    for name, tag in UP:
        assert encode(name) == b"\xda" + dumps(tag)[1:] + b"\x80"
        item = loads(encode(name, b"bytes", 1, "text"))
        assert item.number == tag and len(item.item) == 3


def test_parameters_keep_their_types():
    values = [0, 23, 24, -1, -300, 2**32, 2**64 - 1, "", "text", "\u00fc", "x" * 300, b"", b"bytes", b"x" * 300]
    assert loads(encode("DeviceBegin", *values)) == Tag(0x010700, values)


def test_the_state_of_an_update_is_a_simple_value():
    for state in range(10):
        assert loads(encode("OtaProgress", b"id", state, 5, 6)).item == [b"id", Simple(state), 5, 6]


def test_unknown_names_are_refused():
    for name in ("", "Nothing", "thingbegin", "ThingBegin "):
        raises(KeyError, encode, name)


def test_commands_that_come_down():
    for name, tag, params in DOWN:
        assert read(dumps(Tag(tag, params))) == [name] + params


def test_parameters_beyond_the_known_are_ignored():
    for name, tag, params in DOWN:
        assert read(dumps(Tag(tag, params + [7, "x", [1]]))) == [name] + params


def test_parameters_in_an_indefinite_array():
    for name, tag, params in DOWN:
        payload = dumps(Tag(tag, []))[:5] + b"\x9f" + b"".join([dumps(param) for param in params]) + b"\xff"
        assert read(payload) == [name] + params
        refused(dumps(Tag(tag, []))[:5] + b"\x9f" + b"".join([dumps(param) for param in params[:-1]]) + b"\xff")


def test_every_missing_parameter_is_refused():
    for name, tag, params in DOWN:
        for n in range(len(params)):
            refused(dumps(Tag(tag, params[:n])))


def test_every_parameter_of_a_wrong_type_is_refused():
    for name, tag, params in DOWN:
        for i in range(len(params)):
            for wrong in (7, -7, 1.5, True, None, "x", b"x", [], {}, Simple(99), Tag(70000, params[i])):
                if type(wrong) is not type(params[i]):
                    refused(dumps(Tag(tag, params[:i] + [wrong] + params[i + 1 :])))


def test_lengths_at_their_limits():
    for tag in (0x010400, 0x011000):
        for text in ("", "x", "x" * 36, "\u00fc" * 18):
            assert read(dumps(Tag(tag, [text])))[1] == text
        for text in ("x" * 37, "\u00fc" * 19, "x" * 300):
            refused(dumps(Tag(tag, [text])))
    for n in (0, 1, 15, 16):
        assert read(dumps(Tag(0x010100, [b"i" * n, "u", b"a" * 32, b"b" * 32])))[1] == b"i" * n
    for n in (17, 32):
        refused(dumps(Tag(0x010100, [b"i" * n, "u", b"a" * 32, b"b" * 32])))
    for a, b in ((31, 32), (33, 32), (32, 31), (32, 33), (0, 32), (32, 0)):
        refused(dumps(Tag(0x010100, [b"i", "u", b"a" * a, b"b" * b])))
    assert len(read(dumps(Tag(0x010100, [b"i", "u" * 255, b"a" * 32, b"b" * 32])))[2]) == 255
    refused(dumps(Tag(0x010100, [b"i", "u" * 256, b"a" * 32, b"b" * 32])))


def test_last_values_of_any_length():
    for n in (0, 1, 255, 256, 5000):
        assert read(dumps(Tag(0x010600, [b"v" * n])))[1] == b"v" * n


def test_offsets_of_the_time_zone_may_be_negative():
    assert read(dumps(Tag(0x010900, [-43200, 0]))) == ["TimezoneDown", -43200, 0]


def test_commands_for_the_cloud_are_refused():
    for name, tag in UP:
        for params in ([], ["x"], [b"x"], [1, 2]):
            refused(dumps(Tag(tag, params)))


def test_unknown_tags_are_refused():
    for tag in (0, 1, 0x0400, 0x0103FF, 0x010401, 0x010A00, 0x020400, 0xFFFF, 0xFFFFFFFF, 0x100010400, 2**64 - 1):
        refused(dumps(Tag(tag, ["x"])))


def test_what_is_no_command_is_refused():
    for item in (
        0, "x", b"x", ["x"], {}, None, True, 1.5, Tag(0x010400, "x"), Tag(0x010400, {0: "x"}), Tag(0x010400, 7)
    ):
        refused(dumps(item))
    refused(b"")
    refused(dumps(Tag(0x010400, Tag(0x010400, ["x"]))))


def test_commands_promising_more_than_there_is():
    refused(b"\xda\x00\x01\x04\x00\x9b" + b"\xff" * 8)
    refused(b"\xda\x00\x01\x04\x00\x81\x7b" + b"\xff" * 8)
    refused(b"\xda\x00\x01\x06\x00\x81\x5a\x7f\xff\xff\xff\x00")

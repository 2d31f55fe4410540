"""Commands: what Arduino's C++ library sends and accepts, byte by byte, and what it refuses."""

from arduino_iot_cloud.cbor import CBORError
from arduino_iot_cloud.senml import Records
from arduino_iot_cloud.session.commands import decode, encode
from device_vectors import fields, named, plain
from portable_assert import raises
from reports import Reports
from session_rig import COMMAND_DOWN, Rig, variable

PARAMETERS = {
    "OtaBegin": ("sha256",),
    "OtaProgress": ("id", "state", "state_data", "time_us"),
    "OtaUpdate": ("id", "url", "initial_sha256", "final_sha256"),
    "ThingBegin": ("thing_id",),
    "ThingUpdate": ("thing_id",),
    "ThingDetach": ("thing_id",),
    "LastValuesBegin": (),
    "LastValuesUpdate": ("last_values",),
    "DeviceBegin": ("lib_version",),
    "TimezoneUp": (),
    "TimezoneDown": ("offset", "until"),
    "DeviceNetConfig": ("type", "ssid", "appeui", "apn", "login", "ip", "dns", "gateway", "netmask"),
    "WiFiFWVersion": ("version",),
}


def parameters(vector):
    params = vector["params"]
    names = PARAMETERS[vector["message"]]
    assert all([name in names for name in params]), vector["name"]
    return [plain(params[name]) for name in names if name in params]


def test_commands_are_encoded_as_by_the_cpp_library():
    for name, vector, payload in named("command_encode"):
        if vector["message"] == "Custom":  # the library's users can make up their own
            raises(KeyError, encode, "Custom", "abcdef")
            raises(CBORError, decode, payload, 0, len(payload))
        else:
            assert encode(vector["message"], *parameters(vector)) == payload, name


def test_commands_are_decoded():
    for name, vector, payload in named("command_decode"):
        expected = [vector["message"]] + parameters(vector)
        assert list(decode(payload, 0, len(payload))) == expected, name
        assert list(decode(b"\xff\xff" + payload + b"\xff", 2, 2 + len(payload))) == expected, name


def test_commands_cut_at_any_byte_are_refused():
    for name, _, payload in named("command_decode"):
        for end in range(len(payload)):
            error = raises(CBORError, decode, payload, 0, end)
            assert 0 <= error.args[1] <= end, (name, end, error)


def test_last_values_hold_a_pack():
    done = 0
    for name, vector, payload in named("command_decode"):
        if "inner_records" in vector:
            inner = decode(payload, 0, len(payload))[1]
            records = Records()
            records.open(inner, 0, len(inner))
            for one in vector["inner_records"]:
                assert records.next()
                assert (records.name, records.value) == fields(one)[:2], name
                assert records.time == 1700000000, name
            assert not records.next()
            done += 1
    assert done == 1


def test_malformed_commands_are_refused():
    for name, vector, payload in named("malformed"):
        if vector["kind"] == "command":
            error = raises(CBORError, decode, payload, 0, len(payload))
            assert error.args[0] and 0 <= error.args[1] <= len(payload), (name, error)


def test_malformed_commands_have_no_effect_on_the_session():
    for name, vector, payload in named("malformed"):
        if vector["kind"] == "command":
            for rig in (Rig(variable("test", 1)), Rig(variable("test", 1)).sync()):
                session = rig.session
                before = (session.state, session.thing_id, session.topic, session.tz_offset, session.wake)
                with Reports() as reports:
                    rig.tell(COMMAND_DOWN, payload)
                after = (session.state, session.thing_id, session.topic, session.tz_offset, session.wake)
                assert after == before, name
                assert (session.dropped, session.out, rig.wrote) == (1, [], []), name
                assert len(reports.texts) == 1 and reports.levels == [30], name


def test_malformed_packs_are_refused():
    for name, vector, payload in named("malformed"):
        if vector["kind"] == "property":
            records = Records()

            def walk():
                records.open(payload, 0, len(payload))
                while records.next():
                    pass

            error = raises(CBORError, walk)
            assert error.args[0] and 0 <= error.args[1] <= len(payload), (name, error)


def test_malformed_packs_have_no_effect_on_the_session():
    for name, vector, payload in named("malformed"):
        if vector["kind"] == "property":
            rig = Rig(variable("test", 1), variable("empty")).sync()
            with Reports() as reports:
                rig.tell("/a/t/%s/e/i" % rig.session.thing_id, payload)
            assert (rig["test"], rig["empty"], rig.wrote) == (1, None, []), name
            assert rig.session.dropped == len(reports.texts) == 1, name
            rig.write(("test", 2))
            assert rig["test"] == 2, name

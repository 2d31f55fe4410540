"""Values on their way out: what Arduino's C++ library sends, byte by byte."""

from arduino_iot_cloud.cbor import Writer
from arduino_iot_cloud.property.composites import Color, ColoredLight, DimmedLight, Location, Television
from arduino_iot_cloud.property.schedule import Schedule
from arduino_iot_cloud.senml import label, write_record
from device_vectors import fields, named
from reports import Reports
from session_rig import Rig, variable

BUFFER = 256  # the C++ library's
COMPOSITES = (Location, Color, ColoredLight, DimmedLight, Television, Schedule)


def properties(records):
    """The variables that these records come from, in order."""
    names = []
    values = {}
    for one in records:
        name, value, _ = fields(one)
        name, _, attribute = name.partition(":")
        if name not in names:
            names.append(name)
            values[name] = []
        values[name].append((attribute, value))
    made = []
    for name in names:
        if values[name][0][0]:
            attributes = dict(values[name])
            kind = [kind for kind in COMPOSITES if set(kind.KEYS) == set(attributes)][0]
            made.append(kind(name, **attributes))
        else:
            made.append(variable(name, values[name][0][1]))
    return made


def test_records_are_written_as_by_the_cpp_library():
    for name, vector, payload in named("property_encode"):
        if not payload:
            continue
        writer = Writer(bytearray(BUFFER))
        writer.raw(b"\x9f")
        for one in vector["records"]:
            n, value, time = fields(one)
            write_record(writer, label(n), value, time)
        writer.raw(b"\xff")
        assert bytes(writer.buf[: writer.pos]) == payload, name


def test_properties_are_written_as_by_the_cpp_library():
    for name, vector, payload in named("property_encode"):
        if not payload or isinstance(vector["records"][0]["n"], int):  # a number as a name: LoRa only
            continue
        writer = Writer(bytearray(BUFFER))
        writer.raw(b"\x9f")
        for p in properties(vector["records"]):
            p.write(writer, vector["records"][0].get("t", 0))
        writer.raw(b"\xff")
        assert bytes(writer.buf[: writer.pos]) == payload, name


def test_the_session_fills_packets_as_the_cpp_library_does():
    done = 0
    for name, vector, payload in named("property_encode"):
        records = vector["records"]
        if not payload or isinstance(records[0]["n"], int) or "t" in records[0] or "message" in name.partition(", ")[2]:
            continue
        rig = Rig(*properties(records))
        assert rig.payload(BUFFER) == payload, name
        assert rig.payload(BUFFER) == b"", name
        done += 1
    assert done >= 12


def test_what_does_not_fit_goes_into_a_second_message():
    vectors = named("property_encode")
    done = 0
    for name, vector, payload in vectors:
        if not name.endswith("message 1 of 2"):
            continue
        start = name.partition(",")[0]
        second = [other for other in vectors if other[0] == start + ", message 2 of 2"][0]
        rig = Rig(*properties(vector["records"] + second[1]["records"]))
        assert rig.payload(BUFFER) == payload, name
        assert rig.payload(BUFFER) == second[2], name
        assert rig.payload(BUFFER) == b"", name
        done += 1
    assert done == 2


def test_a_text_that_is_too_long_is_not_sent_but_reported():
    done = 0
    for name, vector, payload in named("property_encode"):
        if payload:
            continue
        given = vector["input"]
        rig = Rig(variable(given["property"], "x" * given["text_bytes"]))
        with Reports() as reports:
            assert rig.payload(given["buffer"]) == b"", name
            assert rig.payload(given["buffer"]) == b"", name
        assert len(reports.texts) == 1 and given["property"] in reports
        assert rig.session.dropped == 1
        done += 1
    assert done == 1


def test_a_value_put_back_by_its_callback_is_published():
    vector, payload = [v[1:] for v in named("property_encode") if v[0].startswith("value put back")][0]
    name = vector["records"][0]["n"]
    rig = Rig(variable(name, False)).sync()
    rig.drain()
    rig.session.on_value = lambda p: setattr(p, "value", False)
    rig.write((name, True))
    assert rig[name] is False
    assert rig.payload(BUFFER) == payload

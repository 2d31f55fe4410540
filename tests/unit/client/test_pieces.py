"""Messages larger than the buffer are read record by record; only a record that does not fit by itself is dropped."""

from arduino_iot_cloud.cbor_item import Tag, dumps
from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import ColoredLight, Location
from pieces_rig import Inbound
from policy_rig import ClientRig
from reports import Reports
from seeded import Seeded
from session_rig import (
    COMMAND_DOWN,
    DEVICE_IN,
    LAST_VALUES_UPDATE,
    OTHER,
    SHADOW_IN,
    THING,
    THING_DETACH,
    THING_IN,
    Rig,
    pack,
    record,
    variable,
    written,
)

MANY = [("f%d" % i, i + 0.123) for i in range(60)]
ZONE = [("tz_offset", 3600), ("tz_dst_until", 1900000000)]
PIECES = (1, 7, 100, 100000)


def last_values(topic, payload):
    """The message with last values for a topic."""
    return dumps(Tag(LAST_VALUES_UPDATE, [payload])) if topic == COMMAND_DOWN else payload


def many(*more):
    return Rig(*([variable(name) for name, _ in MANY] + list(more)))


def test_last_values_of_any_size_are_all_taken():
    for buffer in (128, 256, 1024):
        for topic in (COMMAND_DOWN, SHADOW_IN):
            for identifier in (None, 5):
                for at_most in PIECES:
                    rig = many().attach()
                    payload = last_values(topic, pack(*(MANY + ZONE)))
                    Inbound(rig, buffer).publish(topic, payload, identifier, at_most)
                    assert [(name, rig[name]) for name, _ in MANY] == MANY, (buffer, topic, at_most)
                    assert rig.session.tz_offset == 3600 and rig.session.dropped == 0
                    assert rig.session.state == "Connected" and rig.session.ready and rig.syncs == 1
                    assert rig.wrote == [name for name, _ in MANY] and not rig.session.part


def test_definite_and_indefinite_packs_records_and_commands():
    records = [dumps(record(name, value)) for name, value in MANY]
    open_records = [b"\xbf" + one[1:] + b"\xff" for one in records]
    for some in (records, open_records):
        for payload in (b"\x98\x3c" + b"".join(some), b"\x9f" + b"".join(some) + b"\xff"):
            size = len(payload).to_bytes(2, "big")
            for command in (b"\x81\x59" + size + payload, b"\x9f\x5a\0\0" + size + payload + b"\xff",
                            b"\x83\x59" + size + payload + b"\x05" + b"\x78\xff" + b"x" * 255):
                rig = many().attach()
                Inbound(rig, 160).publish(COMMAND_DOWN, b"\xda\x00\x01\x06\x00" + command, None, 50)
                assert rig["f59"] == 59.123 and rig.syncs == 1 and rig.session.dropped == 0
            rig = many().sync()
            Inbound(rig, 160).publish(THING_IN, payload, None, 50)
            assert rig["f59"] == 59.123 and rig.session.dropped == 0


def test_what_comes_in_pieces_is_what_comes_whole():
    names = ("a", "b", "text", "here:lat", "here:lon", "lamp:swi", "lamp:hue", "p", "h", "a:x", "nobody", "tz_offset")
    values = (0, 1, 7, 2.5, -1, True, False, "short", "a longer text " * 3, 1e300)
    times = (None, 5, 1800000000)

    def made():
        rig = ClientRig(
            variable("a", 1), variable("b"), variable("text", ""), Location("here", on_write=written),
            ColoredLight("lamp", swi=False, hue=1, sat=2, bri=3, on_write=written),
            ArduinoCloudObject("p", value=1, on_write=written, publish="change", sync="recent"),
            ArduinoCloudObject("h", value=1, on_write=written, history=50, sync="cloud"),
        )  # fmt: skip
        return rig.attach()

    random = Seeded(5)
    with Reports():
        for _ in range(60 if MICROPYTHON else 300):
            some = [(random.choice(names), random.choice(values), random.choice(times)) for _ in range(9)]
            payload = dumps([record(*one) for one in some] + [{0: "text", 3: "x" * 40}] * 2)
            topic = random.choice((THING_IN, SHADOW_IN, COMMAND_DOWN, DEVICE_IN))
            whole, parts = made(), made()
            whole.tell(topic, last_values(topic, payload))
            Inbound(parts, 128).publish(topic, last_values(topic, payload), None, random.choice(PIECES))
            for name in whole.properties:
                assert whole[name] == parts[name], (name, some)
            assert whole.wrote == parts.wrote and whole.session.dropped == parts.session.dropped
            assert whole.session.state == parts.session.state and whole.syncs == parts.syncs
            assert whole.publish() == parts.publish()


def test_one_record_that_does_not_fit_is_named_and_the_others_are_taken():
    for text in ("x" * 200, "x" * 5000):
        for at_most in PIECES:
            for topic in (COMMAND_DOWN, SHADOW_IN, THING_IN):
                rig = many(variable("note", "old"), variable("z")).attach()
                payload = pack(*(MANY[:30] + [("note", text)] + MANY[30:] + [("z", 5)]))
                with Reports() as reports:
                    Inbound(rig, 160).publish(topic, last_values(topic, payload), 5, at_most)
                assert rig["note"] == "old" and rig["z"] == 5 and rig["f59"] == 59.123
                assert rig.session.dropped == len(reports.warnings) == 1
                assert "'note'" in reports and "buffer=160" in reports


def test_the_longest_value_that_fits_is_taken_and_no_longer_one():
    taken = []
    for n in range(60, 200):
        rig = Rig(variable("note", "old"), variable("z")).sync()
        with Reports():
            Inbound(rig, 160).publish(THING_IN, pack(("note", "x" * n), ("z", 5), ("y", "y" * 200)))
        taken.append(rig["note"] != "old")
        assert rig["z"] == 5
    first = taken.index(False)
    assert taken == [True] * first + [False] * (len(taken) - first)
    assert 60 + first > 160 - 60  # the room beside the head in a packet of that size


def test_a_large_record_whose_parts_are_in_any_order_or_form():
    for large in ({3: "x" * 300, 0: "note"}, {0: "note", 9: {"deep": [1, "y" * 300]}, 3: "new"}, {0: "n" * 300, 2: 1},
                  {0: "note", 9: list(range(300)), 3: "new"}):
        rig = Rig(variable("note", "old"), variable("z"))
        rig.sync()
        with Reports() as reports:
            Inbound(rig, 160).publish(THING_IN, dumps([record("z", 4), large, record("z", 5)]))
        assert rig["note"] == "old" and rig["z"] == 5 and rig.session.dropped == len(reports.warnings) == 1
        assert "a variable" in reports or "'note'" in reports


def test_attributes_side_by_side_are_one_write_wherever_the_pieces_end():
    lamps = ["lamp%d" % i for i in range(9)]
    pairs = [(name + ":" + key, 5) for name in lamps for key in ("hue", "sat", "bri")]
    for at_most in range(1, 40, 3):
        rig = Rig(*[ColoredLight(name, swi=True, hue=1, sat=1, bri=1, on_write=written) for name in lamps]).sync()
        Inbound(rig, 128).publish(THING_IN, pack(*pairs), None, at_most)
        assert rig.wrote == lamps and rig["lamp8"] == {"swi": True, "hue": 5.0, "sat": 5.0, "bri": 5.0}


def test_a_base_time_holds_for_the_records_in_the_pieces_after_it():
    p = ArduinoCloudObject("a", value=1, on_write=written, sync="recent")
    rig = ClientRig(p, *[variable(name) for name, _ in MANY]).attach()
    records = [record("f0", 1, None, 1900000000)] + [record(name, 1) for name, _ in MANY] + [record("a", 9, 5)]
    Inbound(rig, 128).publish(SHADOW_IN, dumps(records))
    assert rig["a"] == 9 and p.policy.changed_at == 1900000005


def test_a_malformed_piece_ends_its_message_and_keeps_nobody_waiting():
    for n in (0, 20, 45, 59):
        for wrong in (b"\xff", b"\x1c", b"\x07", b"\xa1\x02\x61x", b"\xbf\x00\xff"):
            payload = dumps([record(*one) for one in MANY[:n]] + [None] * (61 - n))
            payload = payload.replace(b"\xf6", wrong, 1)
            for topic in (COMMAND_DOWN, SHADOW_IN):
                rig = many(variable("z")).attach()
                inbound = Inbound(rig, 160)
                with Reports() as reports:
                    inbound.publish(topic, last_values(topic, payload + bytes(300)), None, 50)
                assert rig.session.dropped == len(reports.warnings) == 1, (n, wrong)
                assert [name for name, _ in MANY if rig[name] is not None] == [name for name, _ in MANY[:n]]
                assert rig.session.state == "Connected" and rig.syncs == 1
                inbound.publish(THING_IN, pack(("z", 5)))
                assert rig["z"] == 5


def test_messages_that_end_too_soon():
    for payload in (pack(*MANY)[:-3], b"\x98\xff" + pack(*MANY)[2:], b"\x9f" + pack(*MANY)[2:]):
        for topic in (COMMAND_DOWN, SHADOW_IN, THING_IN):
            rig = many().attach()
            with Reports() as reports:
                Inbound(rig, 160).publish(topic, last_values(topic, payload), 7, 60)
            assert rig.session.dropped == len(reports.warnings) == 1 and rig["f50"] == 50.123
            assert rig.syncs == (topic != THING_IN) and not rig.session.part
    for head in (b"", b"\x80", b"\x81\x07", b"\x81\x5f", b"\x81\x5b" + b"\xff" * 8):
        rig = Rig().attach()
        with Reports() as reports:
            Inbound(rig, 160).publish(COMMAND_DOWN, b"\xda\x00\x01\x06\x00" + head + b"\xfe" * 300)
        assert rig.session.dropped == len(reports.warnings) == 1 and rig.session.state == "Connected"


def test_anything_else_is_dropped_whole_with_one_message():
    update = dumps(Tag(0x010100, [b"i" * 16, "https://example.org/" + "f" * 200, b"a" * 32, b"b" * 32]))
    for topic, payload in (("/a/t/%s/e/i" % OTHER, pack(*MANY)), ("/x", b"x" * 3000), (COMMAND_DOWN, update),
                           (COMMAND_DOWN, pack(*MANY))):
        rig = many(variable("z")).attach()
        inbound = Inbound(rig, 160)
        with Reports() as reports:
            inbound.publish(topic, payload, 5)
        assert rig.session.dropped == len(reports.warnings) == 1 and "buffer=160" in reports
        assert rig["f0"] is None and rig.session.state == "RequestLastValues"
        inbound.publish(THING_IN, pack(("z", 5)))
        assert rig["z"] == 5


def test_a_link_that_breaks_in_the_middle():
    for at in range(100, 960, 37):
        rig = many(Location("here", on_write=written)).sync()
        data = pack(("here:lat", 1), *(MANY + [("here:lon", 2)]))
        rig.session.piece(THING_IN.encode(), memoryview(data), 0, at, len(data) - at, rig.now)
        told = len(rig.wrote)
        assert rig.session.part
        rig.lose()
        assert not rig.session.part
        assert 0 <= len(rig.wrote) - told <= 1  # from the last whole record
        whole = [name for name, value in MANY if rig[name] is not None]
        assert rig.wrote == ["here"] + whole
        rig.sync(("f3", 4))
        assert rig.syncs == 2


def test_without_a_thing_none_is_taken():
    rig = many().sync()
    rig.command(THING_DETACH, THING)
    rig.requests()
    Inbound(rig, 160).publish(COMMAND_DOWN, last_values(COMMAND_DOWN, pack(*MANY)))
    assert rig["f0"] is None and rig.syncs == 1 and rig.session.state == "SendCapabilities"
    assert not rig.session.ready


def test_whatever_comes_in_pieces_nothing_is_raised_and_the_session_lives_on():
    random = Seeded(7)
    with Reports():
        for _ in range(100 if MICROPYTHON else 600):
            rig = many(Location("here", on_write=written), variable("z", 0))
            rig.attach()
            inbound = Inbound(rig, 128)
            topic = random.choice((THING_IN, SHADOW_IN, COMMAND_DOWN, DEVICE_IN))
            payload = last_values(topic, pack(("here:lat", 1), *(MANY[:20] + [("here:lon", 2)])))
            for _ in range(3):
                payload = random.mutated(payload)
            if random.below(4) == 0:
                payload = random.bytes(200 + random.below(300))
            inbound.publish(topic, payload + random.bytes(random.below(2) * 300), None, random.choice(PIECES))
            inbound.publish(THING_IN, pack(("z", 5)))
            assert rig["z"] == 5 and not rig.session.part

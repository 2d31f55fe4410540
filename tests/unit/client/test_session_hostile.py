"""Records that fit no variable, over every kind of variable: each is dropped and counted, and nothing raises."""

from arduino_iot_cloud import ColoredLight, Counter, Location, Schedule, String, Switch, Television, TemperatureSensor
from arduino_iot_cloud.cbor_item import Tag, dumps
from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import Composite
from policy_rig import UNIX, ClientRig
from reports import Reports
from seeded import Seeded
from session_rig import LAST_VALUES_UPDATE, THING_IN, record, written

RUNS = 400 if MICROPYTHON else 2000
OPTIONS = (
    {},
    {"publish": "change", "min_delta": 2},
    {"publish": 5},
    {"publish": "demand", "sync": "cloud"},
    {"sync": "recent", "timestamp": True},
    {"sync": lambda p, value, time: True},
    {"permission": "write"},
    {"permission": "read"},
    {"history": 5, "sync": "cloud"},
    {"history": 5, "publish": "change", "min_delta": 1},
)


class Untyped(Composite):
    KEYS = ("a", "b")


class Neither(Composite):
    KEYS = ("lat", "on")  # a Location has the first, but not the second
    TYPES = "fb"


FIRST = (
    (ArduinoCloudObject, {}), (ArduinoCloudObject, {"value": 1}), (ArduinoCloudObject, {"value": 1.5}),
    (ArduinoCloudObject, {"value": True}), (ArduinoCloudObject, {"value": "x"}), (Switch, {}), (Counter, {"value": 1}),
    (TemperatureSensor, {}), (String, {}), (Location, {"lat": 1, "lon": 2}), (Location, {}), (Untyped, {}),
    (Untyped, {"a": 1, "b": "x"}), (Neither, {"lat": 1, "on": True}), (Schedule, {}), (Television, {}),
    (ColoredLight, {"swi": True, "hue": 1, "sat": 2, "bri": 3}),
)  # fmt: skip
ENDS = ("", "", "", ":", ":x", ":lat", ":lon", ":on", ":a", ":b", ":swi", ":hue", ":vol", ":frm", ":lat:lon", "::")
VALUES = (0, 1, -1, 7, 2**31, 2**63, 2**64 - 1, -(2**64), 0.0, 1.0, 0.1, -1e30, 1e300, -1e300)
VALUES += (float("inf"), -float("inf"), float("nan"), True, False, "", "text", "x" * 120)
TIMES = (None, 0, -1, 5, 1e300, -1e300, float("nan"), float("inf"), 2**64 - 1, -(2**64), UNIX + 50, 1700000000123)
NAMES = (0, 1, -5, 2**64 - 1, "", ":", ":x", "nobody", "nobody:x", "tz_offset", "tz_dst_until", "x" * 200)


def everything(options):
    """A client with a variable of every kind and these options."""
    made = [kind("v%d" % i, on_write=written, **dict(first, **options)) for i, (kind, first) in enumerate(FIRST)]
    rig = ClientRig(*made).sync()
    rig.drain()
    return rig


def some_record(random):
    """A record that may or may not fit."""
    name = "v%d%s" % (random.below(len(FIRST)), random.choice(ENDS))
    if random.below(8) == 0:
        name = random.choice(NAMES)
    return record(name, random.choice(VALUES), random.choice(TIMES), random.choice(TIMES))


def tell(rig, random, payload):
    """A pack arrives in one of the possible ways."""
    way = random.below(3)
    if way == 0:
        rig.tell(THING_IN, payload)
    elif way == 1:
        rig.command(LAST_VALUES_UPDATE, payload)
    else:
        rig.session.end()
        rig.attach()
        rig.command(LAST_VALUES_UPDATE, payload)
    rig.requests()


def test_whatever_comes_nothing_is_raised_and_the_session_lives_on():
    for place in range(len(OPTIONS)):
        random = Seeded(place)
        rig = everything(OPTIONS[place])
        kinds = {p.name: type(p.value) for p in rig.properties.values() if p.initialized}
        with Reports() as reports:
            for _ in range(RUNS // 10):
                payload = dumps([some_record(random) for _ in range(1 + random.below(5))])
                tell(rig, random, random.mutated(payload) if random.below(5) == 0 else payload)
                rig.wait(random.below(20000))
                rig.run_for(0)
        for name in kinds:
            assert type(rig[name]) is kinds[name], (place, name)
        for text in reports.texts:
            assert len(text) < 250, text
        rig.properties["last"] = last = ArduinoCloudObject("last", value=1, on_write=written)
        last.client = rig.client
        rig.write(("last", 4321))
        assert rig["last"] == 4321


def test_each_record_that_does_not_fit_is_counted_and_named():
    for options in OPTIONS:
        rig = everything(options)
        may = options.get("permission") != "read"
        for name, value in (
            ("v1:", 5), ("v1:x", 5), ("v4:", "y"), ("v9", 5.5), ("v9:", 5.5), ("v9:alt", 5.5), ("v9:lat:lon", 5.5),
            ("v1", "text"), ("v4", 5), ("v9:lat", "x"), ("v12", 5), ("v12:a", "x"), ("v13:lon", 5), ("v16:swi", "on"),
            ("v1", 1e300), ("v1", float("nan")), ("v1", float("inf")), ("v1", -1e300),
        ):  # fmt: skip
            before = rig.session.dropped
            with Reports() as reports:
                rig.write((name, value), ("v3", False))
            if may or options == {"permission": "read"}:
                dropped = rig.session.dropped - before
                assert dropped == 1, (options, name, value, dropped)
                assert len(reports.texts) == 1 and "'%s" % name.split(":")[0] in reports, (options, reports.texts)
                assert len(reports.texts[0]) < 120


def test_a_record_that_does_not_fit_leaves_those_beside_it():
    for options in OPTIONS[:6]:
        rig = everything(options)
        with Reports():
            rig.write(("v1:", 5), ("v1", 6), ("v9", 5.5), ("v9:lat", 7.5), ("v9:x", 1), ("v9:lon", 8.5), ("v3", False))
        assert (rig["v1"], rig["v9"], rig["v3"]) == (6, {"lat": 7.5, "lon": 8.5}, False), options
        assert rig.wrote == ["v1", "v9", "v3"] and rig.session.dropped == 3


def test_times_that_no_clock_shows_do_not_stop_what_is_published():
    for options in ({"timestamp": True}, {"history": 5}, {"timestamp": True, "publish": "change"}):
        for time in (2**64 - 1, 1e300, 1e18, -(2**64), 2**63):
            rig = ClientRig(ArduinoCloudObject("a", value=1, on_write=written, sync="cloud", **options)).sync()
            rig.drain()
            rig.session.end()
            rig.client["a"] = 2
            rig.attach()
            rig.command(LAST_VALUES_UPDATE, dumps([record("a", 9, time, time)]))
            rig.write(("a", 3))
            for _ in range(5):
                rig.records()
                rig.session.acknowledged()
            rig.wait(1000)
            rig.client["a"] = 4
            assert [one[2] for one in rig.records()] == [4]


def test_a_location_that_is_no_number_is_not_published_without_end():
    nan = float("nan")
    rig = ClientRig(Location("here", lat=1.0, lon=2.0, publish="change", on_write=written)).sync()
    rig.drain()
    rig.wait(1000)
    rig.properties["here"].value = {"lat": nan, "lon": nan}
    assert len(rig.run_for(10000)) == 1


def test_a_malformed_command_names_no_number_of_300_digits():
    rig = everything({})
    with Reports() as reports:
        rig.tell("/a/d/%s/c/dw" % rig.session.device_id, dumps(Tag(0x010900, [1e300, 1e300])))
        rig.write(("tz_offset", 1e300), ("tz_dst_until", -1e300), ("thing_id", 1e300), ("thing_id", "x" * 300))
        rig.poll()
    assert rig.session.dropped == 5
    assert all([len(text) < 120 for text in reports.texts])

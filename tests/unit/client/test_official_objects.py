"""What programs for the official client use of a variable."""

import arduino_iot_cloud
import arduino_iot_cloud.property.official as official
import arduino_iot_cloud.ucloud as ucloud
from arduino_iot_cloud import ArduinoCloudObject, Location, Schedule, Switch, Task
from arduino_iot_cloud.client import ArduinoCloudClient
from arduino_iot_cloud.property.composites import Composite
from policy_rig import ClientRig
from portable_assert import raises
from reports import Reports

ENTRIES = ("one", "typed", "here", "own")


class Own(ArduinoCloudObject):
    def __init__(self, name, **kwargs):
        super().__init__(name, keys=("swi", "bri"), **kwargs)


def variables():
    """One of each kind, with a value: (object, name of an attribute or None, another value)."""
    return (
        (ArduinoCloudObject("one", value=1), None, 2),
        (Switch("typed", value=True), None, False),
        (Location("here", lat=1.5, lon=2.5), "lat", 3.5),
        (Own("own", swi=True, bri=1.0), "bri", 2.0),
    )


def change(p, attribute, value):
    """Set a value, as a program does."""
    setattr(p, attribute or "value", value)


# updated


def test_updated_is_what_waits_to_be_published():
    for p, attribute, value in variables():
        assert p.updated is True
        for changed, expected in ((0, False), (-1, False), (1, True), (2, True)):
            p.changed = changed
            assert p.updated is expected
        p.changed = 0
        change(p, attribute, value)
        assert p.updated is True
    assert ArduinoCloudObject("none").updated is False


def test_updated_may_be_set():
    for p, _, _ in variables():
        p.updated = False
        assert p.changed == 0
        p.updated = True
        assert p.changed == 1
        p.changed = 2  # no room was found for it
        p.updated = True
        assert p.changed == 2
        p.changed = -1  # under way
        p.updated = False
        assert p.changed == -1
        p.value = None
        p.updated = True
        assert p.changed == -1


def test_what_is_set_to_be_updated_leaves_at_once():
    rig = ClientRig(*[p for p, _, _ in variables()])
    rig.sync()
    rig.run_for(1000)
    for name in ENTRIES:
        woken = rig.driver.woken
        rig.client.records[name].updated = True
        assert rig.driver.woken > woken
        published = rig.run_for(1000)[0][1]
        assert [key.split(":")[0] for key, _ in published] == [name] * (1 if name in ("one", "typed") else 2)
        assert not rig.client.records[name].updated


def test_a_policy_knows_what_waits_and_obeys():
    ticks_ms = official.ticks_ms
    try:
        for more in ({"publish": "change", "min_interval": 2}, {"publish": "demand"}, {"publish": 60}, {"history": 5}):
            rig = ClientRig(ArduinoCloudObject("one", value=1, **more), Location("here", lat=1.5, lon=2.5, **more))
            official.ticks_ms = lambda: rig.now
            rig.sync()
            rig.run_for(1000)
            for name, value in (("one", 2), ("here", {"lat": 3.5})):
                p = rig.client.records[name]
                assert not p.updated
                p.updated = True
                assert p.updated
                assert [key.split(":")[0] for key, _ in rig.run_for(100)[0][1]] == [name] * (1 if name == "one" else 2)
                assert not p.updated
                p.value = value
                rig.run_for(100)
                assert p.updated is ("min_interval" in more)
                rig.run_for(3000)
                assert not p.updated
    finally:
        official.ticks_ms = ticks_ms


# timestamp


def clock(now):
    """Set the clock to this time."""
    official.timestamp = lambda: now


def test_a_time_stamp_is_that_of_the_last_change_from_the_first_look_on():
    try:
        for p, attribute, value in variables():
            clock(100)
            assert p.timestamp == 100
            clock(200)
            assert p.timestamp == 100
            change(p, attribute, value)
            assert p.timestamp == 200 and p.changed == 1
            clock(300)
            p.changed = 0
            p.store(attribute, p.shape(attribute, value))
            assert p.timestamp == 300 and p.changed == 0
            clock(400)
            raises(TypeError, change, p, attribute, [])
            assert p.timestamp == 300
            p.timestamp = 5
            assert p.timestamp == 5
    finally:
        official.timestamp = ucloud.timestamp


def test_a_policy_has_the_time_of_the_last_change_before_the_first_look():
    rig = ClientRig(ArduinoCloudObject("one", value=1, permission="readwrite"))
    rig.sync()
    rig.client["one"] = 2
    assert rig.client.records["one"].timestamp == rig.unix


def test_what_is_watched_is_still_published():
    made = variables()
    for p, _, _ in made:
        assert p.timestamp
    rig = ClientRig(*[p for p, _, _ in made])
    rig.sync()
    assert len(rig.run_for(1000)[0][1]) == 6
    for p, attribute, value in made:
        change(p, attribute, value)
    assert len(rig.run_for(1000)[0][1]) == 6


# runnable, and attributes that do not exist


def test_runnable_is_what_has_a_callback():
    for key in ("on_run", "on_read", "on_write"):
        for kind in (Task, Location, Switch):
            assert kind("n", **{key: print}).runnable is True
    assert Schedule("n").runnable is True
    for p, _, _ in variables():
        assert p.runnable is False


def test_other_attributes_are_named_with_the_class():
    for p, kind in ((ArduinoCloudObject("n"), "ArduinoCloudObject"), (Location("n"), "Location"), (Own("n"), "Own")):
        for name in ("nothing", "__nothing__", "timestamps"):
            error = str(raises(AttributeError, getattr, p, name))
            assert error == "'%s' object has no attribute '%s'" % (kind, name)
        assert not hasattr(p, "on_active")


def test_it_is_shown_as_its_value_alone():
    assert str(ArduinoCloudObject("n", value="some text")) == "some text"
    assert str(ArduinoCloudObject("n", value=1.5)) == "1.5"
    assert str(ArduinoCloudObject("n")) == "None"


# keys=


def test_keys_make_a_composite_of_a_class_derived_from_it():
    class Derived(Own):
        pass

    for kind in (Own, Derived):
        p = kind("lamp", swi=True, interval=0.5, on_write=print)
        assert type(p) is kind and isinstance(p, ArduinoCloudObject)
        assert (p.swi, p.bri, p.initialized, p.interval, p.on_write, p.changed) == (True, None, False, 0.5, print, 0)
        p.bri = 5.0
        assert p.initialized and p.changed == 1 and p.value == {"swi": True, "bri": 5.0}
        assert "swi" in p and "hue" not in p
        raises(TypeError, setattr, p, "bri", "x")
    assert not hasattr(ArduinoCloudObject, "KEYS")


def test_keys_make_a_composite_without_a_class():
    client = ArduinoCloudClient("d", "d", "p")
    client.register("named", keys=("a", "b"), a=1, b="x")
    plain = ArduinoCloudObject("plain", keys={"a", "b"}, a=1, b="x")
    task = Task(name="task", keys=["a", "b"], a=1, b="x")
    for p in (client["named"], plain, task):
        assert isinstance(p, ArduinoCloudObject) and p.value == {"a": 1, "b": "x"} and p.changed == 1
    for none in (None, (), {}, []):
        p = ArduinoCloudObject("one", keys=none, value=5)
        assert p.value == 5 and type(p) is ArduinoCloudObject
    assert "'a'" in str(raises(TypeError, ArduinoCloudObject, "one", a=5))
    assert "'c'" in str(raises(TypeError, ArduinoCloudObject, "one", keys=("a", "b"), c=5))


def test_a_composite_of_ones_own_has_policies_too():
    rig = ClientRig(Own("own", swi=True, bri=1.0, min_interval=0, permission="readwrite"))
    rig.sync()
    assert len(rig.run_for(1000)[0][1]) == 2
    rig.client["own"].bri = 1.0
    assert rig.run_for(1000) == []
    rig.client["own"].bri = 2.0
    assert ("own:bri", 2.0) in rig.run_for(1000)[0][1]
    rig.write(("own:swi", False))
    assert rig["own"] == {"swi": False, "bri": 2.0}


def test_a_class_is_a_composite_or_it_is_not():
    class Either(ArduinoCloudObject):
        pass

    assert Either("a", value=1).value == 1
    assert Either("b", keys=("x",), x=1).x == 1
    error = str(raises(TypeError, Either, "c", value=1))
    assert "'c'" in error and "Either" in error and "keys=" in error


def test_a_class_that_hides_what_the_client_needs_is_named():
    class Changed(ArduinoCloudObject):
        def __init__(self, name):
            super().__init__(name, keys=("x",))

        def changed(self):
            pass

    class Write(Schedule):
        def write(self):
            pass

    class Store(Switch):
        store = 5

    class Client(ArduinoCloudObject):
        client = 5

    class Fine(Location):
        def on_write(self, client, value):
            pass

    client = ArduinoCloudClient("d", "d", "p")
    for kind, name in ((Changed, "changed"), (Write, "write"), (Store, "store"), (Client, "client")):
        error = str(raises(TypeError, lambda kind=kind: client.register(kind("n"))))
        assert "%s.%s" % (kind.__name__, name) in error, error
        assert "n" not in client
    client.register(Fine("fine"))
    for p, _, _ in variables():
        client.register(p)


# register


def test_arguments_beside_an_object_have_no_effect_and_that_is_said():
    client = ArduinoCloudClient("d", "d", "p")
    for p in (Task("task", on_run=print, interval=2.0), Location("here")):
        with Reports() as reports:
            client.register(p, interval=0.5, on_write=print)
        assert client.records[p.name] is p and p.on_write is None and p.interval in (1.0, 2.0)
        assert len(reports.texts) == 1 and reports.levels == [30]
        for word in (p.name, "interval", "on_write"):
            assert word in reports.texts[0]
    with Reports() as reports:
        client.register(Location("there"))
    assert not reports.texts


# The zone, before the cloud has sent it


def test_there_is_no_zone_before_the_cloud_tells_it():
    rig = ClientRig()
    for key in ("tz_offset", "tz_dst_until"):
        assert key in rig.client and rig.client[key] is None and rig.client.get(key, 7) == 7
    rig.sync(("tz_offset", 0), ("tz_dst_until", 1900000000))
    assert rig.client["tz_offset"] == 0 and rig.client.get("tz_offset", 7) == 0
    assert rig.client["tz_dst_until"] == 1900000000
    assert rig.client["thing_id"]
    rig.client.driver = None
    assert rig.client["thing_id"] is None and rig.client["tz_offset"] is None


# A composite without a value, and policies


def test_a_composite_without_values_is_left_alone_by_its_policy():
    for more in ({"min_delta": 0.5}, {"publish": "change"}, {"publish": 1}, {"publish": "demand"}, {"history": 5}):
        for none in (None, {"lat": None}):
            rig = ClientRig(Location("here", lat=1.5, lon=2.5, permission="readwrite", **more))
            rig.sync()
            assert rig.run_for(100)
            here = rig.client["here"]
            rig.client["here"] = none
            assert not here.policy.pending(rig.now)
            assert rig.run_for(10000) == [] and here.changed == 0, more
            rig.write(("here:lat", 3.5), ("here:lon", 4.5))
            assert rig["here"] == {"lat": 3.5, "lon": 4.5}
            rig.run_for(10000)
            here.lat = 5.5
            rig.client.push("here")
            published = rig.run_for(10000)
            assert ("here:lat", 5.5) in published[0][1], (more, published)


# Names of the package


def test_names_of_the_official_module():
    for name in ("ArduinoCloudClient", "ArduinoCloudObject", "timestamp"):
        assert getattr(arduino_iot_cloud, name) is getattr(ucloud, name)
    assert Task is ArduinoCloudObject and isinstance(Composite("n", keys=("a",)), Task)


def test_a_star_has_all_that_the_official_package_has():
    found = arduino_iot_cloud.__all__
    for name in (
        "ArduinoCloudClient ArduinoCloudObject Task timestamp CADATA Location Color ColoredLight DimmedLight "
        "Schedule Television async_wifi_connection"
    ).split():
        assert name in found


def test_messages_are_shown_as_the_program_has_them_shown():
    with Reports() as reports:
        reports.getLogger = lambda: reports
        reports.isEnabledFor = lambda level: level >= 40
        assert [ucloud.log_level_enabled(level) for level in (30, 40)] == [False, True]

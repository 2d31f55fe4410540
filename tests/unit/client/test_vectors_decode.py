"""Values on their way in: every vector has the stated effect on a device."""

from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import Color, ColoredLight, DimmedLight, Location, Television
from arduino_iot_cloud.property.schedule import Schedule
from arduino_iot_cloud.senml import Records
from device_vectors import fields, named
from session_rig import DEVICE, DEVICE_IN, Rig, variable, written

COMPOSITES = (Location, Color, ColoredLight, DimmedLight, Television, Schedule)
WHOLE = ("vol", "pbc", "inp", "cha", "frm", "to", "len", "msk")  # attributes that are ints
BEFORE = {"bool": False, "int": -1, "Time": 0, "float": -1.5, "string": "before"}

SINGLES = float(16777217) == 16777216  # the floats of most boards

# Their results depend on a policy: see the end of this file.
WITH_POLICY = (
    "sync Location, MOST_RECENT_WINS, cloud newer",
    "sync Location, MOST_RECENT_WINS, device newer",
    "sync int, CLOUD_WINS, values differ",
    "sync int, DEVICE_WINS",
)


def about_values(policy=False):
    """The vectors with named variables on the thing's topic; those with a policy only on request."""
    for name, vector, payload in named("property_decode"):
        light = any([isinstance(one.get("n"), int) for one in vector["records"]])
        if not light and "topic" not in vector and (policy or name not in WITH_POLICY):
            yield name, vector, payload


def known(vector):
    """The effects on variables that the device has."""
    return [effect for effect in vector["effect"] if effect["property"] != "nope"]


def before(vector, initialized):
    """The device's variables before the message."""
    made = []
    for i, effect in enumerate(known(vector)):
        name = effect["property"]
        value = effect["value"]
        if isinstance(value, dict):
            kind = [kind for kind in COMPOSITES if set(kind.KEYS) == set(value)][0]
            start = {}
            for key in value:
                start[key] = not value[key] if isinstance(value[key], bool) else 1 if key in WHOLE else 1.5
            made.append(kind(name, on_write=written, **start) if initialized else kind(name))
        else:
            kind = vector["types"][i if len(vector["types"]) > i else 0]
            start = not value if isinstance(value, bool) else BEFORE[kind]
            made.append(variable(name, start if initialized else None, initialized))
    return made


def check(name, value, expected, kind=None):
    if kind is float:
        assert type(value) is float, (name, value)
    elif kind is not None:
        assert type(value) is kind, (name, value)
    assert value == expected, (name, value, expected)


def test_initialized_variables_take_the_stated_values():
    for name, vector, payload in about_values():
        made = before(vector, True)
        kinds = [type(p.value) for p in made]
        rig = Rig(*made).sync()
        rig.drain()
        start = [p.value for p in made]
        rig.tell("/a/t/%s/e/i" % rig.session.thing_id, payload)
        for i, effect in enumerate(known(vector)):
            value = rig[effect["property"]]
            if isinstance(effect["value"], dict):
                for key in effect["value"]:
                    kind = int if key in WHOLE else bool if key in ("swi", "mut") else float
                    check(name, value[key], effect["value"][key], kind)
            else:
                expected = start[i] if vector.get("unchanged") else vector.get("result", effect["value"])
                check(name, value, expected, kinds[i])
        assert rig.wrote == [effect["property"] for effect in known(vector)], name
        assert rig.session.dropped == 0, name
        assert rig.published() == [], name


def test_variables_without_a_value_take_any():
    for name, vector, payload in about_values(policy=True):
        rig = Rig(*before(vector, False)).sync()
        rig.tell("/a/t/%s/e/i" % rig.session.thing_id, payload)
        for effect in known(vector):
            assert rig.properties[effect["property"]].initialized, name
            value = rig[effect["property"]]
            if isinstance(effect["value"], dict):
                assert {key: value[key] for key in effect["value"]} == effect["value"], name
            else:
                check(name, value, effect["value"], type(effect["value"]))
        assert rig.session.dropped == 0, name


def test_the_same_values_fill_variables_as_last_values():
    for name, vector, payload in about_values(policy=True):
        rig = Rig(*before(vector, False)).attach()
        rig.command(0x010600, payload)
        for effect in known(vector):
            assert rig.properties[effect["property"]].initialized, name
        assert rig.syncs == 1, name


def test_a_bool_stays_as_it_is_for_a_number_beyond_one():
    for value in (True, False):
        rig = Rig(variable("sw", value)).sync()
        payload = [payload for name, _, payload in named("property_decode") if "2 leaves value unchanged" in name][0]
        rig.tell("/a/t/%s/e/i" % rig.session.thing_id, payload)
        assert rig["sw"] is value


def test_records_hold_the_stated_fields():
    records = Records()
    for name, vector, payload in named("property_decode"):
        records.open(payload, 0, len(payload))
        base_time = 0
        for one in vector["records"]:
            base_time = one.get("bt", base_time)
            n, value, time = fields(one)
            assert records.next(), name
            assert records.name == n, (name, records.name)
            assert records.value == value and type(records.value) is type(value), (name, records.value)
            off = records.time - int(base_time + time)  # if floats are singles, the test itself is inexact
            assert off == 0 or SINGLES and abs(off) <= 128, (name, records.time)
        assert not records.next(), name


def test_numbers_for_names_have_no_effect():
    for name, vector, payload in named("property_decode"):
        if any([isinstance(one.get("n"), int) for one in vector["records"]]):
            rig = Rig(variable("1", 5), variable("#1", 5)).sync()
            rig.tell("/a/t/%s/e/i" % rig.session.thing_id, payload)
            assert (rig["1"], rig["#1"], rig.wrote, rig.session.dropped) == (5, 5, [], 0), name


def test_the_thing_is_announced_on_the_devices_topic():
    done = 0
    for name, vector, payload in named("property_decode"):
        if "topic" in vector:
            assert vector["topic"].replace("{D}", DEVICE) == DEVICE_IN
            rig = Rig()
            rig.connect()
            rig.poll()
            rig.tell(DEVICE_IN, payload)
            thing = vector["effect"][0]["value"]
            assert rig.session.thing_id == (thing or None), name
            assert rig.session.unlinked is not bool(thing), name
            done += 1
    assert done == 2


SYNC = {"CLOUD_WINS": "cloud", "DEVICE_WINS": "device", "MOST_RECENT_WINS": "recent"}


def with_policy(vector):
    """(session, variable, its local value) before the last values arrive."""
    name = vector["effect"][0]["property"]
    sync = SYNC[vector["policy"]]
    if vector["types"] == ["Location"]:
        p = Location(name, lat=0.5, lon=0.5, on_write=written, sync=sync)
    else:
        p = ArduinoCloudObject(name, value=vector["local"]["value"], on_write=written, sync=sync)
    p.policy.changed_at = vector["local"].get("time", 0)
    rig = Rig(p)
    return rig, p, dict(p.value) if isinstance(p.value, dict) else p.value


def check_policy(name, vector, rig, local):
    value = rig.properties[vector["effect"][0]["property"]].value
    expected = vector["result"]
    if expected == "cloud":
        expected = vector["effect"][0]["value"]
    elif expected == "local":
        expected = local
    assert value == expected, (name, value)
    assert bool(rig.wrote) is vector["on_update_called"], name


def test_whose_value_counts_follows_from_the_policy():
    done = []
    for name, vector, payload in named("property_decode"):
        if "policy" in vector:
            rig, _, local = with_policy(vector)
            rig.attach()
            rig.command(0x010600, payload)
            check_policy(name, vector, rig, local)
            if "then_published" in vector:
                assert rig.published() == [("n", vector["then_published"])], name
            done.append(name)
    assert sorted(done) == sorted(WITH_POLICY)


def test_whose_value_counts_after_a_reconnect_follows_from_the_policy_too():
    for name, vector, payload in named("property_decode"):
        if "policy" in vector:
            rig, p, local = with_policy(vector)
            rig.sync()
            rig.drain()
            p.policy.changed_at = vector["local"].get("time", 0)
            rig.session.end()
            rig.wait(60000)
            rig.attach()
            rig.command(0x010600, payload)
            check_policy(name, vector, rig, local)
            if "then_published" in vector:
                assert rig.published() == [("n", vector["then_published"])], name

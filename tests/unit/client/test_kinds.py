"""Variables whose type is fixed from the start, and the types and ranges of attributes."""

import arduino_iot_cloud
from arduino_iot_cloud import (
    Color,
    ColoredLight,
    Counter,
    DimmedLight,
    Light,
    Location,
    Schedule,
    String,
    Switch,
    Television,
    TemperatureSensor,
    Time,
)
from arduino_iot_cloud.property.composites import Composite
from portable_assert import raises
from session_rig import Rig, written

BOOLS = "Bool ContactSensor Light MotionSensor SmartPlug Switch"
FLOATS = (
    "Float Acceleration Angle Area Capacitance DataRate ElectricCurrent ElectricPotential ElectricResistance Energy FlowRate "
    "Force Frequency HeartRate Illuminance Length LogarithmicQuantity Luminance LuminousFlux LuminousIntensity Mass Percentage "
    "Power Pressure RelativeHumidity Temperature TemperatureSensor Velocity Volume"
)
INTS = "Int Counter InformationContent UnsignedInt Time"


def test_every_kind_has_its_type_from_the_first_value_on():
    for names, kind, given in ((BOOLS, bool, 1), (FLOATS, float, 7), (INTS, int, 7), ("String", str, "x")):
        for name in names.split():
            made = getattr(arduino_iot_cloud, name)
            assert made is getattr(arduino_iot_cloud, name)
            p = made("v")
            assert p.value is None and not p.initialized and p.changed == 0
            p.value = given
            assert type(p.value) is kind and p.value == given and p.changed == 1, name
            assert type(made("v", value=given).value) is kind, name


def test_values_of_another_type_are_refused_and_named():
    for made, wrong in ((Switch, "on"), (Light, 2), (Light, 1.0), (TemperatureSensor, "hot"), (TemperatureSensor, True),
                        (Counter, 1.5), (Counter, True), (String, 5)):
        p = made("lamp")
        assert "lamp" in str(raises(TypeError, setattr, p, "value", wrong))
        assert p.value is None
        assert "lamp" in str(raises(TypeError, made, "lamp", value=wrong))


def test_none_is_no_value_and_there_is_nothing_to_publish():
    for made, value, wrong in ((Switch, True, 2), (TemperatureSensor, 1.5, "x"), (Counter, 5, 1.5), (String, "x", 5)):
        p = made("v", value=value)
        p.value = None
        assert p.value is None and not p.initialized and p.changed == 0
        raises(TypeError, setattr, p, "value", wrong)
        p.value = value
        assert p.value == value and p.changed == 1
        p.changed = -1  # under way
        p.value = None
        assert p.changed == -1


def test_integers_have_32_bits():
    for made, low, high in ((Counter, -(2**31), 2**31 - 1), (Time, 0, 2**32 - 1)):
        p = made("n")
        for value in (low, high):
            p.value = value
            assert p.value == value
        for value in (low - 1, high + 1):
            assert "'n'" in str(raises(ValueError, setattr, p, "value", value))
        assert p.value == high


def test_the_first_value_from_the_cloud_gets_the_type_too():
    made = (TemperatureSensor("t", on_write=written), Switch("s", on_write=written), Counter("c", on_write=written))
    rig = Rig(*made).sync(("t", 21), ("s", 1), ("c", 5.0))
    assert [type(rig[name]) for name in "tsc"] == [float, bool, int]
    assert (rig["t"], rig["s"], rig["c"]) == (21.0, True, 5)
    rig.write(("t", 22), ("s", 0), ("c", 6.75))
    assert (rig["t"], rig["s"], rig["c"]) == (22.0, False, 6)


def test_a_float_sensor_set_to_an_integer_is_published_as_a_float():
    payload = Rig(TemperatureSensor("t", value=3)).sync().payload()
    assert b"\xfa\x40\x40\x00\x00" in payload


def test_names_that_do_not_exist():
    for name in ("Thermostat", "switch", "make", "", "Bool Light"):
        assert "has no attribute" in str(raises(AttributeError, getattr, arduino_iot_cloud, name))


# Attributes


def test_attributes_have_the_types_of_the_cpp_library_from_the_first_value_on():
    light = ColoredLight("l", swi=1, hue=120, sat=2, bri=2)
    assert [type(light.value[key]) for key in light.KEYS] == [bool, float, float, float]
    light.bri = 2.5
    assert light.value == {"swi": True, "hue": 120.0, "sat": 2.0, "bri": 2.5}
    tv = Television("tv", swi=True, vol=5.0, mut=0, pbc=255, inp=55, cha=3)
    assert [type(tv.value[key]) for key in tv.KEYS] == [bool, int, bool, int, int, int]
    assert [type(v) for v in Location("here", lat=1, lon=-2).value.values()] == [float, float]
    schedule = Schedule("s", frm=1633305600.0, to=0, len=600, msk=0)
    assert type(schedule.frm) is int and schedule.frm == 1633305600


def test_attributes_of_another_type_are_refused_and_named():
    for made, attribute, wrong in (
        (ColoredLight, "swi", 5), (ColoredLight, "swi", 1.0), (ColoredLight, "hue", "red"), (ColoredLight, "hue", True),
        (Television, "vol", 1.5), (Television, "vol", float("inf")), (Television, "vol", float("nan")), (Television, "mut", "no"),
        (Location, "lat", "north"), (Schedule, "len", "long"),
    ):
        p = made("p")
        assert "p:" + attribute in str(raises(TypeError, setattr, p, attribute, wrong)), (attribute, wrong)
        assert p.value[attribute] is None


RANGES = (
    (Color, "hue", 0, 360), (Color, "sat", 0, 100), (Color, "bri", 0, 100), (DimmedLight, "bri", 0, 100),
    (Television, "vol", 0, 255), (Television, "cha", 0, 65535), (Television, "inp", 0, 60), (Television, "pbc", 0, 7),
    (Schedule, "frm", 0, 2**32 - 1), (Schedule, "msk", 0, 2**32 - 1),
)


def test_attributes_out_of_range_are_refused_and_named():
    for made, attribute, low, high in RANGES:
        p = made("p")
        for value in (low, high):
            setattr(p, attribute, value)
            assert p.value[attribute] == value
        for value in (low - 1, high + 1):
            error = str(raises(ValueError, setattr, p, attribute, value))
            assert "p:" + attribute in error and str(value) in error
            raises(ValueError, made, "p", **{attribute: value})
        assert p.value[attribute] == high
    color = Color("p", hue=360.0, sat=0, bri=99.5)
    for value in (360.001, -0.001, float("nan"), float("inf")):
        raises(ValueError, setattr, color, "hue", value)
    tv = Television("tv")
    tv.pbc = Television.PLAYBACK_NONE
    raises(ValueError, setattr, tv, "pbc", 254)


def test_a_place_may_be_anywhere():
    assert Location("p", lat=-720.5, lon=1000).lat == -720.5


def test_what_the_cloud_sends_is_not_checked():
    rig = Rig(Color("c", hue=1, sat=2, bri=3, on_write=written)).sync()
    rig.drain()
    rig.write(("c:hue", -20), ("c:bri", 300.5))
    assert rig["c"] == {"hue": -20.0, "sat": 2.0, "bri": 300.5}
    assert type(rig["c"]["hue"]) is float


def test_values_of_the_official_clients_example():
    light = ColoredLight("clight", swi=True)
    light.hue = 46.3
    light.sat = 80
    light.bri = 100
    assert light.initialized
    light.hue = 0
    assert light.hue == 0.0


def test_a_class_of_ones_own_takes_the_type_of_the_first_value():
    class Tank(Composite):
        KEYS = ("level", "hue")

    tank = Tank("tank", level=5, hue=1000)
    assert type(tank.level) is int and tank.hue == 1000
    raises(TypeError, setattr, tank, "level", 5.5)


# A local change that has not been sent yet, and the cloud's values of the other attributes


def test_a_local_change_survives_any_part_from_the_cloud():
    values = {"swi": 0, "hue": 200, "sat": 50, "bri": 60}
    keys = list(values)
    for mine in keys:
        others = [key for key in keys if key != mine]
        for order in (others, others[::-1], others[1:] + others[:1], others[:1], others[1:2]):
            rig = Rig(ColoredLight("l", swi=True, hue=1, sat=2, bri=3, on_write=written)).sync()
            rig.drain()
            rig.session.acknowledged()
            light = rig.properties["l"]
            setattr(light, mine, 0 if mine == "swi" else 77)
            rig.write(*[("l:" + key, values[key]) for key in order])
            local = False if mine == "swi" else 77.0
            assert light.value[mine] == local, (mine, order)
            assert all([light.value[key] == values[key] for key in order])
            assert ("l:" + mine, local) in rig.published()
            assert rig.wrote == ["l"]


def test_attributes_of_several_variables_may_be_mixed():
    rig = Rig(*[Color(name, hue=1, sat=2, bri=3, on_write=written) for name in "ab"]).sync()
    rig.write(("a:hue", 10), ("b:bri", 20), ("a:sat", 30), ("b:hue", 40))
    assert rig["a"] == {"hue": 10.0, "sat": 30.0, "bri": 3.0}
    assert rig["b"] == {"hue": 40.0, "sat": 2.0, "bri": 20.0}

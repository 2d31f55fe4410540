"""Cloud variables with attributes."""

from arduino_iot_cloud.cbor import Reader, Writer
from arduino_iot_cloud.property.composites import Color, ColoredLight, Composite, DimmedLight, Location, Television
from arduino_iot_cloud.property.schedule import Schedule
from portable_assert import raises

KINDS = (
    (Location, ("lat", "lon")),
    (Color, ("hue", "sat", "bri")),
    (ColoredLight, ("swi", "hue", "sat", "bri")),
    (DimmedLight, ("swi", "bri")),
    (Television, ("swi", "vol", "mut", "pbc", "inp", "cha")),
    (Schedule, ("frm", "to", "len", "msk")),
)


def number(key, i):
    """A value for an attribute, a different one for each i."""
    return i % 2 == 1 if key in ("swi", "mut") else i


def complete(kind, keys):
    """A composite with the values 1, 2, 3 … for its attributes."""
    values = {}
    for i in range(len(keys)):
        values[keys[i]] = number(keys[i], i + 1)
    return kind("c", **values)


def records(p, time=0):
    """The records that it writes, as [(name, value)]."""
    writer = Writer(bytearray(300))
    p.write(writer, time)
    reader = Reader()
    reader.open(writer.buf, 0, writer.pos)
    found = []
    while reader.pos < reader.end:
        fields = reader.item()
        found.append((fields[0], fields.get(2, fields.get(3, fields.get(4)))))
        assert fields.get(6, 0) == time
    return found


def test_attributes_are_given_read_and_set_by_name():
    for kind, keys in KINDS:
        p = complete(kind, keys)
        for i in range(len(keys)):
            assert getattr(p, keys[i]) == number(keys[i], i + 1)
            new = number(keys[i], i)
            setattr(p, keys[i], new)
            assert getattr(p, keys[i]) == p.value[keys[i]] == new
            assert keys[i] in p
        assert "other" not in p and "name" not in p


def test_attributes_are_written_together_in_their_order():
    for kind, keys in KINDS:
        expected = [("c:" + keys[i], number(keys[i], i + 1)) for i in range(len(keys))]
        assert records(complete(kind, keys)) == expected
        assert records(complete(kind, keys), 1700000000) == expected


def test_nothing_is_written_or_changed_before_each_attribute_has_a_value():
    for kind, keys in KINDS:
        p = kind("c")
        assert not p.initialized and p.changed == 0
        for key in keys[:-1]:
            assert getattr(p, key) is None
            setattr(p, key, 1)
            assert not p.initialized and p.changed == 0 and records(p) == []
        setattr(p, keys[-1], 1)
        assert p.initialized and p.changed == 1 and len(records(p)) == len(keys)


def test_a_complete_one_is_to_be_published_from_the_start():
    for kind, keys in KINDS:
        assert complete(kind, keys).changed == 1


def test_one_attribute_set_publishes_all():
    for kind, keys in KINDS:
        p = complete(kind, keys)
        p.changed = 0
        setattr(p, keys[0], number(keys[0], 10))
        assert p.changed == 1
        assert len(records(p)) == len(keys)


def test_a_refused_value_changes_nothing():
    p = ColoredLight("lamp", swi=True, hue=1.5, sat=2, bri=3.5)
    for attribute, wrong, kinds in (("swi", "x", "bool"), ("hue", "x", "float"), ("bri", True, "float")):
        error = raises(TypeError, setattr, p, attribute, wrong)
        assert "lamp:" + attribute in str(error) and kinds in str(error), error
    assert p.value == {"swi": True, "hue": 1.5, "sat": 2.0, "bri": 3.5}


def test_an_attribute_of_a_wrong_type_at_construction_is_named():
    for wrong in (b"x", [1], {"a": 1}):
        assert "lamp:hue" in str(raises(TypeError, Color, "lamp", hue=wrong))


def test_an_attribute_set_to_none_has_no_value_and_nothing_is_published():
    for kind, keys in KINDS:
        for key in keys:
            p = complete(kind, keys)
            setattr(p, key, None)
            assert getattr(p, key) is None and not p.initialized and p.changed == 0 and records(p) == []
            setattr(p, keys[0], 1)
            setattr(p, key, 1)
            assert p.initialized and p.changed == 1 and len(records(p)) == len(keys)


def test_set_to_none_it_has_no_values_until_it_gets_new_ones():
    for kind, keys in KINDS:
        p = complete(kind, keys)
        p.value = None
        assert p.value == {key: None for key in keys} and not p.initialized and p.changed == 0 and records(p) == []
        for key in keys[:-1]:
            p.store(key, p.shape(key, 1))
        assert not p.initialized
        setattr(p, keys[-1], 1)
        assert p.initialized and p.changed == 1


def test_what_is_under_way_stays_so_where_there_is_no_value_any_more():
    for p in (Location("here", lat=1.5, lon=2.5), Location("here", lat=1.5, lon=2.5)):
        p.changed = -1
        p.lat = None
        assert p.changed == -1
    p.value = None
    assert p.changed == -1


def test_an_attribute_without_a_value_keeps_its_type():
    class Tank(Composite):
        KEYS = ("level", "name_of_it")

    for p, key, wrong in (
        (Location("here", lat=1.5, lon=2.5), "lat", "x"), (Tank("tank", level=5, name_of_it="x"), "level", 1.5),
        (Tank("tank", level=5, name_of_it="x"), "name_of_it", 5),
    ):
        for none in (None, {key: None}):
            if none is None:
                setattr(p, key, None)
            else:
                p.value = none
            assert p.value[key] is None
            assert p.name + ":" + key in str(raises(TypeError, setattr, p, key, wrong))
            assert p.value[key] is None


def test_none_among_the_first_values_is_no_value():
    for p in (Location("here", lat=1.5, lon=None), Location("here", value={"lat": 1.5, "lon": None})):
        assert (p.lat, p.lon, p.initialized, p.changed) == (1.5, None, False, 0)


def test_names_of_attributes_may_be_given():
    for keys in (("level", "ok"), ["level", "ok"], {"level": 1, "ok": 2}, {"level", "ok"}, iter(["level", "ok"])):
        p = Composite("tank", keys=keys, level=5, interval=3)
        assert sorted(p.KEYS) == ["level", "ok"] and (p.level, p.ok, p.interval, p.changed) == (5, None, 3, 0)
        p.ok = True
        assert p.changed == 1 and sorted(records(p)) == [("tank:level", 5), ("tank:ok", True)]
    assert Composite.KEYS == () and Composite("tank", keys=("b", "a")).KEYS == ("b", "a")
    for none in (None, (), {}):
        assert Location("here", keys=none).KEYS == ("lat", "lon")


def test_names_of_attributes_that_cannot_be_are_named():
    for wrong in ("", "a:b", "value", "name", "client", "changed", "interval", "store", "field", "due", "KEYS", "_value"):
        error = str(raises(ValueError, Composite, "tank", keys=("level", wrong)))
        assert "'tank'" in error and repr(wrong) in error
    for wrong in (None, 5, b"level"):
        error = str(raises(TypeError, Composite, "tank", keys=("level", wrong)))
        assert "'tank'" in error and repr(wrong) in error


def test_zero_and_false_are_values():
    p = DimmedLight("lamp", swi=False, bri=0.0)
    assert p.initialized and p.changed == 1


def test_a_dict_sets_some_attributes():
    p = Color("c", hue=1.0, sat=2.0, bri=3.0)
    p.changed = 0
    p.value = {"hue": 5, "bri": 6.5}
    assert p.value == {"hue": 5.0, "sat": 2.0, "bri": 6.5}
    assert p.changed == 1


def test_a_dict_with_another_name_is_refused():
    p = Color("lamp", hue=1.0, sat=2.0, bri=3.0)
    error = raises(TypeError, setattr, p, "value", {"swi": True})
    assert "lamp" in str(error) and "swi" in str(error)


def test_other_values_than_dicts_are_refused():
    p = Color("lamp", hue=1.0, sat=2.0, bri=3.0)
    for value in (1, 1.5, "x", True, [1, 2, 3], (1.0, 2.0, 3.0)):
        error = raises(TypeError, setattr, p, "value", value)
        assert "lamp" in str(error) and type(value).__name__ in str(error)
    assert p.value == {"hue": 1.0, "sat": 2.0, "bri": 3.0}


def test_a_dict_as_the_initial_value_sets_the_attributes():
    p = Location("here", value={"lat": 1.5, "lon": 2.5})
    assert (p.lat, p.lon, p.changed) == (1.5, 2.5, 1)
    p = Location("here", value={"lat": 1.5}, lon=2.5)
    assert (p.lat, p.lon, p.changed) == (1.5, 2.5, 1)


def test_another_initial_value_is_named():
    for wrong in (5, 1.5, True, "x", [1, 2], ()):
        for more in ({}, {"lat": 1.5}):
            error = str(raises(TypeError, Location, "here", value=wrong, **more))
            assert "'here'" in error and type(wrong).__name__ in error
    assert "'hue'" in str(raises(TypeError, Location, "here", value={"hue": 5}))


def test_unknown_attributes_are_named():
    p = Location("here")
    error = raises(AttributeError, getattr, p, "hue")
    assert "hue" in str(error) and "Location" in str(error)


def test_an_unexpected_argument_is_named():
    error = raises(TypeError, Location, "here", hue=1)
    assert str(error) == "'Location' got an unexpected keyword argument 'hue'"


def test_arguments_of_all_cloud_objects():
    def call():
        pass

    p = Television("tv", swi=True, on_write=call, interval=0.5)
    assert p.on_write is call and p.interval == 0.5 and p.on_read is None


def test_from_the_cloud_one_attribute_at_a_time():
    p = ColoredLight("lamp", swi=True, hue=1.5, sat=2.5, bri=3.5)
    p.changed = 0
    assert p.store("hue", p.shape("hue", 7)) is True
    assert p.store("hue", p.shape("hue", 7)) is False
    assert type(p.hue) is float and p.value == {"swi": True, "hue": 7.0, "sat": 2.5, "bri": 3.5}
    assert p.changed == 0
    assert p.shape("swi", 2) is True and p.shape("swi", 0) is False
    raises(ValueError, p.shape, "vol", 1)
    raises(ValueError, p.shape, None, 1)
    raises(TypeError, p.shape, "hue", "x")


def test_from_the_cloud_into_one_without_values():
    p = Location("here")
    p.store("lat", p.shape("lat", 1.5))
    assert not p.initialized
    p.store("lon", p.shape("lon", 2.5))
    assert p.initialized and p.value == {"lat": 1.5, "lon": 2.5} and p.changed == 0


def test_it_is_shown_as_its_values():
    assert repr(Location("here", lat=1.5, lon=2.5)) in ("{'lat': 1.5, 'lon': 2.5}", "{'lon': 2.5, 'lat': 1.5}")


def test_two_of_a_kind_share_nothing():
    a = Location("a", lat=1.0, lon=2.0)
    b = Location("b", lat=3.0, lon=4.0)
    a.lat = 9.0
    assert b.lat == 3.0 and [name for name, _ in records(b)] == ["b:lat", "b:lon"]


def test_numbers_of_the_television():
    inputs = (
        "AUX1 AUX2 AUX3 AUX4 AUX5 AUX6 AUX7 BLUERAY CABLE CD COAX1 COAX2 COMPOSITE1 DVD GAME HDRADIO "
        "HDMI1 HDMI2 HDMI3 HDMI4 HDMI5 HDMI6 HDMI7 HDMI8 HDMI9 HDMI10 HDMIARC "
        "INPUT1 INPUT2 INPUT3 INPUT4 INPUT5 INPUT6 INPUT7 INPUT8 INPUT9 INPUT10 IPOD "
        "LINE1 LINE2 LINE3 LINE4 LINE5 LINE6 LINE7 MEDIAPLAYER OPTICAL1 OPTICAL2 PHONO PLAYSTATION PLAYSTATION3 "
        "PLAYSTATION4 SATELLITE SMARTCAST TUNER TV USBDAC VIDEO1 VIDEO2 VIDEO3 XBOX"
    ).split()
    for i in range(len(inputs)):
        assert getattr(Television, "INPUT_" + inputs[i]) == i, inputs[i]
    playback = "FASTFORWARD NEXT PAUSE PLAY PREVIOUS REWIND STARTOVER STOP".split()
    for i in range(len(playback)):
        assert getattr(Television, "PLAYBACK_" + playback[i]) == i
    assert Television.PLAYBACK_NONE == 255
    assert Television("tv").PLAYBACK_STOP == 7

"""Which values each type of variable accepts, and when time zones change their offset."""

from datetime import datetime, timezone

import pytest
from localcloud import time_zone
from localcloud.property_types import PROPERTY_TYPES, ValueRefused


@pytest.mark.parametrize(
    "kind, given, kept",
    [
        ("INT", 7, 7),
        ("INT", 7.9, 7),
        ("INT", -7.9, -7),
        ("FLOAT", 7, 7.0),
        ("PERCENTAGE", 12.5, 12.5),
        ("STATUS", True, True),
        ("STATUS", 1, True),
        ("STATUS", 0.0, False),
        ("CHARSTRING", "hé", "hé"),
        ("LOCATION", {"lon": 2, "lat": 1}, {"lat": 1.0, "lon": 2.0}),
        ("HOME_TELEVISION", {"vol": 50.0, "mut": 0}, {"vol": 50, "mut": False}),
        ("GENERIC_COMPLEX_PROPERTY", {"a": 1, "b": "x"}, {"a": 1, "b": "x"}),
    ],
)
def test_values_are_kept_as_their_type_holds_them(kind, given, kept):
    value = PROPERTY_TYPES[kind].coerce(given)
    assert value == kept and type(value) is type(kept)
    if isinstance(kept, dict):
        assert list(value) == list(kept)
        assert [type(each) for each in value.values()] == [type(each) for each in kept.values()]


@pytest.mark.parametrize(
    "kind, given",
    [
        ("INT", "7"),
        ("INT", True),
        ("INT", float("nan")),
        ("INT", 2**63),
        ("INT", 1e300),
        ("FLOAT", float("inf")),
        ("FLOAT", None),
        ("STATUS", 2),
        ("STATUS", "on"),
        ("CHARSTRING", 1),
        ("CHARSTRING", "x" * 5000),
        ("CHARSTRING", "\ud800"),
        ("FLOAT", 10**400),
        ("LOCATION", {"lat": 1, "alt": 2}),
        ("LOCATION", {"lat": "north"}),
        ("LOCATION", {}),
        ("LOCATION", 5),
        ("GENERIC_COMPLEX_PROPERTY", {"a": [1]}),
        ("GENERIC_COMPLEX_PROPERTY", {"a:b": 1}),
        ("INT", {"a": 1}),
    ],
)
def test_values_of_another_kind_are_refused(kind, given):
    with pytest.raises(ValueRefused):
        PROPERTY_TYPES[kind].coerce(given)


def test_a_partial_object_keeps_the_members_it_does_not_name():
    light = PROPERTY_TYPES["HOME_COLORED_LIGHT"]
    before = {"swi": True, "hue": 1.0, "sat": 2.0, "bri": 3.0}
    assert light.coerce({"hue": 90}, before) == {**before, "hue": 90.0}


def test_an_object_for_a_device_is_complete():
    light = PROPERTY_TYPES["HOME_COLORED_LIGHT"]
    assert light.complete({"swi": True}) == {"swi": True, "hue": 0.0, "sat": 0.0, "bri": 0.0}


def test_all_types_of_the_application_api_are_known():
    assert len(PROPERTY_TYPES) == 132


@pytest.mark.parametrize(
    "zone, moment, offset, until",
    [
        (
            "Europe/Berlin",
            datetime(2026, 7, 1, tzinfo=timezone.utc),
            7200,
            datetime(2026, 10, 25, 1, tzinfo=timezone.utc),
        ),
        (
            "Europe/Berlin",
            datetime(2026, 1, 1, tzinfo=timezone.utc),
            3600,
            datetime(2026, 3, 29, 1, tzinfo=timezone.utc),
        ),
        (
            "America/New_York",
            datetime(2026, 7, 1, tzinfo=timezone.utc),
            -14400,
            datetime(2026, 11, 1, 6, tzinfo=timezone.utc),
        ),
    ],
)
def test_a_time_zone_holds_until_its_next_change(zone, moment, offset, until):
    assert time_zone.offset_and_until(zone, moment.timestamp()) == (offset, until.timestamp())


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "no/such zone"])
def test_a_zone_without_changes_holds_into_the_future(zone):
    now = datetime(2026, 7, 1, tzinfo=timezone.utc).timestamp()
    assert time_zone.offset_and_until(zone, now)[1] > now + 86400


def test_the_moment_of_a_change_belongs_to_the_new_offset():
    change = datetime(2026, 10, 25, 1, tzinfo=timezone.utc).timestamp()
    assert time_zone.offset_and_until("Europe/Berlin", change)[0] == 3600
    assert time_zone.offset_and_until("Europe/Berlin", change - 1) == (7200, change)


@pytest.mark.parametrize("name", ["", "..", "/etc/passwd", "../../etc/passwd", "Europe", "x" * 300, "a\0b"])
def test_odd_zone_names_are_unknown(name):
    assert not time_zone.is_known(name)

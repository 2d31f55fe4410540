"""The last values: how the device asks for them, and whose value counts."""

from arduino_iot_cloud.cbor_item import Tag, dumps
from arduino_iot_cloud.port import ticks_add
from arduino_iot_cloud.property.composites import Location
from arduino_iot_cloud.session.zone import refresh
from reports import Reports
from session_rig import (
    COMMAND_DOWN,
    COMMAND_UP,
    DEVICE_IN,
    GET_LAST_VALUES,
    LAST_VALUES_BEGIN,
    LAST_VALUES_UPDATE,
    OTHER,
    SHADOW_IN,
    SHADOW_OUT,
    THING,
    THING_DETACH,
    THING_UPDATE,
    TIMEZONE_DOWN,
    Rig,
    pack,
    variable,
    written,
)

BY_COMMAND = ("publish", COMMAND_UP, LAST_VALUES_BEGIN)
BY_SHADOW = ("publish", SHADOW_OUT, GET_LAST_VALUES)
STARTS = (0, ticks_add(0, -1), ticks_add(0, -2000), ticks_add(0, -40000))
HOUR = 3600000


def waiting(*properties, discovery="both", legacy=False, now=0):
    """A session that has just been attached."""
    rig = Rig(*properties, discovery=discovery, now=now)
    rig.connect()
    rig.poll()
    if legacy:
        rig.tell(DEVICE_IN, pack(("thing_id", THING)))
    else:
        rig.command(THING_UPDATE, THING)
    rig.requests()
    return rig


def test_asked_at_once_the_way_the_thing_was_found():
    for discovery, legacy in (("both", False), ("both", True), ("command", False), ("legacy", True)):
        rig = waiting(discovery=discovery, legacy=legacy)
        assert rig.poll() == [BY_SHADOW if legacy else BY_COMMAND]


def test_asked_again_every_30_seconds_and_then_both_ways_where_allowed():
    for discovery, legacy, again in (
        ("both", False, [BY_SHADOW, BY_COMMAND]),
        ("both", True, [BY_SHADOW, BY_COMMAND]),
        ("command", False, [BY_COMMAND]),
        ("legacy", True, [BY_SHADOW]),
    ):
        for start in STARTS:
            rig = waiting(discovery=discovery, legacy=legacy, now=start)
            done = rig.run(HOUR)
            assert [time for time, _ in done] == [30000 * i for i in range(12)]
            assert [requests for _, requests in done[1:11]] == [again] * 10
            assert done[11][1] == [("reset", None, None)]
            assert rig.session.wake is None  # the driver ends it


def test_values_of_our_own_are_held_for_three_seconds_at_most():
    for start in STARTS:
        rig = waiting(variable("a", 1), now=start)
        rig.poll()
        assert not rig.session.ready
        rig.run(2999)
        assert not rig.session.ready
        assert rig.run(1) == []
        assert rig.session.ready and rig.session.state == "RequestLastValues"
        assert rig.published() == [("a", 1)]
        rig.run(200000)
        assert rig.session.ready


def test_their_arrival_ends_the_asking():
    for shadow in (False, True):
        for ms in (0, 10, 3000, 5000, 45000, 320000):
            rig = waiting()
            rig.run(ms)
            if shadow:
                rig.tell(SHADOW_IN, pack())
            else:
                rig.last_values()
            assert rig.session.state == "Connected" and rig.session.ready
            assert rig.syncs == 1 and rig.session.wake is None
            assert rig.run(HOUR) == [] and rig.requests() == []


def test_an_indefinite_or_empty_answer_counts():
    for payload in (b"\x80", b"\x9f\xff"):
        rig = waiting()
        rig.command(LAST_VALUES_UPDATE, payload)
        assert rig.session.state == "Connected" and rig.syncs == 1


def test_a_malformed_answer_is_asked_for_again():
    for topic, payload in (
        (COMMAND_DOWN, dumps(Tag(LAST_VALUES_UPDATE, [b"\x81"]))),
        (COMMAND_DOWN, dumps(Tag(LAST_VALUES_UPDATE, [pack(("empty", 1)) + b"\x00"]))),
        (COMMAND_DOWN, dumps(Tag(LAST_VALUES_UPDATE, ["text"]))),
        (SHADOW_IN, b"\xa0"),
        (SHADOW_IN, b"\x82" + pack(("empty", 1))[1:]),
    ):
        rig = waiting(variable("empty"))
        rig.poll()
        with Reports() as reports:
            rig.tell(topic, payload)
        assert rig.session.dropped == len(reports.texts) == 1
        assert rig["empty"] is None and rig.syncs == 0 and rig.wrote == []
        assert rig.session.state == "RequestLastValues"
        assert [time for time, _ in rig.run(40000)] == [30000]


def test_at_first_the_programs_initial_values_win_and_empty_ones_are_filled():
    rig = waiting(variable("a", 1), variable("b"), variable("read", 3, False), variable("empty", None, False))
    rig.last_values(("a", 10), ("b", 20), ("read", 30), ("empty", 40), ("nobody", 50))
    assert (rig["a"], rig["b"], rig["read"], rig["empty"]) == (1, 20, 3, 40)
    assert rig.wrote == ["b", "empty"]
    assert rig.published() == [("a", 1), ("read", 3)]
    assert rig.session.dropped == 0


def test_what_the_program_sets_before_they_arrive_wins_too():
    rig = waiting(variable("a"))
    rig["a"] = 5
    rig.last_values(("a", 10))
    assert rig["a"] == 5 and rig.wrote == [] and rig.published() == [("a", 5)]


def test_initial_values_that_were_published_before_they_arrived_win_too():
    rig = waiting(variable("a", 1))
    rig.run(4000)
    assert rig.published() == [("a", 1)]
    rig.last_values(("a", 10))
    assert rig["a"] == 1 and rig.wrote == []


def test_after_a_reconnect_the_clouds_value_is_taken_where_writable_and_unchanged():
    rig = Rig(variable("a", 1), variable("b", 2), variable("read", 3, False), variable("same", 4)).sync()
    rig.drain()
    rig["b"] = 5
    rig.reconnect(("a", 10), ("b", 20), ("read", 30), ("same", 4))
    assert (rig["a"], rig["b"], rig["read"], rig["same"]) == (10, 5, 3, 4)
    assert rig.wrote == ["a"]
    assert rig.published() == [("b", 5)]


def test_a_value_that_was_not_acknowledged_is_newer_than_the_clouds():
    rig = Rig(variable("a", 1)).sync()
    rig.drain()
    rig["a"] = 5
    assert rig.published(acknowledged=False) == [("a", 5)]
    rig.reconnect(("a", 1))
    assert rig["a"] == 5 and rig.wrote == []


def test_a_value_set_while_offline_survives_any_number_of_reconnects():
    rig = Rig(variable("a", 1)).sync()
    rig.drain()
    rig.session.end()
    rig["a"] = 7
    for _ in range(3):
        rig.reconnect(("a", 10))
        assert rig["a"] == 7
    assert rig.published() == [("a", 7)]


def test_types_of_last_values_follow_the_rule():
    rig = Rig(variable("f", 1.5), variable("i", 1), variable("b", True), variable("t", "x")).sync()
    rig.drain()
    with Reports() as reports:
        rig.reconnect(("f", 2), ("i", 2.9), ("b", 0), ("t", 5))
    assert (rig["f"], rig["i"], rig["b"], rig["t"]) == (2.0, 2, False, "x")
    assert type(rig["f"]) is float and type(rig["i"]) is int
    assert rig.session.dropped == len(reports.warnings) == 1 and "'t'" in reports


def test_a_variable_with_attributes_is_called_once_and_only_for_a_difference():
    rig = Rig(Location("here", lat=1.5, lon=2.5, on_write=print), Location("there")).sync()
    rig.drain()
    rig.reconnect(("here:lat", 1.5), ("here:lon", 2.5), ("there:lat", 3.5), ("there:lon", 4.5))
    assert rig.wrote == ["there"]
    rig.reconnect(("here:lat", 1.5), ("here:lon", 9.5), ("there:lat", 3.5), ("there:lon", 4.5))
    assert rig["here"] == {"lat": 1.5, "lon": 9.5} and rig.wrote == ["there", "here"]
    assert rig["there"] == {"lat": 3.5, "lon": 4.5}


def test_they_are_taken_whenever_they_come_but_the_event_comes_once():
    rig = Rig(variable("a", 1)).sync()
    rig.drain()
    rig.reconnect(("a", 4))
    assert rig["a"] == 4 and rig.syncs == 2
    rig.last_values(("a", 5))
    assert rig["a"] == 5 and rig.wrote == ["a", "a"] and rig.syncs == 2
    assert rig.session.state == "Connected" and rig.requests() == []


def test_what_went_out_on_this_connection_is_newer_than_late_ones():
    for acknowledged in (True, False):
        rig = Rig(variable("a", 1), variable("b", 1)).sync()
        rig.drain()
        rig.session.end()
        rig["a"] = 5
        rig.attach()
        rig.run(3000)  # the cloud is slow
        assert rig.published(acknowledged=acknowledged) == [("a", 5)]
        rig.last_values(("a", 1), ("b", 7))
        assert (rig["a"], rig["b"]) == (5, 7) and rig.wrote == ["b"]
        if not acknowledged:
            rig.session.acknowledged()
        assert rig.published() == []
        rig.reconnect(("a", 6))
        assert rig["a"] == 6


def test_what_the_cloud_wrote_on_this_connection_is_newer_than_late_ones():
    rig = Rig(variable("a", 1)).sync()
    rig.drain()
    rig.session.end()
    rig.attach()
    rig.write(("a", 9))
    rig.last_values(("a", 8))
    assert rig["a"] == 9 and rig.wrote == ["a"]


def test_an_attribute_that_the_cloud_wrote_on_this_connection_is_newer_than_a_late_one_and_the_others_are_not():
    for first in ((("place:lat", 1.0), ("place:lon", 2.0)), ()):
        rig = Rig(Location("place", on_write=written)).sync(*first)
        rig.drain()
        rig.session.end()
        rig.attach()
        rig.write(("place:lon", 7.0))
        for lat in (5.0, 6.0):  # both answers, if it asked in both ways
            rig.last_values(("place:lat", lat), ("place:lon", 2.0))
            assert rig["place"] == {"lat": lat, "lon": 7.0}
        rig.reconnect(("place:lat", 8.0), ("place:lon", 9.0))
        assert rig["place"] == {"lat": 8.0, "lon": 9.0}


def test_what_came_from_the_cloud_never_outweighs_what_comes_from_it_later():
    for p in (variable("a"), variable("a", 1)):
        for changed in (False, True):
            rig = Rig(p).attach()
            rig.write(("a", 9))
            rig.session.end()  # before the last values
            if changed:
                rig.attach()
                rig.write(("a", 10))
                rig.session.end()
            rig.sync(("a", 11))
            assert rig["a"] == 11
            rig.drain()


def test_a_value_that_the_program_sets_after_the_clouds_counts_again():
    rig = Rig(variable("a")).attach()
    rig.write(("a", 9))
    rig["a"] = 5
    rig.session.end()
    rig.sync(("a", 9))
    assert rig["a"] == 5 and rig.published() == [("a", 5)]


def test_none_without_a_thing_is_taken_and_no_event_comes():
    rig = Rig(variable("a", 1), variable("empty")).sync()
    rig.drain()
    rig.command(THING_DETACH, THING)
    rig.requests()
    rig.last_values(("a", 5), ("empty", 5))
    assert rig.syncs == 1 and rig["a"] == 1 and rig["empty"] is None
    assert rig.session.state == "SendCapabilities" and not rig.session.ready


def test_a_new_thing_is_a_new_event():
    rig = Rig(variable("a", 1)).sync()
    rig.command(THING_UPDATE, OTHER)
    rig.poll()
    rig.last_values()
    rig.last_values()
    assert rig.syncs == 2


# Asking once more


def refreshed():
    rig = Rig(variable("a", 1)).sync()
    rig.drain()
    rig.properties["new"] = variable("new")
    for _ in range(3):
        refresh(rig.session, rig.now)
    return rig


def test_asked_once_more_for_a_variable_without_a_value():
    rig = refreshed()
    assert rig.wakes_in() == 0 and rig.poll() == [BY_COMMAND] and rig.poll() == []
    refresh(rig.session, rig.now)
    assert rig.run(1000) == []
    rig.last_values(("a", 7), ("new", 5))
    assert (rig["a"], rig["new"], rig.syncs) == (1, 5, 1)
    assert rig.run(HOUR) == []
    refresh(rig.session, rig.now)  # once more
    assert rig.poll() == [BY_COMMAND]


def test_without_an_answer_ever_more_slowly_and_both_ways():
    for discovery, again in (("both", [BY_SHADOW, BY_COMMAND]), ("command", [BY_COMMAND])):
        rig = refreshed()
        rig.session.discovery = discovery
        done = rig.run(2 * HOUR)
        assert done[0] == (0, [BY_COMMAND]) and done[1] == (30000, again)
        assert [time for time, _ in done[:8]] == [0] + [30000 * (2**i - 1) for i in range(1, 8)]
        assert rig.session.state == "Connected" and rig.session.ready
        rig.last_values()
        assert rig.run(HOUR) == []


def test_not_asked_where_they_are_asked_for_anyway():
    rig = Rig(variable("a"))
    refresh(rig.session, 0)
    assert rig.session.wake is None
    rig.connect()
    refresh(rig.session, 0)
    rig.requests()
    rig.poll()
    refresh(rig.session, 0)
    assert rig.wakes_in() == 4000
    rig.command(THING_UPDATE, THING)
    assert rig.poll()[-1] == BY_COMMAND
    refresh(rig.session, rig.now)
    assert rig.poll() == []
    rig.session.end()
    refresh(rig.session, rig.now)
    assert rig.session.wake is None


def test_they_bring_the_time_zone():
    rig = Rig().sync(("tz_offset", -18000), ("tz_dst_until", 1900000000))
    assert (rig.session.tz_offset, rig.session.tz_dst_until) == (-18000, 1900000000)
    rig.write(("tz_offset", 3600))
    assert rig.session.tz_offset == 3600


def test_a_command_brings_the_time_zone():
    rig = Rig().sync()
    assert (rig.session.tz_offset, rig.session.tz_dst_until) == (0, 0)
    rig.command(TIMEZONE_DOWN, -3600, 2**32 - 1)
    assert (rig.session.tz_offset, rig.session.tz_dst_until) == (-3600, 2**32 - 1)


def test_a_time_zone_may_come_as_a_float_but_not_as_anything_else():
    rig = Rig().sync()
    rig.write(("tz_offset", 3600.0), ("tz_dst_until", 1900000000.0))
    assert (rig.session.tz_offset, rig.session.tz_dst_until) == (3600, 1900000000)
    assert type(rig.session.tz_offset) is int and type(rig.session.tz_dst_until) is int
    for value in (True, "3600", float("nan"), float("inf")):
        rig.write(("tz_offset", value), ("tz_dst_until", value))
        assert (rig.session.tz_offset, rig.session.tz_dst_until) == (3600, 1900000000)


def test_a_malformed_pack_brings_no_time_zone():
    rig = Rig().sync()
    with Reports():
        rig.tell(COMMAND_DOWN, dumps(Tag(LAST_VALUES_UPDATE, [b"\x82" + pack(("tz_offset", 3600))[1:] + b"\x07"])))
    assert rig.session.tz_offset == 0 and rig.session.dropped == 1

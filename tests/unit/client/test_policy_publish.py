"""When a policy publishes, on a simulated clock: just before, at and just after each edge."""

from arduino_iot_cloud.port import ticks_add
from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import Color, DimmedLight, Location
from arduino_iot_cloud.property.policy import differs
from policy_rig import ClientRig
from portable_assert import raises
from session_rig import OTHER

NAN = float("nan")
INF = float("inf")
WRAP = 1 << 30  # of the ticks on 32 bits
POLICIES = (
    {}, {"publish": "change"}, {"publish": 1}, {"publish": "demand"}, {"history": 5}, {"history": 5, "publish": 1}
)  # fmt: skip


def rig_with(value=0, now=0, **policy):
    """A connected client with one variable, whose first value has been published."""
    rig = ClientRig(ArduinoCloudObject("a", value=value, **policy), now=now).sync()
    assert rig.run_for(0) == [(0, [("a", value)])]
    return rig


def changes(rig, value):
    """What is published at once when it is set."""
    rig.client["a"] = value
    return rig.run_for(0)


def test_without_a_policy_every_assignment_is_published():
    rig = rig_with(5)
    for value in (5, 5, 6):
        assert changes(rig, value) == [(0, [("a", value)])]


def test_arguments_that_say_nothing_of_publishing_leave_it_as_it_is():
    for policy in ({"sync": "cloud"}, {"timestamp": True}, {"permission": "readwrite"}, {"publish": None}):
        rig = rig_with(5, **policy)
        for value in (5, 5, 6):
            assert changes(rig, value) == [(0, [("a", value)])], policy


def test_on_change_an_equal_value_is_not_published():
    for value, other in ((5, 6), (1.5, 2.5), (True, False), ("a", "b")):
        rig = rig_with(value, publish="change", min_interval=0)
        assert changes(rig, value) == []
        assert changes(rig, other) == [(0, [("a", other)])]
        assert changes(rig, other) == []


def test_on_change_the_default_interval_is_half_a_second():
    rig = rig_with(publish="change")
    assert changes(rig, 1) == []
    assert rig.run_for(2000) == [(500, [("a", 1)])]
    assert changes(rig, 2) == [(0, [("a", 2)])]


def test_the_interval_counts_from_the_last_packet():
    for before, published in ((499, []), (500, [(0, [("a", 1)])]), (501, [(0, [("a", 1)])])):
        rig = rig_with(publish="change")
        rig.wait(before)
        assert changes(rig, 1) == published, before


def test_any_interval():
    for seconds in (0.001, 0.25, 1, 3.5, 3600, 500000):
        ms = int(seconds * 1000)
        rig = rig_with(min_interval=seconds)
        assert changes(rig, 1) == []
        assert rig.run_for(ms - 1) == []
        assert rig.run_for(1) == [(1, [("a", 1)])] or rig.run_for(0) == [(0, [("a", 1)])], seconds


def test_without_an_interval_every_difference_is_published():
    rig = rig_with(min_interval=0)
    for value in (1, 2, 1):
        assert changes(rig, value) == [(0, [("a", value)])]


def test_a_value_that_came_back_within_the_interval_is_not_published():
    rig = rig_with(publish="change")
    rig.client["a"] = 1
    rig.wait(300)
    rig.client["a"] = 0
    assert rig.run_for(5000) == []


def test_a_value_that_came_back_while_there_was_no_link_is_not_published():
    rig = rig_with(publish="change")
    rig.session.end()
    rig.client["a"] = 1
    assert rig.run_for(60000) == []
    rig.client["a"] = 0
    rig.sync()
    assert rig.run_for(5000) == []


def test_the_last_of_several_values_is_published():
    rig = rig_with(publish="change")
    for value in (1, 2, 3):
        rig.client["a"] = value
        rig.wait(100)
    assert rig.run_for(1000) == [(200, [("a", 3)])]


def test_the_interval_over_the_wrap_of_the_ticks():
    for now in (WRAP - 1, WRAP - 250, WRAP - 500, WRAP - 501, 0):
        rig = rig_with(now=now, publish="change")
        assert changes(rig, 1) == []
        assert rig.run_for(499) == []
        assert rig.run_for(1) == [(1, [("a", 1)])], now


def test_a_variable_that_was_silent_for_weeks_is_published_at_once():
    for hours in (24, 149, 150, 298, 299, 24 * 21, 24 * 100):
        rig = rig_with(publish="change")
        assert rig.run_for(hours * 3600000) == []
        assert changes(rig, 1) == [(0, [("a", 1)])], hours
        assert changes(rig, 2) == []
        assert rig.run_for(500) == [(500, [("a", 2)])], hours


def test_weeks_without_a_link_do_not_matter():
    for policy in ({"publish": "change"}, {"publish": 60}, {"publish": 500000}):
        for hours in (149, 150, 299, 24 * 30):
            rig = rig_with(**policy)
            rig.session.end()
            assert rig.run_for(hours * 3600000) == []
            rig.client["a"] = 1
            rig.sync()
            assert rig.run_for(0) == [(0, [("a", 1)])], (policy, hours)


def test_min_delta_of_numbers():
    for value, delta, below, at in (
        (20, 5, 24, 25), (20, 5, 16, 15), (20.0, 0.5, 20.25, 20.5), (20.0, 0.5, 19.75, 19.5)
    ):  # fmt: skip
        rig = rig_with(value, min_delta=delta, min_interval=0)
        assert changes(rig, below) == [], (value, below)
        assert changes(rig, at) == [(0, [("a", at)])]
        assert changes(rig, below) == []


def test_many_small_steps_count_from_the_value_last_sent():
    rig = rig_with(20.0, min_delta=1, min_interval=0)
    sent = []
    for i in range(1, 17):
        sent += changes(rig, 20.0 + i * 0.25)
    assert [pairs[0][1] for _, pairs in sent] == [21.0, 22.0, 23.0, 24.0]


def test_min_delta_of_a_location_is_the_distance():
    for lat, lon, published in (
        (3.0, 3.5, False), (3.0, 4.0, True), (-3.0, -4.0, True), (0.0, 4.75, False), (5.0, 0.0, True)
    ):  # fmt: skip
        rig = ClientRig(Location("a", lat=0.0, lon=0.0, min_delta=5, min_interval=0)).sync()
        rig.drain()
        rig.properties["a"].value = {"lat": lat, "lon": lon}
        assert bool(rig.run_for(0)) is published, (lat, lon)


def test_min_delta_does_not_matter_elsewhere():
    for before, after in (("a", "b"), (False, True)):
        rig = rig_with(before, min_delta=1000, min_interval=0)
        assert changes(rig, after) == [(0, [("a", after)])]
    rig = ClientRig(Color("a", hue=1.0, sat=1.0, bri=1.0, min_delta=1000, min_interval=0)).sync()
    rig.drain()
    rig.properties["a"].hue = 1.5
    assert len(rig.run_for(0)[0][1]) == 3


def test_what_differs():
    tiny = 1e-40
    for value, last, delta, expected in (
        (1, 1, 0, False), (1, 2, 0, True), (1, 2, 1, True), (1, 2, 1.5, False), (-1, 1, 2, True),
        (1.0, 1.0, 0, False), (1.0, 1.5, 0.5, True), (1.0, 1.25, 0.5, False),
        (NAN, NAN, 0, False), (NAN, 1.0, 1000, True), (1.0, NAN, 1000, True),
        (INF, INF, 0, False), (INF, -INF, 0, True), (INF, 1.0, 1000, True), (1.0, -INF, 1000, True),
        (tiny, 0.0, 1000, True), (0.0, tiny, 1000, True), (tiny, tiny, 0, False),
        ("a", "a", 0, False), ("a", "b", 9, True), (True, False, 9, True), (True, True, 0, False),
        (5, None, 1000, True), ("a", None, 0, True),
        ({"lat": NAN, "lon": 1.0}, {"lat": NAN, "lon": 1.0}, 0, False),
        ({"lat": 1.0, "lon": 1.0}, {"lat": 1.0, "lon": None}, 9, True),
        ({"swi": True, "bri": NAN}, {"swi": True, "bri": NAN}, 0, False),
        ({"swi": True, "bri": 1.0}, {"swi": True, "bri": 2.0}, 9, True),
        ({"swi": True, "bri": 1.0}, {"swi": True, "bri": None}, 9, True),
    ):  # fmt: skip
        assert differs(value, last, delta) is expected, (value, last, delta)


def test_every_so_many_seconds_whether_changed_or_not():
    for seconds in (0.1, 1, 60, 3600, 500000):
        ms = int(seconds * 1000)
        rig = rig_with(publish=seconds)
        assert changes(rig, 7) == []
        assert rig.run_for(ms - 2) == [], seconds
        assert rig.run_for(5 * ms + 2) == [(2 + i * ms, [("a", 7)]) for i in range(6)], seconds


def test_every_so_many_seconds_over_the_wrap():
    rig = rig_with(publish=10, now=WRAP - 5000)
    assert [at for at, _ in rig.run_for(60000)] == [10000, 20000, 30000, 40000, 50000, 60000]


def test_an_interval_that_ended_without_a_link_is_made_up_for_once():
    rig = rig_with(publish=10)
    rig.session.end()
    assert rig.run_for(95000) == []
    rig.sync()
    assert rig.run_for(20000) == [(at, [("a", 0)]) for at in (0, 10000, 20000)]


def test_every_year_whether_changed_or_not():
    year = 365 * 86400
    rig = rig_with(publish=year)
    hour = 3600000
    assert rig.run_for((year - 7200) * 1000, hour) == []
    assert rig.run_for(2 * 7200 * 1000, hour) == [(7200 * 1000, [("a", 0)])]


def test_intervals_longer_than_ten_years_are_refused():
    ArduinoCloudObject("a", value=0, publish=315360000, history=5)
    for wrong in ({"publish": 315360001}, {"publish": INF}, {"publish": NAN}, {"min_interval": 1e9},
                  {"min_interval": -1}, {"min_delta": INF}, {"min_delta": NAN}, {"publish": True}):
        assert "'a'" in str(raises(ValueError, ArduinoCloudObject, "a", value=0, **wrong))


def test_after_a_pause_of_any_length_what_waited_is_due():
    for policy in ({"publish": "change", "min_interval": 3600}, {"publish": 3600}, {"publish": 3600, "history": 5}):
        for hours in (1, 148, 149, 150, 200, 298, 299, 1000):
            rig = rig_with(**policy)
            rig.wait(1000)
            rig.client["a"] = 1
            rig.session.end()
            for _ in range(hours):  # nobody polls meanwhile
                rig.now = ticks_add(rig.now, 3600000)
            rig.properties["a"].policy.resumed(rig.now)
            rig.run_for(0)
            rig.sync()
            assert rig.run_for(1000)[0] == (0, [("a", 1)]), (policy, hours)


def test_a_variable_that_had_no_value_for_months_is_published_at_once():
    for hours in (149, 299, 24 * 60):
        rig = rig_with(publish="change", min_interval=3600)
        rig.properties["a"].value = None
        assert rig.run_for(hours * 3600000, 3600000) == []
        assert changes(rig, 7) == [(0, [("a", 7)])], hours


def test_on_demand_the_first_value_then_only_after_a_push():
    rig = rig_with(publish="demand")
    assert changes(rig, 1) == []
    assert rig.run_for(3600000 * 24 * 20) == []
    rig.client.push("a")
    assert rig.run_for(10000) == [(0, [("a", 1)])]
    assert changes(rig, 2) == []
    rig.client.push()
    assert rig.run_for(0) == [(0, [("a", 2)])]


def test_a_push_without_a_link_is_kept():
    rig = rig_with(publish="demand")
    rig.session.end()
    rig.client.push("a")
    assert rig.run_for(3600000) == []
    rig.sync()
    assert rig.run_for(3600000) == [(0, [("a", 0)])]


def test_a_push_is_for_publishing_on_demand_only():
    for policy in ({}, {"publish": "change"}, {"publish": 10}, {"timestamp": True}):
        rig = rig_with(**policy)
        rig.client.push()
        rig.client.push("a")
        assert rig.run_for(9999) == [], policy
    raises(KeyError, rig.client.push, "nope")


def test_what_has_no_value_is_not_published():
    for policy in POLICIES[1:]:
        rig = ClientRig(ArduinoCloudObject("a", **policy), Location("b", **policy)).sync()
        rig.client.push()
        assert rig.run_for(10000) == [], policy
        rig.client["a"] = 1
        assert rig.run_for(0) == [(0, [("a", 1)])], policy


def test_what_only_the_cloud_may_write_is_never_published():
    for policy in POLICIES:
        rig = ClientRig(ArduinoCloudObject("a", value=0, permission="write", **policy)).sync()
        rig.client["a"] = 1
        rig.client.push()
        assert rig.run_for(10000) == [], policy
        rig.write(("a", 5))
        assert rig["a"] == 5 and rig.run_for(10000) == [], policy
        rig.attach(OTHER)
        rig.command(0x010600, b"\x80")
        assert rig.run_for(10000) == [], policy


def test_another_thing_is_told_everything_at_once():
    for policy in POLICIES:
        rig = rig_with(3, **policy)
        rig.run_for(100)
        rig.command(0x010400, OTHER)
        rig.poll()
        rig.command(0x010600, b"\x80")
        rig.requests()
        assert rig.run_for(0) == [(0, [("a", 3)])], policy


def test_values_that_find_no_room_come_with_the_next_packet():
    names = ["n%d" % i for i in range(8)]
    rig = ClientRig(*[ArduinoCloudObject(name, value=0, publish="change") for name in names]).sync()
    packets = []
    while True:
        packet = rig.exchange(40)
        if not packet:
            break
        packets.append(packet)
    assert sorted([name for packet in packets for name, _ in packet]) == names and len(packets) > 1


def test_a_value_that_fits_no_packet_is_reported_once():
    rig = rig_with("", min_interval=0)
    rig.properties["a"].value = "x" * 200
    assert rig.publish(100) == [] and rig.session.dropped == 1
    assert rig.publish(100) == [] and rig.session.dropped == 1
    rig.properties["a"].value = "short"
    assert rig.publish(100) == [("a", "short")]


def test_the_time_of_the_change_goes_with_it():
    light = DimmedLight("b", swi=True, bri=1.0)
    rig = ClientRig(ArduinoCloudObject("a", value=0, timestamp=True, publish="change"), light).sync()
    rig.drain()
    rig.wait(5000)
    rig.client["a"] = 1
    rig.wait(3000)
    assert rig.records() == [{0: "a", 2: 1, 6: 1700000005}]


def test_without_a_clock_there_is_no_time():
    rig = ClientRig(ArduinoCloudObject("a", value=0, timestamp=True), unix=0).sync()
    rig.client["a"] = 1
    assert rig.records() == [{0: "a", 2: 1}]


def test_arguments_are_checked_by_name():
    for key, values in (
        ("publish", ("often", 0, 0.09, -1, 315360001, NAN, INF, True, [])),
        ("min_delta", (-1, NAN, "1", True)),
        ("min_interval", (-0.1, 315360001, NAN, INF, "1", True)),
        ("permission", ("all", 1, True)),
        ("sync", ("mine", 1, True)),
        ("timestamp", ("yes", 2)),
        ("history", (-1, 10001, 1.5, "5", True)),
    ):
        for value in values:
            error = raises(ValueError, ArduinoCloudObject, "the name", **{key: value})
            assert "the name" in str(error) and key in str(error), error
    raises(ValueError, ArduinoCloudObject, "a", publish=5, min_delta=1)
    raises(ValueError, ArduinoCloudObject, "a", publish="demand", min_interval=1)
    raises(ValueError, ArduinoCloudObject, "a", store="file")
    error = raises(TypeError, ArduinoCloudObject, "a", publish="change", policy=1)
    assert "'policy'" in str(error)


def test_the_order_of_the_arguments_does_not_matter():
    for given in (
        (("value", 1), ("publish", "change"), ("history", 3)),
        (("history", 3), ("value", 1), ("publish", "change")),
        (("publish", "change"), ("history", 3), ("value", 1)),
    ):
        arguments = {}
        for key, value in given:
            arguments[key] = value
        rig = ClientRig(ArduinoCloudObject("a", **arguments)).sync()
        assert rig.run_for(1000) == [(0, [("a", 1)])]


def test_a_variable_that_is_registered_again_has_its_new_policy_only():
    rig = rig_with(publish=1)
    rig.client.register("a", value=5)
    assert rig.run_for(10000) == [(0, [("a", 5)])]
    rig.client.register("a", value=6, publish=4)
    assert [at for at, _ in rig.run_for(10000)] == [0, 4000, 8000]
    assert len(rig.client.runnable) == 1

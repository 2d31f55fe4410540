"""Whose value counts, at a connection and when the cloud writes, and who is notified."""

from arduino_iot_cloud.cbor_item import dumps
from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import Location
from policy_rig import UNIX, ClientRig
from reports import Reports
from session_rig import pack, record, written

RULES = ("cloud", "device", "recent", lambda p, value, time: True, lambda p, value, time: False)


def variable(value=4, on_write=written, **policy):
    return ArduinoCloudObject("a", value=value, on_write=on_write, **policy)


def last_values(rig, *records):
    """Last values with their times."""
    rig.command(0x010600, dumps(list(records)))
    rig.requests()


def first_connection(p, value, time=None):
    rig = ClientRig(p).attach()
    last_values(rig, record("a", value, time))
    return rig


def test_at_the_first_connection():
    for publish in (None, "change"):
        for rule, time, expected in (
            ("cloud", None, 9), ("device", None, 4), ("recent", None, 4), ("recent", 1, 9), (None, None, 4),
            (RULES[3], None, 9), (RULES[4], None, 4),
        ):  # fmt: skip
            rig = first_connection(variable(sync=rule, publish=publish), 9, time)
            assert rig["a"] == expected, (rule, time)
            assert rig.wrote == (["a"] if expected == 9 else [])
            assert rig.exchange() == [("a", expected)]  # not published since boot
            assert rig.run_for(5000) == []


def test_the_same_value_is_nobodys_victory():
    for publish in (None, "change"):
        for rule in RULES:
            rig = first_connection(variable(sync=rule, publish=publish), 4, UNIX * 2)
            assert (rig["a"], rig.wrote) == (4, [])


def reconnected(rule, publish, local, value, time=None):
    """A device that has published 4 is set to `local` (None: unchanged) without a link; the cloud then has `value`."""
    rig = ClientRig(variable(sync=rule, publish=publish)).sync()
    rig.drain()
    rig.session.end()
    rig.wait(60000)
    if local is not None:
        rig.client["a"] = local
    rig.attach()
    last_values(rig, record("a", value, time))
    return rig


def test_at_a_reconnection_without_a_change_of_the_devices():
    for publish in (None, "change"):
        for rule, time, expected in (
            ("cloud", None, 9), ("device", None, 4), (None, None, 9), (RULES[3], None, 9), (RULES[4], None, 4),
            ("recent", None, 4), ("recent", UNIX + 30, 9),
        ):  # fmt: skip
            rig = reconnected(rule, publish, None, 9, time)
            assert rig["a"] == expected, (rule, publish)
            assert rig.wrote == (["a"] if expected == 9 else [])
            # if the device wins, it tells the cloud
            assert rig.exchange() == ([] if expected == 9 else [("a", 4)]), (rule, publish)
            assert rig.run_for(5000) == []


def test_at_a_reconnection_with_a_change_of_the_devices():
    for publish in (None, "change"):
        for rule, expected in (("cloud", 9), ("device", 5), (None, 5), (RULES[3], 9), (RULES[4], 5)):
            rig = reconnected(rule, publish, 5, 9)
            assert rig["a"] == expected, (rule, publish)
            published = rig.exchange()
            if expected == 5 or publish is None:
                assert published == [("a", expected)]
            else:
                assert published == []
            assert rig.run_for(5000) == []


def test_the_most_recent_wins_at_the_second():
    for publish in (None, "change"):
        for time, expected in ((59, 5), (60, 5), (61, 9)):
            rig = reconnected("recent", publish, 5, 9, UNIX + time)
            assert rig["a"] == expected, time


def test_the_initial_value_of_a_device_is_not_recent():
    rig = first_connection(variable(sync="recent"), 9, 1)
    assert rig["a"] == 9


def test_a_value_set_without_a_clock_is_not_recent():
    rig = ClientRig(variable(sync="recent"), unix=0)
    rig.client["a"] = 5
    rig.attach()
    last_values(rig, record("a", 9, 1))
    assert rig["a"] == 9


def test_what_was_taken_from_the_cloud_is_as_recent_as_it_was_there():
    rig = first_connection(variable(sync="recent"), 9, UNIX + 1000)
    for time, expected in ((UNIX + 1000, 9), (UNIX + 1001, 10)):
        rig.session.end()
        rig.attach()
        last_values(rig, record("a", 10, time))
        assert rig["a"] == expected


def test_a_function_decides_with_what_it_is_given():
    seen = []

    def rule(p, value, time):
        seen.append((p.name, p.value, value, time))
        return value > p.value

    rig = first_connection(variable(sync=rule), 9, 77)
    assert rig["a"] == 9
    rig.session.end()
    rig.attach()
    last_values(rig, record("a", 3))
    assert rig["a"] == 9
    assert seen == [("a", 4, 9, 77), ("a", 9, 3, 0)]


def test_a_function_that_raises_is_reported_and_the_device_wins():
    def rule(p, value, time):
        return 1 / 0

    with Reports() as reports:
        rig = first_connection(variable(sync=rule), 9)
    assert rig["a"] == 4 and "ZeroDivisionError" in reports
    assert rig.session.ready


def test_attributes_are_decided_together_by_the_latest_time():
    for times, expected in (((50, 150), 7.0), ((150, 50), 7.0), ((50, 99), 1.0), ((100, 100), 1.0), ((None, 101), 7.0)):
        p = Location("a", lat=1.0, lon=2.0, on_write=written, sync="recent", publish="change")
        rig = ClientRig(p).attach()
        p.policy.changed_at = 100
        last_values(rig, record("a:lat", 7, times[0]), record("a:lon", 8, times[1]))
        assert p.lat == expected, times
        assert p.lon == (8.0 if expected == 7.0 else 2.0)
        assert rig.wrote == (["a"] if expected == 7.0 else [])


def test_a_function_gets_the_attributes_as_a_dict():
    seen = []
    p = Location("a", lat=1.0, lon=2.0, on_write=written, sync=lambda p, value, time: seen.append((value, time)))
    rig = ClientRig(p).attach()
    last_values(rig, record("a:lat", 7, 5), record("a:lon", 8, 6))
    assert seen == [({"lat": 7.0, "lon": 8.0}, 6)]
    assert p.value == {"lat": 1.0, "lon": 2.0}


def test_a_local_change_of_another_attribute_is_kept():
    p = Location("a", lat=1.0, lon=2.0, on_write=written, publish="change")
    rig = ClientRig(p).sync()
    rig.drain()
    rig.wait(1000)
    p.lon = 5.0
    rig.write(("a:lat", 9))
    assert p.value == {"lat": 9.0, "lon": 5.0}
    assert sorted(rig.exchange()) == [("a:lat", 9.0), ("a:lon", 5.0)]


def test_without_a_value_the_clouds_is_taken_whatever_the_rule():
    for rule in RULES:
        for more in ({}, {"publish": "change"}, {"permission": "read"}, {"history": 4}):
            rig = ClientRig(ArduinoCloudObject("a", sync=rule, **more), Location("b", sync=rule, **more)).attach()
            last_values(rig, record("a", 9), record("b:lat", 1), record("b:lon", 2))
            assert (rig["a"], rig["b"]) == (9, {"lat": 1, "lon": 2})


def test_a_write_of_the_cloud_is_echoed_where_there_is_a_policy_for_publishing():
    for publish in ("change", 3600, "demand"):
        rig = ClientRig(variable(publish=publish)).sync()
        rig.drain()
        for value in (9, 9):
            rig.wrote.clear()
            rig.write(("a", value))
            assert rig.wrote == ["a"]
            assert rig.exchange() == [("a", 9)], publish
            assert rig.run_for(5000) == []
    for policy in ({}, {"sync": "cloud"}, {"timestamp": True}):
        rig = ClientRig(variable(**policy)).sync()
        rig.drain()
        rig.write(("a", 9))
        assert rig.exchange() == [], policy


def test_a_value_put_back_by_its_callback_is_published_at_once():
    def back(client, value):
        client["a"] = 4

    for publish in ("change", 3600, "demand"):
        rig = ClientRig(variable(publish=publish, on_write=back, sync="cloud")).sync()
        rig.drain()
        rig.write(("a", 9))
        assert rig.run_for(3000) == [(0, [("a", 4)])], publish
        rig.session.end()
        rig.attach()
        last_values(rig, record("a", 9))
        assert rig["a"] == 4 and rig.run_for(3000) == [(0, [("a", 4)])], publish


def test_after_the_callback_the_policy_counts_again():
    rig = ClientRig(variable(publish="demand", on_write=written)).sync()
    rig.drain()
    rig.write(("a", 9))
    rig.run_for(100)
    rig.client["a"] = 3
    assert rig.run_for(5000) == []


def test_permissions():
    for permission, on_write, cloud_may, device_may in (
        ("read", None, False, True), ("read", written, False, True), ("write", None, True, False),
        ("readwrite", None, True, True), (None, None, False, True), (None, written, True, True),
    ):  # fmt: skip
        for publish in (None, "change"):
            rig = ClientRig(variable(permission=permission, on_write=on_write, publish=publish, sync="cloud")).sync()
            assert rig.run_for(0) == ([(0, [("a", 4)])] if device_may else [])
            rig.write(("a", 9))
            assert rig["a"] == (9 if cloud_may else 4), (permission, on_write)
            rig.drain()
            rig.session.end()
            rig.attach()
            last_values(rig, record("a", 11))
            assert rig["a"] == (11 if cloud_may else 4)
            rig.drain()
            rig.wait(1000)
            rig.client["a"] = 5
            assert rig.run_for(0) == ([(0, [("a", 5)])] if device_may else [])


def test_a_malformed_pack_has_no_effect_on_a_policy():
    rig = ClientRig(variable(publish="change", sync="cloud")).attach()
    rig.command(0x010600, pack(("a", 9))[:-1])
    assert rig["a"] == 4 and not rig.wrote
    last_values(rig, record("a", 10))
    assert rig["a"] == 10


def test_values_of_a_wrong_type_are_reported():
    rig = ClientRig(variable(publish="change")).sync()
    rig.write(("a", "text"))
    assert rig["a"] == 4 and rig.session.dropped == 1 and not rig.wrote


def test_attributes_that_come_one_by_one():
    def set_the_rest(client, p):
        p.lon = 5.0

    p = Location("a", on_write=set_the_rest, publish="change")
    rig = ClientRig(p).attach()
    last_values(rig, record("a:lat", 9.5))
    assert p.value == {"lat": 9.5, "lon": 5.0}
    assert sorted(rig.exchange()) == [("a:lat", 9.5), ("a:lon", 5.0)]
    rig.session.end()
    rig.attach()
    last_values(rig, record("a:lat", 1.5))
    assert p.lat == 1.5


def lost_on_the_way(*others, **options):
    """A device that lost its packet with 5 together with the link, and that is attached again."""
    rig = ClientRig(variable(**options), *others).sync()
    rig.drain()
    rig.wait(1000)
    rig.client["a"] = 5
    for p in others:
        rig.client[p.name] = 7
    assert ("a", 5) in rig.publish()
    rig.session.end()
    return rig.attach()


def other(**options):
    return ArduinoCloudObject("b", value=1, on_write=written, **options)


def test_a_packet_whose_value_was_replaced_is_not_sent_again_and_the_others_in_it_are():
    for publish in (None, "change"):
        for rule, stale in (("cloud", True), (RULES[3], True), ("device", False), (RULES[4], False), (None, False)):
            for more in ({}, {"publish": "change"}, {"history": 5}, {"sync": "recent"}):
                rig = lost_on_the_way(other(**more), sync=rule, publish=publish)
                last_values(rig, record("a", 9))
                assert rig["a"] == (9 if stale else 5) and rig.session.stale is stale
                if stale:  # the driver forgets it
                    assert rig.exchange() == [("b", 7)], (publish, more)
                    assert not rig.session.stale
                else:  # the driver sends it again
                    rig.session.acknowledged()
                rig.wait(1000)
                assert rig.exchange() == [], (publish, rule, more)


def test_by_time_too():
    for time, value in ((UNIX, 5), (UNIX + 1000, 9)):
        rig = lost_on_the_way(sync="recent")
        last_values(rig, record("a", 9, time))
        assert rig["a"] == value and rig.session.stale is (value == 9)


def test_once_it_may_have_been_sent_again_it_is_newer_than_last_values():
    rig = lost_on_the_way(sync="cloud")
    rig.run(3000)  # the values have waited long enough
    assert rig.session.ready
    last_values(rig, record("a", 9))
    assert rig["a"] == 5 and not rig.session.stale
    rig.session.acknowledged()
    last_values(rig, record("a", 9))
    assert rig["a"] == 5 and rig.exchange() == []


def test_an_echo_that_was_lost_does_not_outweigh_the_clouds_next_value():
    rig = lost_on_the_way()
    last_values(rig, record("a", 5))
    rig.session.acknowledged()
    rig.wait(1000)
    rig.client["a"] = 6
    rig.publish()
    rig.write(("a", 9))  # crosses it
    rig.session.end()
    rig.attach()
    last_values(rig, record("a", 11))
    assert rig["a"] == 11 and rig.session.stale


def test_the_clouds_value_follows_the_samples_that_wait():
    for options in ({}, {"publish": "change"}):
        rig = ClientRig(variable(history=10, sync="cloud", **options)).sync()
        rig.drain()
        rig.session.end()
        for value in (5, 6):
            rig.wait(1000)
            rig.client["a"] = value
        rig.attach()
        last_values(rig, record("a", 9))
        assert rig["a"] == 9 and not rig.session.stale
        assert rig.publish() == [("a", 5), ("a", 6), ("a", 9)]
        rig.write(("a", 10))  # crosses them
        rig.session.acknowledged()
        assert rig.exchange() == [("a", 10)] and rig.exchange() == []

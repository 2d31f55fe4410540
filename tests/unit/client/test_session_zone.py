"""The end of the time zone's offset: what the device asks then, and how often."""

from arduino_iot_cloud.cbor_item import Tag, dumps
from reports import Reports
from session_rig import (
    COMMAND_UP,
    DEVICE,
    GET_LAST_VALUES,
    LAST_VALUES_BEGIN,
    SHADOW_OUT,
    THING,
    THING_UPDATE,
    TIMEZONE_DOWN,
    record,
    variable,
)
from walk_rig import HOUR, NOW, STARTS, Walk

DAY = 24 * HOUR
TIMEZONE_UP = ("publish", COMMAND_UP, Tag(0x010800, []))
ASK_VALUES = ("publish", COMMAND_UP, LAST_VALUES_BEGIN)
ASK_SHADOW = ("publish", SHADOW_OUT, GET_LAST_VALUES)


def zoned(until, discovery="both", legacy=False, start=0):
    """A connected session whose offset ends at a Unix time; `time` holds the wall clock, which `pass_time` moves."""
    walk = Walk(variable("a", 1), discovery=discovery, now=start)
    walk.time = NOW
    walk.session.clock = lambda: walk.time
    walk.connect()
    walk.poll()
    if legacy:
        walk.tell("/a/d/%s/e/i" % DEVICE, dumps([record("thing_id", THING)]))
    else:
        walk.command(THING_UPDATE, THING)
    walk.poll()
    walk.last_values(("tz_offset", 7200), ("tz_dst_until", until))
    walk.requests()
    walk.events.clear()
    return walk


def pass_time(walk, seconds):
    """Move both clocks and poll the session when it is due: [(seconds, requests)] of what it did."""
    done = []
    passed = 0
    while passed < seconds:
        step = min(
            max((walk.wakes_in() + 999) // 1000, 0), seconds - passed
        ) if walk.session.wake is not None else seconds - passed
        walk.wait(step * 1000)
        walk.time += step
        passed += step
        requests = walk.poll()
        if requests:
            done.append((passed, requests))
    return done


def test_the_next_offset_is_asked_for_when_this_one_has_ended():
    for start in STARTS:
        for left in (29, 30, 59, 3599, 3600, 3601, 86400, 90 * 86400):
            walk = zoned(NOW + left, start=start)
            assert pass_time(walk, left) == []
            assert pass_time(walk, 1) == [(1, [TIMEZONE_UP])], left
            walk.command(TIMEZONE_DOWN, 3600, walk.time + 999)
            walk.poll()
            assert pass_time(walk, 999) == []
            assert walk.session.tz_offset == 3600
            assert [requests for _, requests in pass_time(walk, 1)] == [[TIMEZONE_UP]]
            walk.at("Connected")
            assert walk.session.ready


def test_unanswered_both_questions_take_turns_ever_more_slowly():
    walk = zoned(NOW)
    done = pass_time(walk, 6 * 3600)
    assert [requests for _, requests in done[:4]] == [[TIMEZONE_UP], [ASK_SHADOW, ASK_VALUES]] * 2
    times = [time for time, _ in done]
    waits = [times[i + 1] - times[i] for i in range(len(times) - 1)]
    assert waits[:7] == [30, 60, 120, 240, 480, 960, 1920] and set(waits[7:]) == {3600}
    walk.at("Connected")


def test_an_offset_that_has_ended_when_it_comes_is_asked_for_30_seconds_after_the_last_values():
    for until in (NOW - 10**6, NOW - 1, NOW, NOW + 5):
        walk = zoned(until)
        assert [time for time, _ in pass_time(walk, 59)] == [30]
    walk = Walk().put("Connected")
    walk.time = NOW
    walk.session.clock = lambda: walk.time
    walk.command(TIMEZONE_DOWN, 3600, NOW - 1)
    assert [time for time, _ in pass_time(walk, 59)] == [30]


def answered(walk, seconds, until):
    """The seconds at which something is asked. Each time `until(asked)` gives the answer at once: the offset and its
    end, or None for no answer. It is also called when nothing was asked, and may move the clock."""
    asked = []
    for second in range(seconds):
        walk.wait(1000)
        walk.time += 1
        for _ in range(3):  # answers that follow each other at once
            requests = walk.poll()
            if requests:
                asked.append(second)
            answer = until(len(requests) > 0)
            if answer:
                walk.command(TIMEZONE_DOWN, *answer)
                walk.last_values(("tz_offset", answer[0]), ("tz_dst_until", answer[1]))
    return asked


def test_whatever_the_cloud_answers_two_questions_are_30_seconds_apart():
    names = ("past", "near", "a bit later", "after a while", "no zone", "in turn", "clock")
    for discovery, legacy, names in (("both", False, names), ("legacy", True, ("past", "in turn"))):
        for name in names:
            walk = zoned(NOW - 5, discovery=discovery, legacy=legacy)
            turn = [0]

            def until(asked):
                turn[0] += 1
                reports.texts.clear()
                reports.levels.clear()
                if name in ("near", "a bit later", "after a while") and not asked:
                    return None
                if name == "past":
                    return 3600, NOW - 1000
                if name == "near":
                    return 3600, walk.time + 1
                if name == "a bit later":
                    return 3600, walk.time + 15
                if name == "after a while":
                    return 3600, walk.time + 99
                if name == "no zone":
                    return (99999, walk.time) if turn[0] & 1 else (3600, walk.time - 1)
                if name == "in turn":
                    return 3600, walk.time + (10**7 if turn[0] & 1 else -1)
                walk.time = NOW + (turn[0] * 7919 % 1000 - 500) * 10**6  # the clock jumps by years
                return 3600, NOW

            with Reports() as reports:
                asked = answered(walk, 500, until)
            waits = [asked[i + 1] - asked[i] for i in range(len(asked) - 1)]
            assert not waits or min(waits) >= 30, (name, waits)
            if name in ("past", "near", "a bit later"):
                assert waits == [30, 60, 120, 240], (name, waits)
            if name == "after a while":
                assert waits == [100, 100, 120], (name, waits)
            assert walk.syncs == 1
            walk.at("Connected")


def test_a_zone_that_is_good_for_long_ends_the_doubling():
    walk = zoned(NOW)
    pass_time(walk, 500)
    walk.command(TIMEZONE_DOWN, 3600, walk.time + 7200)
    assert pass_time(walk, 7200) == []
    done = pass_time(walk, 100)
    assert [time for time, _ in done] == [1, 31, 91]


def test_last_values_answer_too():
    walk = zoned(NOW)
    pass_time(walk, 31)
    walk.last_values(("tz_offset", 0), ("tz_dst_until", NOW + 7200))
    assert pass_time(walk, 7000) == []
    assert walk.session.tz_offset == 0


def test_each_discovery_asks_in_its_own_way():
    walk = zoned(NOW, discovery="command")
    assert [r for _, r in pass_time(walk, 70)] == [[TIMEZONE_UP], [ASK_VALUES]]
    walk = zoned(NOW, discovery="legacy", legacy=True)
    assert [r for _, r in pass_time(walk, 70)] == [[ASK_SHADOW], [ASK_SHADOW]]
    walk = zoned(NOW, legacy=True)
    assert [r for _, r in pass_time(walk, 40)][0] == [ASK_SHADOW]


def test_while_the_clock_is_unknown_nothing_is_asked():
    walk = zoned(NOW + 100)
    walk.session.clock = lambda: 0
    assert [walk.run(DAY) for _ in range(30)] == [[]] * 30
    walk.session.clock = lambda: NOW + 101  # the clock has been set
    done = walk.run(HOUR)
    assert done[0][1] == [TIMEZONE_UP]


def test_a_clock_that_jumps_by_years_is_noticed_within_an_hour():
    walk = zoned(NOW + 90 * 86400)
    pass_time(walk, 100)
    walk.time += 20 * 365 * 86400
    done = pass_time(walk, 3601)
    assert [requests for _, requests in done][:1] == [[TIMEZONE_UP]]
    walk.time -= 20 * 365 * 86400  # and back: the offset is valid after all
    pass_time(walk, 3601)
    assert pass_time(walk, 86400) == []
    walk.at("Connected")


def test_without_a_zone_nothing_is_asked():
    walk = Walk().put("Connected")
    assert walk.session.wake is None and walk.run(DAY) == []


def test_a_zone_out_of_range_is_dropped():
    for offset, until in ((50401, NOW), (-43201, NOW), (3600, 0), (3600, -5)):
        walk = zoned(NOW + 1000)
        pass_time(walk, 60)
        with Reports() as reports:
            walk.command(TIMEZONE_DOWN, offset, until)
            walk.poll()
        assert (walk.session.tz_offset, walk.session.tz_dst_until) == (0, 0)
        assert walk.session.dropped == 1 and "a time zone" in reports
        assert walk.session.wake is None
    for offset in (50400, -43200):  # the C++ library refuses +14 h, which is a real zone
        walk.command(TIMEZONE_DOWN, offset, NOW + 5)
        walk.poll()
        assert (walk.session.tz_offset, walk.session.tz_dst_until) == (offset, NOW + 5)


def test_the_looks_at_the_zone_tell_that_their_modules_are_needed_no_more():
    walk = zoned(NOW + 10)
    walk.wait(31000)
    assert walk.session.poll(walk.now) is True
    asking = Walk()
    asking.connect()
    assert not asking.session.poll(0)

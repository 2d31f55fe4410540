"""Every state of the session, every way out of it and every timeout; then the time zone's end, and the greeting."""

from reports import Reports
from session_rig import (
    COMMAND_UP,
    DEVICE,
    DEVICE_BEGIN,
    GET_LAST_VALUES,
    LAST_VALUES_BEGIN,
    LAST_VALUES_UPDATE,
    OTHER,
    SHADOW_OUT,
    THING,
    THING_BEGIN,
    THING_DETACH,
    THING_UPDATE,
    TIMEZONE_DOWN,
    Rig,
    pack,
    record,
    variable,
)

import arduino_iot_cloud
from arduino_iot_cloud.announcing import net_config, wifi_firmware
from arduino_iot_cloud.cbor_item import Tag, dumps
from arduino_iot_cloud.port import ticks_add
from arduino_iot_cloud.session import Session
from portable_assert import raises

STARTS = (0, ticks_add(0, -1), ticks_add(0, -3000), ticks_add(0, -60000))  # some before the ticks wrap
HOUR = 3600000
DAY = 24 * HOUR
TIMEZONE_UP = ("publish", COMMAND_UP, Tag(0x010800, []))
ASK_VALUES = ("publish", COMMAND_UP, LAST_VALUES_BEGIN)
ASK_SHADOW = ("publish", SHADOW_OUT, GET_LAST_VALUES)
NOW = 1760000000


class Walk(Rig):
    """A rig that notes the states and events it passes."""

    def __init__(self, *properties, **options):
        super().__init__(*properties, **options)
        self.events = []
        self.session.on_event = self.events.append

    def at(self, state, events=()):
        """Insist on a state, and on the events since the last look."""
        assert self.session.state == state, self.session.state
        assert self.events == list(events), self.events
        self.events.clear()

    def put(self, state):
        """Walk to a state."""
        if state != "Init":
            self.session.begin(self.now)
            self.poll()
        if state == "unlinked":
            with Reports():
                self.command(THING_UPDATE, "")
        if state in ("RequestLastValues", "held", "Connected"):
            self.command(THING_UPDATE, THING)
            self.poll()
        if state == "held":
            self.run(3000)
        if state == "Connected":
            self.last_values()
        if state == "Disconnected":
            self.session.end()
        self.events.clear()
        self.requests()
        return self


# (state, what happens, the state after it, events)
MOVES = (
    ("Init", "link", "SendCapabilities", ()),
    ("SendCapabilities", "thing", "RequestLastValues", ("connect",)),
    ("SendCapabilities", "thing by record", "RequestLastValues", ("connect",)),
    ("SendCapabilities", "no thing", "SendCapabilities", ()),
    ("SendCapabilities", "detach", "SendCapabilities", ()),
    ("SendCapabilities", "last values", "SendCapabilities", ()),
    ("SendCapabilities", "zone", "SendCapabilities", ()),
    ("SendCapabilities", "lost", "Disconnected", ()),
    ("SendCapabilities", "silence", "Disconnected", ()),
    ("unlinked", "thing", "RequestLastValues", ("connect",)),
    ("unlinked", "no thing", "SendCapabilities", ()),
    ("unlinked", "lost", "Disconnected", ()),
    ("unlinked", "silence", "SendCapabilities", ()),
    ("RequestLastValues", "thing", "RequestLastValues", ()),
    ("RequestLastValues", "other thing", "RequestLastValues", ("disconnect", "connect")),
    ("RequestLastValues", "no thing", "SendCapabilities", ("disconnect",)),
    ("RequestLastValues", "detach", "SendCapabilities", ("disconnect",)),
    ("RequestLastValues", "last values", "Connected", ()),
    ("RequestLastValues", "zone", "RequestLastValues", ()),
    ("RequestLastValues", "lost", "Disconnected", ("disconnect",)),
    ("RequestLastValues", "silence", "Disconnected", ()),
    ("held", "last values", "Connected", ()),
    ("held", "detach", "SendCapabilities", ("disconnect",)),
    ("Connected", "thing", "Connected", ()),
    ("Connected", "other thing", "RequestLastValues", ("disconnect", "connect")),
    ("Connected", "no thing", "SendCapabilities", ("disconnect",)),
    ("Connected", "detach", "SendCapabilities", ("disconnect",)),
    ("Connected", "last values", "Connected", ()),
    ("Connected", "zone", "Connected", ()),
    ("Connected", "lost", "Disconnected", ("disconnect",)),
    ("Connected", "silence", "Connected", ()),
    ("Disconnected", "link", "SendCapabilities", ()),
    ("Disconnected", "silence", "Disconnected", ()),
)


def happen(walk, what):
    """Let one thing happen."""
    if what == "link":
        walk.session.begin(walk.now)
    elif what == "thing":
        walk.command(THING_UPDATE, THING)
    elif what == "other thing":
        walk.command(THING_UPDATE, OTHER)
    elif what == "thing by record":
        walk.tell("/a/d/%s/e/i" % DEVICE, dumps([record("thing_id", THING)]))
    elif what == "no thing":
        walk.command(THING_UPDATE, "")
    elif what == "detach":
        walk.command(THING_DETACH, THING)
    elif what == "last values":
        walk.last_values()
    elif what == "zone":
        walk.command(TIMEZONE_DOWN, 3600, NOW + 1000)
    elif what == "lost":
        walk.session.end()
    else:
        for _ in range(60):  # ten days: more than any wait
            walk.run(4 * HOUR)


def test_every_move():
    with Reports():
        for start in STARTS:
            for state, what, after, events in MOVES:
                walk = Walk(variable("a", 1), now=start)
                walk.session.clock = lambda: NOW
                walk.put(state)
                happen(walk, what)
                try:
                    walk.at(after, events)
                except AssertionError as error:
                    raise AssertionError("%s, %s: %s" % (state, what, error))


def test_values_flow_only_where_they_may():
    for state, flow in (("Init", False), ("SendCapabilities", False), ("unlinked", False), ("RequestLastValues", False),
                        ("held", True), ("Connected", True), ("Disconnected", False)):
        assert Walk().put(state).session.ready is flow, state


def test_every_wait():
    expected = {
        "SendCapabilities": [4000, 8000, 16000] + [32000] * 8,
        "unlinked": [4000, 80000, 160000, 320000, 640000, 1280000, 1280000],
        "RequestLastValues": [30000] * 11,
    }
    for start in STARTS:
        for state in expected:
            walk = Walk(now=start).put(state)
            done = walk.run(10 * HOUR)
            times = [0] + [time for time, _ in done]
            waits = [times[i + 1] - times[i] for i in range(len(times) - 1)]
            assert waits[: len(expected[state])] == expected[state], (state, waits)
            if state != "unlinked":
                assert done[-1][1] == [("reset", None, None)] and len(waits) == len(expected[state])


# The end of the time zone's offset


def zoned(until, discovery="both", legacy=False, start=0):
    """A connected session whose offset ends at a Unix time; `time` holds the wall clock, which `pass_time` moves."""
    walk = Walk(variable("a", 1), discovery=discovery, now=start)
    walk.time = NOW
    walk.session.clock = lambda: walk.time
    walk.session.begin(walk.now)
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
    """Let both clocks go on, looking when the session wants to: [(seconds, requests)] of what it did."""
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
    """The seconds at which something is asked, each time answered at once with what `until(asked)` returns: the offset
    and its end, or None for no answer. It is called where nobody has asked, too, and may move the clock."""
    asked = []
    for second in range(seconds):
        walk.wait(1000)
        walk.time += 1
        for _ in range(3):  # answers that come back to back
            requests = walk.poll()
            if requests:
                asked.append(second)
            answer = until(len(requests) > 0)
            if answer:
                walk.command(TIMEZONE_DOWN, *answer)
                walk.last_values(("tz_offset", answer[0]), ("tz_dst_until", answer[1]))
    return asked


def test_whatever_the_cloud_answers_two_questions_are_30_seconds_apart():
    for discovery, legacy in (("both", False), ("both", True), ("command", False), ("legacy", True)):
        for name in ("past", "near", "a bit later", "no zone", "in turn", "clock"):
            walk = zoned(NOW - 5, discovery=discovery, legacy=legacy)
            turn = [0]

            def until(asked):
                turn[0] += 1
                reports.texts.clear()
                reports.levels.clear()
                if name in ("near", "a bit later") and not asked:
                    return None
                if name == "past":
                    return 3600, NOW - 1000
                if name == "near":
                    return 3600, walk.time + 1
                if name == "a bit later":
                    return 3600, walk.time + 15
                if name == "no zone":
                    return (99999, walk.time) if turn[0] & 1 else (3600, walk.time - 1)
                if name == "in turn":
                    return 3600, walk.time + (10**7 if turn[0] & 1 else -1)
                walk.time = NOW + (turn[0] * 7919 % 1000 - 500) * 10**6  # the clock jumps by years
                return 3600, NOW

            with Reports() as reports:
                asked = answered(walk, 2000, until)
            waits = [asked[i + 1] - asked[i] for i in range(len(asked) - 1)]
            assert not waits or min(waits) >= 30, (name, waits)
            if name in ("past", "near", "a bit later"):
                assert waits == [30, 60, 120, 240, 480, 960], (name, waits)
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
    walk.session.clock = lambda: NOW + 101  # now somebody has set it
    done = walk.run(HOUR)
    assert done[0][1] == [TIMEZONE_UP]


def test_a_clock_that_jumps_by_years_is_noticed_within_an_hour():
    walk = zoned(NOW + 90 * 86400)
    pass_time(walk, 100)
    walk.time += 20 * 365 * 86400
    done = pass_time(walk, 3601)
    assert [requests for _, requests in done][:1] == [[TIMEZONE_UP]]
    walk.time -= 20 * 365 * 86400  # and back: the offset holds after all
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
    asking.session.begin(0)
    assert not asking.session.poll(0)


# The greeting


class Client:
    """What `announcing` wants of a client."""

    device_id = DEVICE


def greeting():
    rig = Rig(discovery="command")
    rig.session.begin(0)
    return [payload for kind, _, payload in rig.poll() if kind == "publish"]


def test_the_greeting_names_the_network_where_it_is_known():
    version = Tag(DEVICE_BEGIN, [arduino_iot_cloud.__version__])
    assert greeting() == [version, THING_BEGIN]
    try:
        net_config(Client, "wifi", "home")
        assert greeting() == [version, Tag(0x011100, [1, "home"]), THING_BEGIN]
        wifi_firmware(Client, "1.5.0")
        assert greeting() == [version, Tag(0x011100, [1, "home"]), Tag(0x012014, ["1.5.0"]), THING_BEGIN]
        address = bytes((192, 168, 1, 2))
        net_config(Client, "ethernet", address, b"", bytes(16), b"")
        assert greeting()[1] == Tag(0x011100, [6, address, b"", bytes(16), b""])
        net_config(Client, "cellular", "apn", "login")
        assert greeting()[1] == Tag(0x011100, [7, "apn", "login"])
        net_config(Client, "none")
        assert greeting()[1] == Tag(0x011100, [0])
        other = Rig(discovery="command")
        other.session.device_id = "another"
        other.session.begin(0)
        assert len(other.poll()) == 3  # of another device nothing is known
    finally:
        Session.announced.clear()
    assert greeting() == [version, THING_BEGIN]


def test_a_network_that_does_not_exist_is_refused():
    for wrong in (
        ("wlan", "x"),
        ("wifi",),
        ("wifi", 5),
        ("wifi", "a", "b"),
        ("ethernet", b"123", b"", b"", b""),
        ("gsm", "apn"),
    ):
        raises(ValueError, net_config, Client, *wrong)
    assert greeting()[1:] == [THING_BEGIN]

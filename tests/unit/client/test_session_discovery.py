"""How a device asks for its thing, how often it asks, and when it gives up."""

import arduino_iot_cloud
from arduino_iot_cloud.cbor_item import Tag
from arduino_iot_cloud.port import ticks_add
from reports import Reports
from session_rig import (
    COMMAND_DOWN,
    COMMAND_UP,
    DEVICE_BEGIN,
    DEVICE_IN,
    THING,
    THING_BEGIN,
    THING_UPDATE,
    Rig,
    pack,
    variable,
)

VERSION = ("publish", COMMAND_UP, Tag(DEVICE_BEGIN, [arduino_iot_cloud.__version__]))
QUESTION = ("publish", COMMAND_UP, THING_BEGIN)
ASKED = {
    "both": [("subscribe", [COMMAND_DOWN, DEVICE_IN], None), VERSION, QUESTION],
    "command": [("subscribe", [COMMAND_DOWN], None), VERSION, QUESTION],
    "legacy": [("subscribe", [DEVICE_IN], None), VERSION],
}
STARTS = (0, 777, ticks_add(0, -1), ticks_add(0, -2000), ticks_add(0, -100000))
HOUR = 3600000


def waits(done):
    """The intervals between what was done."""
    times = [time for time, _ in done]
    return [times[i + 1] - times[i] for i in range(len(times) - 1)]


def test_before_the_connection_nothing_is_asked():
    rig = Rig()
    assert rig.session.state == "Init" and rig.session.wake is None
    assert rig.poll() == []


def test_the_thing_is_asked_for_at_once():
    for discovery in ASKED:
        for start in STARTS:
            rig = Rig(discovery=discovery, now=start)
            rig.connect()
            assert rig.session.state == "SendCapabilities"
            assert rig.wakes_in() <= 0
            assert rig.poll() == ASKED[discovery]
            assert not rig.session.ready and rig.session.topic is None


def test_unanswered_everything_is_asked_again_after_4_8_16_and_then_every_32_seconds():
    for discovery in ASKED:
        for start in STARTS:
            rig = Rig(discovery=discovery, now=start)
            rig.connect()
            done = rig.run(HOUR)
            assert [requests for _, requests in done[:-1]] == [ASKED[discovery]] * 11
            assert waits(done) == [4000, 8000, 16000] + [32000] * 8


def test_after_the_eleventh_unanswered_question_the_link_is_reset():
    for discovery in ASKED:
        rig = Rig(discovery=discovery, now=STARTS[3])
        rig.connect()
        done = rig.run(HOUR)
        assert done[-1][1] == [("reset", None, None)]
        assert rig.session.wake is None  # the driver ends it
        assert rig.run(HOUR) == []


def test_nothing_is_asked_before_its_time():
    rig = Rig()
    rig.connect()
    rig.poll()
    for _ in range(39):
        rig.wait(100)
        assert rig.poll() == []
    rig.wait(100)
    assert rig.poll() == ASKED["both"]


def test_after_a_late_look_the_wait_is_whole_again():
    rig = Rig()
    rig.connect()
    rig.poll()
    rig.wait(60000)
    assert rig.poll() == ASKED["both"]
    assert rig.wakes_in() == 8000


def test_an_unlinked_device_asks_ever_more_seldom_and_never_gives_up():
    for start in STARTS:
        for discovery in ASKED:
            rig = Rig(discovery=discovery, now=start)
            rig.connect()
            rig.poll()
            with Reports() as reports:
                if discovery == "legacy":
                    rig.tell(DEVICE_IN, pack(("thing_id", "")))
                else:
                    rig.command(THING_UPDATE, "")
            assert len(reports.texts) == 1 and "not attached" in reports and reports.levels == [30]
            assert rig.session.unlinked and rig.requests() == []
            done = rig.run(4 * HOUR)
            assert done[0][0] == 4000
            assert waits(done)[:8] == [80000, 160000, 320000, 640000] + [1280000] * 4
            assert all([requests == ASKED[discovery] for _, requests in done])
            assert rig.wakes_in() <= 1280000


def test_that_a_device_is_unlinked_is_told_once_and_does_not_hasten_anything():
    rig = Rig()
    rig.connect()
    rig.poll()
    times = []
    with Reports() as reports:
        for _ in range(6):
            rig.command(THING_UPDATE, "")
            rig.tell(DEVICE_IN, pack(("thing_id", "")))
            done = rig.run(rig.wakes_in())
            times.append(done[0][0])
    assert len(reports.texts) == 1
    assert times == [4000, 80000, 160000, 320000, 640000, 1280000]


def test_an_unlinked_device_is_attached_when_the_cloud_says_so():
    rig = Rig()
    rig.connect()
    rig.poll()
    rig.command(THING_UPDATE, "")
    rig.run(100000)
    rig.command(THING_UPDATE, THING)
    assert not rig.session.unlinked and rig.session.thing_id == THING
    assert rig.session.state == "RequestLastValues"


def test_a_new_connection_starts_anew():
    for unlinked in (False, True):
        rig = Rig()
        rig.connect()
        rig.poll()
        if unlinked:
            rig.command(THING_UPDATE, "")
        rig.run(100000)
        rig.session.end()
        assert rig.session.wake is None  # the driver ends it
        assert rig.run(HOUR) == []
        rig.connect()
        assert not rig.session.unlinked
        done = rig.run(HOUR)
        assert waits(done) == [4000, 8000, 16000] + [32000] * 8
        assert done[0][1] == ASKED["both"]


def test_requests_of_the_last_connection_are_forgotten():
    rig = Rig()
    rig.connect()
    rig.session.poll(0)
    rig.session.end()
    rig.now = 1000
    rig.connect()
    assert rig.session.out == []


def test_values_are_held_until_there_is_a_thing():
    rig = Rig(variable("a", 1))
    rig.connect()
    rig.run(200000)
    assert not rig.session.ready
    rig.command(THING_UPDATE, "")
    rig.run(200000)
    assert not rig.session.ready and rig.session.topic is None


def test_other_messages_do_not_stop_the_asking():
    rig = Rig(variable("a", 1))
    rig.connect()
    rig.poll()
    with Reports():
        rig.tell(COMMAND_DOWN, b"\xff")
        rig.tell(DEVICE_IN, b"\x9f")
        rig.tell(DEVICE_IN, pack(("a", 5)))
        rig.command(0x010900, 3600, 2000000000)
        rig.tell("/a/t/%s/e/i" % THING, pack(("a", 5)))
    assert rig.wakes_in() == 4000
    assert rig.run(4000) == [(4000, ASKED["both"])]

"""The thing that a device belongs to: attached, detached, attached to another."""

from reports import Reports
from session_rig import (
    COMMAND_DOWN,
    COMMAND_UP,
    DEVICE_IN,
    LAST_VALUES_BEGIN,
    OTHER,
    SHADOW_IN,
    THING,
    THING_BEGIN,
    THING_DETACH,
    THING_IN,
    THING_UPDATE,
    Rig,
    pack,
    variable,
)

ASK_THING = ("publish", COMMAND_UP, THING_BEGIN)
ASK_VALUES = ("publish", COMMAND_UP, LAST_VALUES_BEGIN)


def connected(discovery="both", *properties):
    """A session that has asked for its thing."""
    rig = Rig(*properties, discovery=discovery)
    rig.connect()
    rig.poll()
    return rig


def name_thing(rig, legacy, thing):
    if legacy:
        rig.tell(DEVICE_IN, pack(("thing_id", thing)))
    else:
        rig.command(THING_UPDATE, thing)


def detached(rig, thing=THING):
    """Insist that it has just been detached: it has unsubscribed and asks again."""
    assert rig.session.topic is None and not rig.session.ready
    assert rig.session.state == "SendCapabilities"
    ((kind, topics, _),) = rig.requests()
    assert kind == "unsubscribe" and "/a/t/%s/e/i" % thing in topics
    assert ASK_THING in rig.poll()


def test_a_command_or_a_record_attaches():
    for discovery, legacy in (("both", False), ("both", True), ("command", False), ("legacy", True)):
        rig = connected(discovery)
        rig.wait(500)
        name_thing(rig, legacy, THING)
        session = rig.session
        assert session.thing_id == THING and not session.unlinked
        assert bytes(session.topic) == b"/a/t/%s/e/o" % THING.encode()
        assert session.state == "RequestLastValues" and not session.ready
        topics = [THING_IN] if discovery == "command" else [THING_IN, SHADOW_IN]
        assert rig.requests() == [("subscribe", topics, None)]
        assert rig.wakes_in() <= 0 and session.dropped == 0


def test_the_same_thing_again_is_ignored():
    for synced in (False, True):
        for legacy in (False, True):
            rig = connected()
            name_thing(rig, False, THING)
            rig.poll()
            if synced:
                rig.last_values()
            state, wake = rig.session.state, rig.session.wake
            rig.wait(700)
            for _ in range(3):
                name_thing(rig, legacy, THING)
            assert (rig.session.state, rig.session.wake, rig.requests()) == (state, wake, [])


def test_another_thing_detaches_and_attaches():
    for legacy in (False, True):
        rig = Rig(variable("a", 1), variable("b", 2.5), variable("empty")).sync()
        assert rig.published() == [("a", 1), ("b", 2.5)] and rig.published() == []
        name_thing(rig, legacy, OTHER)
        requests = rig.requests()
        assert [kind for kind, _, _ in requests] == ["unsubscribe", "subscribe"]
        assert THING_IN in requests[0][1] and "/a/t/%s/e/i" % OTHER in requests[1][1]
        assert rig.session.thing_id == OTHER
        assert bytes(rig.session.topic) == b"/a/t/%s/e/o" % OTHER.encode()
        assert not rig.session.ready
        assert rig.poll() != []  # it asks for the last values
        rig.last_values(("a", 77))
        assert rig.session.ready
        assert rig["a"] == 1  # the other thing has never seen this value
        assert rig.published() == [("a", 1), ("b", 2.5)]


def test_the_last_values_of_another_thing_fill_what_is_empty():
    rig = Rig(variable("a", 1), variable("empty")).sync()
    rig.drain()
    rig.command(THING_UPDATE, OTHER)
    rig.last_values(("a", 77), ("empty", 5))
    assert (rig["a"], rig["empty"], rig.wrote) == (1, 5, ["empty"])


def test_values_under_way_to_the_first_thing_are_published_to_the_other():
    rig = Rig(variable("a", 1)).sync()
    assert rig.published(acknowledged=False) == [("a", 1)]
    rig.command(THING_UPDATE, OTHER)
    rig.last_values()
    assert rig.published() == [("a", 1)]


def test_messages_of_the_first_thing_no_longer_count():
    rig = Rig(variable("a", 1)).sync()
    rig.command(THING_UPDATE, OTHER)
    with Reports() as reports:
        rig.write(("a", 50))
        rig.tell(SHADOW_IN, pack(("a", 60)))
    assert rig["a"] == 1 and rig.session.dropped == 2 and len(reports.texts) == 2
    assert rig.session.state == "RequestLastValues" and rig.syncs == 1
    rig.write(("a", 70), thing=OTHER)
    assert rig["a"] == 70


def test_thing_detach_detaches():
    rig = Rig(variable("a", 1)).sync()
    rig.command(THING_DETACH, THING)
    detached(rig)
    assert rig.session.dropped == 0


def test_thing_detach_while_waiting_for_the_last_values():
    rig = connected()
    rig.command(THING_UPDATE, THING)
    rig.poll()
    rig.command(THING_DETACH, THING)
    detached(rig)


def test_thing_detach_for_another_thing_is_ignored():
    for thing in (OTHER, "", THING[:-1], THING.upper()):
        rig = Rig(variable("a", 1)).sync()
        with Reports() as reports:
            rig.command(THING_DETACH, thing)
        assert rig.session.state == "Connected" and rig.session.ready and rig.session.thing_id == THING
        assert rig.requests() == [] and rig.session.wake is None
        assert rig.session.dropped == len(reports.texts) == 1


def test_thing_detach_without_a_thing_has_no_effect():
    rig = connected()
    wake = rig.session.wake
    with Reports():
        rig.command(THING_DETACH, THING)
    assert rig.requests() == [] and rig.session.wake == wake and rig.session.state == "SendCapabilities"


def test_an_empty_thing_update_while_attached_detaches():
    for synced in (False, True):
        for legacy in (False, True):
            rig = connected()
            name_thing(rig, False, THING)
            rig.poll()
            if synced:
                rig.last_values()
            with Reports() as reports:
                name_thing(rig, legacy, "")
            assert rig.session.unlinked and "not attached" in reports
            detached(rig)


def test_a_detached_device_is_told_of_no_values():
    rig = Rig(variable("a", 1)).sync()
    rig.command(THING_DETACH, THING)
    with Reports():
        rig.write(("a", 5))
    assert rig["a"] == 1


def test_attached_again_to_the_same_thing_nothing_is_published_twice():
    rig = Rig(variable("a", 1), variable("b", 2)).sync()
    rig.drain()
    rig.command(THING_DETACH, THING)
    rig.poll()
    rig["b"] = 3
    rig.command(THING_UPDATE, THING)
    assert rig.poll() != []
    rig.last_values(("a", 9), ("b", 9))
    assert (rig["a"], rig["b"]) == (9, 3)
    assert rig.published() == [("b", 3)]


def test_detached_the_device_asks_as_often_as_at_first():
    rig = Rig().sync()
    rig.command(THING_DETACH, THING)
    rig.requests()
    times = [time for time, requests in rig.run(3600000)]
    assert times[:5] == [0, 4000, 12000, 28000, 60000]


def test_a_new_connection_asks_for_everything_anew():
    rig = Rig(variable("a", 1)).sync()
    rig.drain()
    for _ in range(3):
        rig.session.end()
        assert not rig.session.ready and rig.session.state == "Disconnect"
        rig.wait(1000)
        rig.connect()
        assert rig.session.topic is None and rig.session.state == "SendCapabilities"
        assert rig.poll() == [
            ("subscribe", [COMMAND_DOWN, DEVICE_IN], None),
            rig_version(),
            ASK_THING,
        ]
        rig.command(THING_UPDATE, THING)
        assert rig.poll() == [("subscribe", [THING_IN, SHADOW_IN], None), ASK_VALUES]
        assert not rig.session.ready
        rig.last_values()
        assert rig.session.ready and rig.session.state == "Connected"
        assert rig.published() == []


def rig_version():
    from arduino_iot_cloud import __version__
    from arduino_iot_cloud.cbor_item import Tag

    return ("publish", COMMAND_UP, Tag(0x010700, [__version__]))


def test_another_thing_after_a_new_connection_gets_all_values():
    rig = Rig(variable("a", 1), variable("b", 2)).sync()
    rig.drain()
    rig.session.end()
    rig.connect()
    rig.poll()
    rig.command(THING_UPDATE, OTHER)
    rig.poll()
    rig.last_values(("a", 5))
    assert rig["a"] == 1 and rig.published() == [("a", 1), ("b", 2)]


def test_things_with_too_long_a_name_are_refused_either_way():
    for legacy in (False, True):
        for n in (37, 100, 900):
            rig = connected()
            with Reports():
                name_thing(rig, legacy, "x" * n)
            assert rig.session.thing_id is None and rig.session.topic is None, (legacy, n)
            assert rig.requests() == [] and rig.session.dropped == 1


def test_things_that_are_no_text_are_refused_either_way():
    for value in (7, 1.5, True):
        rig = connected()
        with Reports():
            rig.tell(DEVICE_IN, pack(("thing_id", value)))
            rig.command(THING_UPDATE, value)
        assert rig.session.thing_id is None and rig.requests() == []


def test_a_malformed_pack_names_no_thing():
    for payload in (
        pack(("thing_id", THING)) + b"\x00",
        b"\x82" + pack(("thing_id", THING))[1:],
        b"\x82" + pack(("thing_id", THING))[1:] + b"\x07",
    ):
        rig = connected()
        with Reports():
            rig.tell(DEVICE_IN, payload)
        assert rig.session.thing_id is None and rig.session.topic is None
        assert rig.requests() == [] and rig.session.dropped == 1


def test_a_variable_of_the_programs_own_named_thing_id_is_just_a_variable():
    rig = Rig(variable("thing_id", "mine")).sync()
    rig.write(("thing_id", "yours"))
    assert rig["thing_id"] == "yours" and rig.session.thing_id == THING

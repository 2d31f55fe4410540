"""The cloud's answers to a device, as bytes in and messages out, without a network."""

import cbor2
import pytest
from localcloud.protocol import commands, topics
from localcloud.protocol.cbor import MalformedPayload
from localcloud.protocol.conversation import (
    AnswerLastValues,
    AnswerTimeZone,
    Conversation,
    Record,
    Send,
    StoreValues,
)

DEVICE, THING, OTHER = "d-1", "t-1", "t-2"
UP, DOWN = topics.device(DEVICE, "c/up"), topics.device(DEVICE, "c/dw")
NOW = 1_800_000_000.0


def conversation(thing_id=THING):
    return Conversation(DEVICE, thing_id)


def sent(action):
    assert isinstance(action, Send)
    return action.topic, cbor2.loads(action.payload)


def tagged(tag, *parameters):
    return cbor2.CBORTag(tag, tuple(parameters))


@pytest.mark.parametrize("thing_id, announced", [(THING, THING), (None, "")])
def test_subscribing_to_the_device_topic_announces_the_thing(thing_id, announced):
    (action,) = conversation(thing_id).subscribed(topics.device(DEVICE, "e/i"))
    assert sent(action) == (topics.device(DEVICE, "e/i"), [{0: "thing_id", 3: announced}])


def test_subscribing_to_other_topics_announces_nothing():
    assert conversation().subscribed(DOWN) == []
    assert conversation().subscribed(topics.thing(THING, "e/i")) == []


@pytest.mark.parametrize("thing_id, answer", [(THING, THING), (None, "")])
def test_thing_begin_is_answered_with_thing_update(thing_id, answer):
    (action,) = conversation(thing_id).received(UP, commands.encode(commands.THING_BEGIN, ""), NOW)
    assert sent(action) == (DOWN, tagged(commands.THING_UPDATE, answer))


def test_last_values_begin_asks_for_an_answer_on_the_command_topic():
    payload = commands.encode(commands.LAST_VALUES_BEGIN)
    assert conversation().received(UP, payload, NOW) == [AnswerLastValues(THING, DOWN)]
    assert conversation(None).received(UP, payload, NOW) == []


def test_shadow_request_asks_for_an_answer_on_the_shadow_topic():
    payload = cbor2.dumps([{0: "r:m", 3: "getLastValues"}])
    actions = conversation().received(topics.thing(THING, "shadow/o"), payload, NOW)
    assert actions == [AnswerLastValues(THING, topics.thing(THING, "shadow/i"))]


def test_timezone_up_asks_for_the_zone_of_the_thing():
    payload = commands.encode(commands.TIMEZONE_UP)
    assert conversation().received(UP, payload, NOW) == [AnswerTimeZone(THING, DOWN)]


@pytest.mark.parametrize(
    "payload, name",
    [
        (commands.encode(commands.DEVICE_BEGIN, "2.9.0"), "DeviceBegin"),
        (commands.encode(commands.DEVICE_NET_CONFIG, 1, "home"), "DeviceNetConfig"),
        (commands.encode(commands.WIFI_FW_VERSION, "1.6.0"), "WiFiFWVersion"),
        (commands.encode(commands.OTA_BEGIN, bytes(32)), "OtaBegin"),
        (commands.encode(commands.OTA_PROGRESS, bytes(16), cbor2.CBORSimpleValue(5), 1, 2), "OtaProgress"),
    ],
)
def test_what_a_device_says_of_itself_is_recorded_and_not_answered(payload, name):
    (action,) = conversation().received(UP, payload, NOW)
    assert isinstance(action, Record) and action.name == name


@pytest.mark.parametrize(
    "payload",
    [
        commands.encode(commands.DEVICE_BEGIN, "2.9.0\0"),
        commands.encode(commands.WIFI_FW_VERSION, "\0"),
        commands.encode(commands.DEVICE_NET_CONFIG, 1, "ho\0me"),
    ],
)
def test_text_with_a_nul_is_refused(payload):
    with pytest.raises(MalformedPayload, match="NUL"):
        conversation().received(UP, payload, NOW)


def test_down_commands_coming_up_are_refused():
    with pytest.raises(MalformedPayload):
        conversation().received(UP, commands.thing_update(THING), NOW)


def test_values_are_stored_without_echoed_time_zone_and_request_records():
    records = [
        {0: "n", 2: 1},
        {0: "tz_offset", 2: 0},
        {0: "tz_dst_until", 2: 5},
        {0: "r:m", 3: "getLastValues"},
    ]
    (action,) = conversation().received(topics.thing(THING, "e/o"), cbor2.dumps(records), NOW)
    assert isinstance(action, StoreValues) and [update.name for update in action.updates] == ["n"]


def test_attaching_tells_both_generations_of_devices():
    talk = conversation(None)
    command, record = talk.attach(THING)
    assert sent(command) == (DOWN, tagged(commands.THING_UPDATE, THING))
    assert sent(record) == (topics.device(DEVICE, "e/i"), [{0: "thing_id", 3: THING}])
    assert talk.thing_id == THING


def test_detaching_tells_both_generations_of_devices():
    talk = conversation()
    command, record = talk.detach()
    assert sent(command) == (DOWN, tagged(commands.THING_DETACH, THING))
    assert sent(record) == (topics.device(DEVICE, "e/i"), [{0: "thing_id", 3: ""}])
    assert talk.detach() == []


def test_a_device_publishes_only_on_its_own_topics():
    allowed = [UP, topics.device(DEVICE, "e/o"), topics.thing(THING, "e/o"), topics.thing(THING, "shadow/o")]
    for topic in allowed:
        assert topics.may_publish(topic, DEVICE, THING)
    for topic in (
        DOWN,
        topics.device(DEVICE, "e/i"),
        topics.device("d-2", "c/up"),
        topics.thing(THING, "e/i"),
        topics.thing(OTHER, "e/o"),
        topics.thing("None", "e/o"),
        "/a/d//c/up",
        UP + "/x",
        UP[1:],
        "$SYS/x",
        "",
    ):
        assert not topics.may_publish(topic, DEVICE, THING), topic
    assert not topics.may_publish(topics.thing("None", "e/o"), DEVICE, None)


def test_a_device_subscribes_only_to_its_own_topics():
    allowed = [
        DOWN,
        topics.device(DEVICE, "e/i"),
        topics.thing(THING, "e/i"),
        topics.thing(THING, "shadow/i"),
    ]
    for topic in allowed:
        assert topics.may_subscribe(topic, DEVICE, THING)
    for topic in (
        UP,
        topics.thing(THING, "e/o"),
        topics.thing(OTHER, "e/i"),
        "#",
        "+",
        "/a/d/+/c/dw",
        "/a/d/d-1/#",
    ):
        assert not topics.may_subscribe(topic, DEVICE, THING), topic

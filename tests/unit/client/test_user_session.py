"""The users' side without I/O: messages, subscriptions, packets under way, the device's thing, tokens."""

from arduino_iot_cloud.cbor import CBORError, Writer
from arduino_iot_cloud.cbor_item import dumps, loads
from arduino_iot_cloud.senml import Records
from arduino_iot_cloud.user.connection import CloudError, Message, UserSession, encode, values
from arduino_iot_cloud.user.token import user_of
from portable_assert import raises
from reports import Reports

OTHER = "/a/t/other/e/o"


class Listener:
    def __init__(self, thing_id, name):
        self.thing_id = thing_id
        self.name = name
        self.values = []


def make(device_id=None):
    session = UserSession(device_id)
    session.on_value = lambda listener, value: listener.values.append(value)
    session.changes = []
    session.on_change = lambda: session.changes.append((session.online, session.thing_id))
    return session


def requests(session):
    """Take out the requests that it wants to send."""
    found = list(session.out)
    session.out.clear()
    return found


def tell(session, topic, records):
    payload = records if isinstance(records, bytes) else dumps(records)
    session.message(memoryview(topic.encode()), payload, 0, len(payload), 0)


def connect(session):
    """Bring the link up and connect MQTT."""
    session.move("ConnectPhy")
    session.move("ConnectMqttBroker")
    session.begin(0)


def test_a_value_is_one_record_and_a_dict_one_for_each_attribute():
    assert encode("n", 5) == bytes([0x81, 0xA2, 0, 0x61, 110, 2, 5])
    assert loads(encode("flag", True)) == [{0: "flag", 4: True}]
    assert loads(encode("text", "grüezi")) == [{0: "text", 3: "grüezi"}]
    assert loads(encode("real", -2.5, 1700000000)) == [{0: "real", 2: -2.5, 6: 1700000000}]
    assert loads(encode("light", {"swi": False})) == [{0: "light:swi", 4: False}]
    both = loads(encode("place", {"lat": 1.5, "lon": 2}))
    assert sorted([(record[0], record[2]) for record in both]) == [("place:lat", 1.5), ("place:lon", 2)]
    for value in (None, b"bytes", [1], {"a": None}, {"a": {"b": 1}}):
        raises(TypeError, encode, "n", value)


def test_attributes_side_by_side_are_one_value():
    def of(records):
        payload = dumps(records)
        return values(Records(), payload, 0, len(payload))

    assert of([]) == []
    assert of([{0: "a", 2: 1}, {0: "b", 4: True}, {0: "a", 3: "x"}]) == [("a", 1), ("b", True), ("a", "x")]
    assert of([{0: "p:lat", 2: 1.5}, {0: "p:lon", 2: 2}, {0: "q:swi", 4: False}]) == [
        ("p", {"lat": 1.5, "lon": 2}),
        ("q", {"swi": False}),
    ]
    assert of([{0: "p:a", 2: 1}, {0: "x", 2: 2}, {0: "p:b", 2: 3}]) == [("p", {"a": 1}), ("x", 2), ("p", {"b": 3})]
    assert of([{0: "p", 2: 1}, {0: "p:b", 2: 3}]) == [("p", 1), ("p", {"b": 3})]
    assert of([{-3: 1700000000000, 0: "a", 2: 1}]) == [("a", 1)]  # as arduino-iot-js sends it
    assert of([{0: "nothing"}, {2: 1}, {0: 7, 2: 1}, {0: "a", 2: 1}]) == [("a", 1)]
    raises(CBORError, values, Records(), b"\x81", 0, 1)


def test_a_user_subscribes_to_each_thing_once():
    session = make()
    one, two, three = Listener("one", "a"), Listener("one", "b"), Listener("two", "a")
    session.listen(one)
    assert requests(session) == []  # not connected yet
    connect(session)
    assert session.changes == [(True, None)]
    assert requests(session) == [("subscribe", ["/a/t/one/e/o"], None)]
    session.listen(two)
    assert requests(session) == []
    session.listen(three)
    assert requests(session) == [("subscribe", ["/a/t/two/e/o"], None)]
    session.ignore(one)
    session.ignore(one)
    assert requests(session) == []
    session.ignore(two)
    assert requests(session) == [("unsubscribe", ["/a/t/one/e/o"], None)]
    session.end()
    session.ignore(three)
    session.listen(one)
    assert requests(session) == []
    connect(session)
    assert requests(session) == [("subscribe", ["/a/t/one/e/o"], None)]


def test_many_things_take_several_packets():
    session = make()
    for i in range(20):
        session.listen(Listener("thing%02d" % i, "a"))
    connect(session)
    found = requests(session)
    assert [len(topics) for _, topics, _ in found] == [8, 8, 4]
    assert sum([topics for _, topics, _ in found], []) == ["/a/t/thing%02d/e/o" % i for i in range(20)]


def test_values_go_to_those_who_listen():
    session = make()
    one, again, other = Listener("one", "a"), Listener("one", "a"), Listener("other", "a")
    light = Listener("one", "light")
    for listener in (one, again, other, light):
        session.listen(listener)
    connect(session)
    tell(session, "/a/t/one/e/o", [{0: "a", 2: 1}, {0: "b", 2: 2}, {0: "light:swi", 4: True}, {0: "light:bri", 2: 3}])
    tell(session, OTHER, [{0: "a", 3: "x"}])
    tell(session, "/a/t/nobody/e/o", [{0: "a", 3: "y"}])
    assert one.values == again.values == [1] and other.values == ["x"]
    assert light.values == [{"swi": True, "bri": 3}]


def test_one_who_leaves_while_being_told_disturbs_nobody():
    session = make()
    first, second = Listener("one", "a"), Listener("one", "a")
    session.on_value = lambda listener, value: (listener.values.append(value), session.ignore(listener))
    session.listen(first)
    session.listen(second)
    connect(session)
    tell(session, "/a/t/one/e/o", [{0: "a", 2: 1}, {0: "a", 2: 2}])
    assert first.values == second.values == [1]


def test_a_malformed_message_is_counted_and_dropped():
    session = make()
    one = Listener("one", "a")
    session.listen(one)
    connect(session)
    with Reports() as reports:
        for payload in (b"", b"\xff", b"\x81", b"\xa0", dumps([{0: "a", 2: 1}]) + b"\0", dumps([{0: "a", 2: "x"}])):
            tell(session, "/a/t/one/e/o", payload)
    assert session.dropped >= 5 and "malformed" in reports
    tell(session, "/a/t/one/e/o", [{0: "a", 2: 7}])
    assert one.values[-1] == 7


def test_messages_go_out_one_after_the_other_and_stay_until_they_have_arrived():
    session = make()
    ended = []
    for i in range(3):
        session.queue.append(Message(b"topic%d" % i, b"payload%d" % i, lambda arrived, i=i: ended.append((i, arrived))))
    assert not session.ready
    connect(session)
    for i in range(3):
        assert session.ready and session.topic == b"topic%d" % i
        writer = Writer(bytearray(20))
        assert session.fill(writer) and bytes(writer.buf[: writer.pos]) == b"payload%d" % i
        session.end()
        assert not session.ready
        connect(session)
        session.give_up(session.queue[0])  # it may have arrived
        assert session.topic == b"topic%d" % i
        session.acknowledged()
        session.acknowledged()
    assert ended == [(0, True), (1, True), (2, True)]
    assert not session.ready and session.topic is None and not session.fill(Writer(bytearray(20)))


def test_a_message_that_waits_can_be_given_up():
    session = make()
    first, second = [Message(b"t", b"p", None) for _ in range(2)]
    session.queue.extend((first, second))
    connect(session)
    session.fill(Writer(bytearray(9)))
    session.give_up(first)
    session.give_up(second)
    session.give_up(second)
    assert session.queue == [first]


def test_a_device_learns_its_thing():
    session = make("dev")
    mine = Listener("", "a")
    session.listen(mine)
    connect(session)
    assert requests(session) == [("subscribe", ["/a/d/dev/e/i"], None)]
    tell(session, "/a/d/dev/e/i", [{0: "thing_id", 3: ""}])
    assert session.thing_id is None and requests(session) == []
    tell(session, "/a/d/dev/e/i", [{0: "other", 3: "x"}, {0: "thing_id", 3: "one"}])
    assert session.thing_id == "one" and requests(session) == [("subscribe", ["/a/t/one/e/i"], None)]
    tell(session, "/a/d/dev/e/i", [{0: "thing_id", 3: "one"}])
    assert requests(session) == []
    tell(session, "/a/t/one/e/i", [{0: "a", 2: 1}])
    tell(session, "/a/d/dev/e/i", [{0: "thing_id", 3: "two"}])
    assert requests(session) == [("unsubscribe", ["/a/t/one/e/i"], None), ("subscribe", ["/a/t/two/e/i"], None)]
    tell(session, "/a/t/one/e/i", [{0: "a", 2: 2}])
    tell(session, "/a/t/two/e/i", [{0: "a", 2: 3}])
    assert mine.values == [1, 3]
    session.end()
    connect(session)
    assert requests(session) == [("subscribe", ["/a/d/dev/e/i", "/a/t/two/e/i"], None)]
    tell(session, "/a/d/dev/e/i", [{0: "thing_id", 3: ""}])
    assert session.thing_id is None and requests(session) == [("unsubscribe", ["/a/t/two/e/i"], None)]
    tell(session, "/a/t/two/e/i", [{0: "a", 2: 4}])
    assert mine.values == [1, 3]


def test_the_user_in_a_token():
    assert user_of("x.eyJodHRwOi8vYXJkdWluby5jYy9pZCI6Ing_Pz4-In0.y") == "x??>>"
    assert user_of("x.eyJodHRwOi8vYXJkdWluby5jYy9pZCI6InUifQ.") == "u"
    for token in ("", "x", "x.y.z", "..", "x.e30.y", "x.bnVsbA.y", "x.W10.y", "x.eyJodHRwOi8vYXJkdWluby5jYy9pZCI6N30.y", None, 7):
        raises(CloudError, user_of, token)

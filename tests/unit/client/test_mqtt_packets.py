"""The MQTT packets that a client sends, byte by byte."""

from arduino_iot_cloud.mqtt import MQTT, MQTTError
from arduino_iot_cloud.mqtt_packets import connect, publish, subscribe, take, unsubscribe
from mqtt_rig import Server, packet, two
from portable_assert import raises


def outgoing(topic, payload, size=1024):
    """A PUBLISH at QoS 1 as bytes."""
    server = Server(size)
    mqtt = server.mqtt
    start = mqtt.begin(topic)
    mqtt.tx[start : start + len(payload)] = payload
    mqtt.finish(start + len(payload))
    assert len(mqtt.tx) == size
    return server.deliver()


def test_connect_asks_for_a_clean_session_without_a_will():
    assert connect("dev", None, None, 10) == b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x0a\x00\x03dev"
    assert (
        connect("dev", "user", "pass", 300)
        == b"\x10\x1b\x00\x04MQTT\x04\xc2\x01\x2c\x00\x03dev\x00\x04user\x00\x04pass"
    )
    assert connect("dev", "user", None, 0) == b"\x10\x15\x00\x04MQTT\x04\x82\x00\x00\x00\x03dev\x00\x04user"


def test_connect_never_sends_a_password_without_a_user():
    flags = connect("dev", None, "pass", 10)[9]
    assert flags == 2
    assert b"pass" not in connect("dev", None, "pass", 10)


def test_connect_takes_bytes_and_utf_8():
    assert connect(b"dev", b"user", b"pass", 10) == connect("dev", "user", "pass", 10)
    assert connect("d", "\u00fc", None, 10)[-4:] == b"\x00\x02\xc3\xbc"


def test_connect_with_long_names():
    tail = two(36) + b"d" * 36 + two(36) + b"u" * 36 + two(64) + b"p" * 64
    expected = packet(0x10, b"\x00\x04MQTT\x04\xc2\x00\x0a" + tail)
    assert connect("d" * 36, "u" * 36, "p" * 64, 10) == expected


def test_subscribe():
    assert subscribe(1, ["a/b"]) == b"\x82\x08\x00\x01\x00\x03a/b\x01"
    assert subscribe(0x1234, ["a", b"bc"]) == b"\x82\x0b\x12\x34\x00\x01a\x01\x00\x02bc\x01"


def test_unsubscribe():
    assert unsubscribe(0xFFFF, ["a", b"bc"]) == b"\xa2\x09\xff\xff\x00\x01a\x00\x02bc"


def test_publish_of_quality_0():
    assert publish("a/b", b"xyz") == b"\x30\x08\x00\x03a/bxyz"
    assert publish(b"a", b"") == b"\x30\x03\x00\x01a"


def test_publish_of_quality_1():
    assert outgoing(b"a/b", b"xyz") == b"\x32\x0a\x00\x03a/b\x00\x01xyz"
    assert outgoing(b"a", b"") == b"\x32\x05\x00\x01a\x00\x01"


def test_topics_over_127_bytes():
    for n in (120, 123, 124, 127, 128, 200, 255, 256, 300):
        topic = b"t" * n
        assert publish(topic, b"xy") == packet(0x30, two(n) + topic + b"xy")
        assert outgoing(topic, b"xy") == packet(0x32, two(n) + topic + b"\x00\x01xy")
        assert subscribe(1, [topic]) == packet(0x82, b"\x00\x01" + two(n) + topic + b"\x01")
        assert unsubscribe(1, [topic]) == packet(0xA2, b"\x00\x01" + two(n) + topic)


def test_the_remaining_length_takes_a_second_byte_from_128_on():
    for n in range(118, 126):
        body = two(1) + b"t" + b"\x00\x01" + b"p" * n
        expected = packet(0x32, body)
        assert len(expected) == len(body) + (2 if len(body) < 128 else 3)
        assert outgoing(b"t", b"p" * n) == expected
    for n in range(120, 130):
        assert publish(b"t", b"p" * n) == packet(0x30, two(1) + b"t" + b"p" * n)


def test_the_remaining_length_takes_a_third_byte_from_16384_on():
    for n in (16380, 16381, 16382):
        data = publish(b"t", b"p" * n)
        assert data[:5] == packet(0x30, two(1) + b"t" + b"p" * n)[:5]
        assert len(data) == n + 3 + (3 if n + 3 < 16384 else 4)


def test_the_largest_publish_of_quality_1():
    n = 16383 - 5
    data = outgoing(b"t", b"p" * n, 3 + 16383)
    assert data[:3] == b"\x32\xff\x7f" and len(data) == 3 + 16383


def test_the_whole_buffer_can_be_used():
    for size in (128, 129, 130, 131, 132, 133, 200):
        server = Server(size)
        mqtt = server.mqtt
        start = mqtt.begin(b"topic")
        mqtt.tx[start:] = b"p" * (size - start)
        mqtt.finish(size)
        assert server.deliver() == packet(0x32, two(5) + b"topic\x00\x01" + b"p" * (size - start))
        assert len(mqtt.tx) == size


def test_requests_of_the_session_become_packets_in_their_order():
    mqtt = MQTT(128)
    requests = [
        ("subscribe", ["a", b"b"], None),
        ("publish", "up", b"\x80"),
        ("unsubscribe", [b"a"], None),
        ("reset", None, None),
    ]
    assert take(requests, mqtt)[:4] == b"\x82\x0a\x00\x01"
    assert take(requests, mqtt) == publish("up", b"\x80")
    assert take(requests, mqtt) == unsubscribe(2, [b"a"])
    raises(MQTTError, take, requests, mqtt)
    assert requests == []

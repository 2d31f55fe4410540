"""Keepalive: asked at three quarters, given up half a keepalive later, on ticks that wrap."""

from mqtt_rig import PINGREQ, Server, packet, publish
from portable_assert import raises

from arduino_iot_cloud.mqtt import MQTT, MQTTError
from arduino_iot_cloud.port import ticks_add, ticks_diff

STARTS = (0, 12345, ticks_add(0, -1), ticks_add(0, -5000), ticks_add(0, -9000), ticks_add(0, -11000))


def quiet(keepalive, start):
    """A connection opened at a tick, on which nothing has been sent or received since."""
    mqtt = MQTT(128, keepalive)
    mqtt.opened(start)
    return mqtt


def test_asked_at_three_quarters_of_the_keepalive():
    for start in STARTS:
        for keepalive in (1, 10, 60, 3600):
            mqtt = quiet(keepalive, start)
            assert mqtt.poll(start) is None
            assert ticks_diff(mqtt.wake, start) == keepalive * 750
            assert mqtt.poll(ticks_add(start, keepalive * 750 - 1)) is None
            assert ticks_diff(mqtt.wake, start) == keepalive * 750
            assert mqtt.poll(mqtt.wake) == PINGREQ


def test_dead_half_a_keepalive_after_the_question():
    for start in STARTS:
        for keepalive in (1, 10, 60):
            mqtt = quiet(keepalive, start)
            assert mqtt.poll(ticks_add(start, keepalive * 750)) == PINGREQ
            assert ticks_diff(mqtt.wake, start) == keepalive * 1250
            assert mqtt.poll(ticks_add(start, keepalive * 1250 - 1)) is None
            assert ticks_diff(mqtt.wake, start) == keepalive * 1250
            error = raises(MQTTError, mqtt.poll, mqtt.wake)
            assert error.args[1] == 0


def test_asked_once_only():
    mqtt = quiet(10, 0)
    assert mqtt.poll(7500) == PINGREQ
    for now in (7500, 7501, 9000, 12499):
        assert mqtt.poll(now) is None


def test_an_answer_is_taken_as_such_and_the_next_question_follows():
    for start in STARTS:
        server = Server(128, 10)
        mqtt = server.mqtt
        mqtt.opened(start)
        now = start
        for _ in range(50):
            assert mqtt.poll(now) is None
            assert ticks_diff(mqtt.wake, now) == 7500
            now = mqtt.wake
            assert mqtt.poll(now) == PINGREQ
            mqtt.last_tx = now
            now = ticks_add(now, 40)
            room = mqtt.room()
            room[:2] = packet(0xD0)
            mqtt.received(2, now)
            server.take()
            mqtt.last_tx = now  # as if something had been sent, so that the numbers are round


def test_any_bytes_are_an_answer():
    mqtt = quiet(10, 0)
    assert mqtt.poll(7500) == PINGREQ
    mqtt.last_tx = 7500
    mqtt.room()[:1] = publish(b"t", b"x")[:1]
    mqtt.received(1, 12000)
    assert mqtt.poll(12500) is None
    assert mqtt.wake == 7500 + 7500


def test_asked_although_much_is_sent():
    for start in STARTS:
        mqtt = quiet(10, start)
        for ms in range(0, 7500, 100):
            now = ticks_add(start, ms)
            assert mqtt.poll(now) is None
            mqtt.last_tx = now
        assert mqtt.poll(ticks_add(start, 7500)) == PINGREQ


def test_dead_although_much_is_sent():
    for start in STARTS:
        mqtt = quiet(10, start)
        for ms in range(0, 15000, 100):
            now = ticks_add(start, ms)
            try:
                mqtt.poll(now)
            except MQTTError:
                assert ms == 12500
                break
            mqtt.last_tx = now
        else:
            raise AssertionError("alive after 1.5 keepalives")


def test_asked_although_much_is_received():
    # A server counts what it receives: it drops a client that only listens.
    for start in STARTS:
        mqtt = quiet(10, start)
        for ms in range(0, 7500, 100):
            now = ticks_add(start, ms)
            mqtt.received(0, now)
            assert mqtt.poll(now) is None
        assert mqtt.poll(ticks_add(start, 7500)) == PINGREQ


def test_dead_within_one_and_a_half_keepalives_whenever_the_last_byte_came():
    for start in STARTS:
        for last in (0, 1, 3000, 7499, 7500, 7600, 12499):
            mqtt = quiet(10, start)
            now = start
            mqtt.poll(now)
            received = False
            while True:
                wake = mqtt.wake
                if not received and ticks_diff(wake, ticks_add(start, last)) >= 0:
                    now = ticks_add(start, last)
                    mqtt.received(0, now)
                    received = True
                else:
                    now = wake
                try:
                    if mqtt.poll(now):
                        mqtt.last_tx = now
                except MQTTError:
                    break
            silence = ticks_diff(now, start) - last
            assert received and 5000 <= silence <= 15000, (last, silence)


def test_a_late_look_asks_before_it_gives_up():
    mqtt = quiet(10, 0)
    assert mqtt.poll(60000) == PINGREQ
    assert ticks_diff(mqtt.wake, 60000) == 5000
    raises(MQTTError, mqtt.poll, 65000)


def test_a_new_connection_starts_anew():
    mqtt = quiet(10, 0)
    assert mqtt.poll(7500) == PINGREQ
    mqtt.opened(100000)
    assert mqtt.poll(100000) is None
    assert mqtt.wake == 107500


def test_without_keepalive_nothing_is_asked():
    mqtt = quiet(0, 0)
    for now in (0, 10000, 10**6, 10**8):
        assert mqtt.poll(now) is None
        assert mqtt.wake is None


def test_the_longest_keepalive():
    for start in STARTS:
        mqtt = quiet(65535, start)
        assert mqtt.poll(start) is None
        assert ticks_diff(mqtt.wake, start) == 65535 * 750
        assert mqtt.poll(mqtt.wake) == PINGREQ
        raises(MQTTError, mqtt.poll, mqtt.wake)

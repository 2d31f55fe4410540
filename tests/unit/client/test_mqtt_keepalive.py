"""Keepalive: a question after three quarters of it, the end within one and a half, on ticks that wrap."""

from arduino_iot_cloud.mqtt import MQTTError
from arduino_iot_cloud.port import ticks_add, ticks_diff
from mqtt_rig import PINGREQ, Server, packet, puback, publish
from portable_assert import raises

STARTS = (0, 12345, ticks_add(0, -1), ticks_add(0, -5000), ticks_add(0, -9000), ticks_add(0, -11000))
PINGRESP = packet(0xD0)


def online(keepalive=10, start=0, size=128):
    """A connection that the server has just accepted."""
    return Server(size, keepalive, start).accept()


def value(server, payload=b"x"):
    """The client publishes a value."""
    mqtt = server.mqtt
    assert not mqtt.under_way(b"t")
    at = mqtt.begin(b"t")
    mqtt.tx[at : at + len(payload)] = payload
    mqtt.finish(at + len(payload))


def ends_after(server, step=0, each=None):
    """How many ms pass until the client gives the connection up; `each()` is called every `step` ms."""
    passed = 0
    wake = server.mqtt.wake
    try:
        while passed < 100000:
            ms = step or max(ticks_diff(server.mqtt.wake, server.now), 1)
            server.wait(ms)
            passed += ms
            server.deliver()
            if each:
                each()
    except MQTTError as error:
        assert error.args[1] == 0
        return passed
    raise AssertionError("never, with %r" % wake)


def test_asked_at_three_quarters_of_the_keepalive():
    for start in STARTS:
        for keepalive in (1, 10, 60, 3600):
            server = online(keepalive, start)
            assert ticks_diff(server.mqtt.wake, start) == keepalive * 750
            assert server.wait(keepalive * 750 - 1).deliver() == b""
            assert ticks_diff(server.mqtt.wake, start) == keepalive * 750
            assert server.wait(1).deliver() == PINGREQ


def test_dead_half_a_keepalive_after_the_question():
    for start in STARTS:
        for keepalive in (1, 10, 60):
            assert ends_after(online(keepalive, start)) == keepalive * 1250
            server = online(keepalive, start).wait(keepalive * 750)
            assert server.deliver() == PINGREQ
            assert ticks_diff(server.mqtt.wake, start) == keepalive * 1250
            assert server.wait(keepalive * 500 - 1).deliver() == b""
            raises(MQTTError, server.wait(1).deliver)


def test_asked_once_only():
    server = online().wait(7500)
    assert server.deliver() == PINGREQ
    for _ in range(40):
        assert server.wait(100).deliver() == b""


def test_an_idle_connection_asks_once_in_three_quarters_of_the_keepalive():
    # However often the driver polls, and whatever wakes it.
    for start in STARTS:
        for looks in (1, 7, 100, 7500):
            server = online(10, start)
            asked = 0
            for _ in range(75000 // looks):
                if server.wait(looks).deliver():
                    asked += 1
                    server.send(PINGRESP)
            assert asked in (9, 10), (looks, asked)


def test_it_asks_when_it_says_and_not_between():
    for start in STARTS:
        server = online(10, start)
        times = []

        def answer(data):
            assert data == PINGREQ
            times.append(server.now)
            server.wait(40).send(PINGRESP)

        server.until(300000, answer)
        assert len(times) == 40
        assert set([ticks_diff(b, a) for a, b in zip(times, times[1:])]) == {7500}


def test_bytes_put_the_end_off_but_only_an_answer_keeps_the_connection():
    server = online().wait(7500)
    assert server.deliver() == PINGREQ
    server.wait(4500).send(publish(b"t", b"x")[:1])
    assert server.wait(2999).deliver() == b""
    raises(MQTTError, server.wait(1).deliver)  # 15 s: one and a half keepalives
    for answer in (PINGRESP, puback(5)):
        server = online().wait(7500)
        assert server.deliver() == PINGREQ
        server.wait(4500).send(answer)
        assert ticks_diff(server.mqtt.wake, server.now) == 7500 - 4500


def test_asked_although_much_is_sent():
    # The server accepts everything and says nothing.
    for start in STARTS:
        server = online(10, start)
        for i in range(74):
            server.mqtt.send(publish(b"t", b"x"))
            assert PINGREQ not in server.wait(100).deliver()
        server.mqtt.send(publish(b"t", b"x"))
        assert server.wait(100).deliver() == publish(b"t", b"x") + PINGREQ


def test_dead_although_much_is_sent():
    for start in STARTS:
        server = online(10, start)
        assert ends_after(server, 100, lambda: server.mqtt.send(publish(b"t", b"x"))) == 12500


def test_asked_although_much_is_received():
    # A server counts only what it receives: it drops a client that only listens.
    for start in STARTS:
        server = online(10, start)
        for _ in range(74):
            server.wait(100).send(publish(b"t", b"x"))
        assert server.took == b""
        assert server.wait(100).deliver() == PINGREQ


def test_a_server_that_talks_but_does_not_listen_is_noticed_within_one_and_a_half_keepalives():
    for start in STARTS:
        for identifier in (None, 7):
            server = online(10, start)
            assert ends_after(server, 100, lambda: server.send(publish(b"t", b"x", identifier))) <= 15000


def test_a_network_that_takes_nothing_is_noticed_within_one_and_a_half_keepalives():
    # Whatever is stuck (a value, a question of the session, a PINGREQ), and after any number of bytes.
    for taken in (0, 1, 5, 100):
        for what in (lambda s: value(s, b"x" * 200), lambda s: s.mqtt.send(publish(b"t", b"x" * 200)), lambda s: None):
            server = online(10, 0, 256)
            what(server)
            server.deliver(taken)
            passed = 0
            try:
                while True:
                    passed += 100
                    server.wait(100).mqtt.outgoing(server.now)  # the network accepts nothing
            except MQTTError:
                pass
            assert 7500 <= passed <= 15000


def test_a_value_that_is_never_acknowledged_ends_the_connection():
    for keepalive in (0, 10, 60):
        server = online(keepalive)
        value(server)
        server.deliver()

        def answer(data):
            server.send(PINGRESP)

        server.until(29999, answer)
        raises(MQTTError, server.wait(1).deliver)
    server.open().accept()
    assert server.mqtt.under_way(b"t") and server.deliver()[0] == 0x3A
    server.send(puback(1))
    server.until(29999)


def test_a_late_look_asks_before_it_gives_up():
    server = online().wait(60000)
    assert server.deliver() == PINGREQ
    assert ticks_diff(server.mqtt.wake, server.now) == 5000
    raises(MQTTError, server.wait(5000).deliver)


def test_a_new_connection_starts_anew():
    server = online().wait(7500)
    assert server.deliver() == PINGREQ
    server.wait(100000).open().accept()
    assert server.deliver() == b""
    assert ticks_diff(server.mqtt.wake, server.now) == 7500


def test_nothing_is_asked_before_the_server_has_accepted():
    server = Server()
    assert server.mqtt.wake is None
    assert server.wait(14000).deliver() == b""
    assert server.accept().deliver() == b""


def test_without_keepalive_nothing_is_asked():
    server = online(0)
    for ms in (1, 10000, 10**6, 10**8):
        assert server.wait(ms).deliver() == b""
        assert 0 < ticks_diff(server.mqtt.wake, server.now) <= 60000


def test_the_longest_keepalive():
    for start in STARTS:
        server = online(65535, start)
        assert ticks_diff(server.mqtt.wake, start) == 65535 * 750
        assert server.wait(65535 * 750).deliver() == PINGREQ
        raises(MQTTError, server.wait(65535 * 500).deliver)

"""Every way in which a connection ends, and what must have arrived once the next one is up."""

import signal

import pytest
from broker_restarts import QUICK, restart, settle, start_again
from devices import DEVICE_ID, wait_for_log
from opposite import OTHER_THING_ID, THING_ID
from servers import Relay
from stopwatches import Stopwatch

WRITER = """
for name in ("a", "b"):
    client.register(name, value=0, on_write=lambda client, value, name=name: print("wrote", name, value))
"""


def send_in_vain(device, broker, statement):
    """Change a value while the broker is stopped and wait until the device has sent it."""
    settle(device)
    broker.process.signal(signal.SIGSTOP)
    count = device.ask("client.stats()['published']")
    device.do(statement)
    device.wait_until("client.stats()['published'] > %d" % count)


def published(broker, least):
    """Wait until the broker has logged `least` PUBLISH packets of the device: [(dup, packet identifier)]."""
    pattern = r"Received PUBLISH from %s \(d(\d), q1, r0, m(\d+), '/a/t/" % DEVICE_ID
    return [(int(dup), int(identifier)) for dup, identifier in wait_for_log(broker, pattern, least)]


def test_a_value_written_just_before_a_broker_kill_is_not_lost(connect_device, broker, opposite):
    device = connect_device(WRITER, run=QUICK)
    send_in_vain(device, broker, "client['a'] = 42")
    restart(broker, opposite)
    opposite.wait_value("a", 42)
    assert published(broker, 1)[0][0] == 1  # marked as a duplicate
    settle(device)
    assert opposite.values("a").count(42) == 1


def test_later_changes_follow_the_value_that_was_not_acknowledged(connect_device, broker, opposite):
    device = connect_device(WRITER, run=QUICK)
    send_in_vain(device, broker, "client['a'] = 1")
    device.do("client['a'] = 2; client['b'] = 3")

    def change_while_away():
        device.wait_until("not client.connected")
        device.do("client['b'] = 4")
        device.ask("1")

    restart(broker, opposite, change_while_away)
    opposite.wait_value("a", 2)
    opposite.wait_value("b", 4)
    assert opposite.values("a")[-2:] == [1, 2]
    packets = published(broker, 2)
    assert packets[0][0] == 1 and [dup for dup, _ in packets[1:]] == [0] * (len(packets) - 1)
    assert len({identifier for _, identifier in packets}) == len(packets)


def test_an_unacknowledged_value_survives_several_lost_connections(connect_device, broker, opposite):
    device = connect_device(WRITER, run=QUICK)
    send_in_vain(device, broker, "client['a'] = 42")
    for _ in range(2):
        opposite.answer_thing = False  # no thing, so nothing is published on this connection
        restart(broker, opposite)
        broker.wait_for_log("Received SUBSCRIBE from %s" % device.id)
    opposite.answer_thing = True
    opposite.tell_thing()
    opposite.wait_value("a", 42)


def test_values_changed_while_offline_are_sent_after_it(connect_device, broker, opposite):
    device = connect_device(WRITER, run=QUICK)

    def change():
        device.wait_until("not client.connected")
        device.do("client['a'] = 11")
        device.do("client['a'] = 12")
        device.ask("1")

    restart(broker, opposite, change)
    opposite.wait_value("a", 12)
    assert 11 not in opposite.values("a")


def test_flush_waits_through_a_lost_connection(connect_device, broker, opposite):
    device = connect_device(WRITER, run=QUICK)
    send_in_vain(device, broker, "client['a'] = 42; later(client.flush(20))")
    restart(broker, opposite)
    device.wait_for_next("^result True\n")
    opposite.wait_value("a", 42)


def test_after_a_restart_subscriptions_are_renewed_and_everything_is_asked_for_again(connect_device, broker, opposite):
    opposite.last_values[THING_ID] = {"b": 5}
    device = connect_device(WRITER, run=QUICK)
    settle(device)
    opposite.wait_value("b", 0)
    before = opposite.commands()
    # `b` changes in the cloud while the device is away, and nothing changes on the device.
    restart(broker, opposite, lambda: opposite.last_values[THING_ID].update(b=77))
    device.wait_for("^wrote b 77\n")
    assert {"ThingBegin", "LastValuesBegin"} <= set(opposite.commands()[len(before) :])
    opposite.write(a=9)
    device.wait_for("^wrote a 9\n")
    assert device.ask("client.stats()['connections']") == 2


def test_a_change_of_the_devices_own_is_not_undone_by_older_last_values(connect_device, broker, opposite):
    device = connect_device(WRITER, run=QUICK)
    settle(device)

    def change():
        device.wait_until("not client.connected")
        device.do("client['a'] = 5")
        device.ask("1")

    restart(broker, opposite, change)
    opposite.wait_value("a", 5)
    assert device.ask("client['a']") == 5
    assert "wrote a 0" not in device.output


def test_a_device_moved_while_offline_takes_up_the_other_thing(connect_device, broker, opposite):
    device = connect_device(WRITER + "\nclient.register('c')", run=QUICK)
    settle(device)

    def move():
        opposite.thing_id = OTHER_THING_ID
        opposite.last_values[OTHER_THING_ID] = {"c": 33}

    restart(broker, opposite, move)
    opposite.wait_value("a", 0, thing_id=OTHER_THING_ID)
    device.wait_until("client.thing_id == %r and client['c'] == 33" % OTHER_THING_ID)
    opposite.write(a=9)
    device.wait_for("^wrote a 9\n")


def test_an_unacknowledged_value_does_not_go_to_the_wrong_thing(connect_device, broker, opposite):
    device = connect_device(WRITER, run=QUICK)
    send_in_vain(device, broker, "client['a'] = 42")
    restart(broker, opposite, lambda: setattr(opposite, "thing_id", OTHER_THING_ID))
    opposite.wait_value("a", 42, thing_id=OTHER_THING_ID)
    assert 42 not in opposite.values("a", THING_ID)


@pytest.fixture
def relay(serve, broker):
    """A relay to the broker that the test can cut."""
    return serve(Relay, broker)


@pytest.mark.parametrize("reset", [False, True])
def test_a_closed_socket_is_noticed_at_once(connect_device, relay, opposite, reset):
    device = connect_device(WRITER, port=relay.port, keepalive=600, run=QUICK)
    relay.close_connections(reset)
    device.wait_for("^127.0.0.1:%d closed the connection|^Lost the link" % relay.port, timeout=5)
    device.wait_until("client.connected", timeout=5)
    device.do("client['a'] = 5")
    opposite.wait_value("a", 5)


def test_a_closed_tls_connection_is_noticed_at_once(connect_device, serve, broker, opposite, certificates):
    tls = type("TLSSide", (), {"host": broker.host, "port": broker.tls_port})
    relay = serve(Relay, tls)
    params = {"cafile": str(certificates.ca_file_der), "server_hostname": "localhost"}
    device = connect_device(WRITER, port=relay.port, keepalive=600, run=QUICK, ssl_params=params)
    relay.close_connections()
    device.wait_for("^127.0.0.1:%d closed the connection|^Lost the link" % relay.port, timeout=5)
    device.wait_until("client.connected", timeout=5)
    device.do("client['a'] = 5")
    opposite.wait_value("a", 5)


def test_a_stopped_broker_closes_and_its_return_is_used(connect_device, broker, opposite):
    device = connect_device(WRITER, run=QUICK)
    opposite.expect_restart()
    broker.stop()  # SIGTERM: mosquitto closes connections with a FIN
    device.wait_for("^127.0.0.1:%d " % broker.port, timeout=5)
    start_again(broker)
    opposite.wait_online()
    device.wait_until("client.connected")


@pytest.mark.parametrize("port", ["port", "tls_port"])
def test_a_half_open_link_is_noticed_within_one_and_a_half_keepalives(
    connect_device, broker, opposite, certificates, port
):
    params = None if port == "port" else {"cafile": str(certificates.ca_file_der), "server_hostname": "localhost"}
    device = connect_device(WRITER, port=getattr(broker, port), keepalive=2, run=QUICK, ssl_params=params)
    watch = Stopwatch(device.process)
    broker.process.signal(signal.SIGSTOP)
    device.wait_for("^Lost the link to 127.0.0.1:%d: the server does not answer" % getattr(broker, port), timeout=30)
    assert watch.seconds() < 3 + 1  # 1.5 keepalives, and some time on the way
    device.do("client['a'] = 5")
    broker.process.signal(signal.SIGCONT)
    opposite.wait_value("a", 5, timeout=20)
    device.wait_until("client.connected")


def test_a_quiet_link_is_kept_by_pings(connect_device, broker, opposite):
    device = connect_device(WRITER, keepalive=2)
    for _ in range(3):
        broker.process.wait_for("Received PINGREQ from %s" % device.id, 5, "stderr", start=len(broker.log))
    assert device.ask("client.stats()['connections'], client.connected") == (1, True)


def test_values_every_second_survive_a_broker_that_comes_and_goes(connect_device, broker, opposite):
    setup = WRITER + "\ncount = 0\ndef read(client):\n    global count\n    count += 1\n    return count\n"
    device = connect_device(setup + "client.register('c', on_read=read, interval=0.05)", run=QUICK)
    for _ in range(3):
        restart(broker, opposite)
        device.wait_until("client.connected")
        count = device.ask("count")
        opposite.wait(lambda: opposite.values("c")[-1:] > [count], "a newer value")
    values = opposite.values("c")
    assert values == sorted(values)

"""Whatever keeps a device from its cloud is explained in the log, and the device recovers when it ends."""

import time

import pytest
from brokers import free_ports
from devices import DEVICE_ID, USERS
from opposite import OTHER_THING_ID, THING_DETACH, THING_ID
from servers import Server

WRITER = "client.register('a', value=1, on_write=lambda client, value: print('wrote', value))"


def test_a_wrong_password_is_told_once_and_not_hammered_with(start_device, broker):
    device = start_device(WRITER, broker, password="wrong", run={"interval": 0.1})
    device.wait_for(r"^127.0.0.1:%d refused the device: wrong device id or secret key" % broker.port)
    time.sleep(1.5)  # ten times the interval
    assert broker.log.count("New connection from") <= 2
    assert "wrong\n" not in device.output.replace("secret key", "")
    device.stop()  # the long pause does not delay that
    assert device.output.count("refused the device") == 1


def test_a_wrong_password_is_told_once_by_the_local_cloud_too(start_device, project):
    made = project([("a", "INT", "READ_WRITE")])
    device = start_device(
        WRITER,
        device_id=made.device_id,
        password="wrong",
        server=made.about["host"],
        port=made.about["mqtt_port"],
        run={"interval": 0.1},
    )
    device.wait_for("refused the device: wrong device id or secret key")


def test_an_absent_service_is_waited_for(mosquitto, start_opposite, start_device):
    broker = mosquitto(users=USERS)
    broker.stop()
    device = start_device(WRITER, broker, run={"interval": 0.1})
    device.wait_for(r"^127.0.0.1:%d refused the connection" % broker.port)
    broker.start()
    opposite = start_opposite(broker)
    opposite.wait_value("a", 1)
    device.wait_until("client.connected")
    assert device.output.count("refused the connection") == 1


class Rejecting(Server):
    """Ends each connection at once and records when."""

    def __init__(self):
        self.times = []
        super().__init__()

    def serve(self, connection):
        connection.recv(1000)
        with self._news:
            self.times.append(time.monotonic())
            self._news.notify_all()
        connection.close()


def test_the_waits_between_attempts_grow_and_vary(start_device, serve):
    servers = [serve(Rejecting), serve(Rejecting)]
    for server in servers:
        start_device(WRITER, server, run={"interval": 0.2, "backoff": 2.0})
    waits = []
    for server in servers:
        server.wait(lambda: len(server.times) >= 5, timeout=15)
        waits.append([after - before for before, after in zip(server.times, server.times[1:5])])
    for some in waits:
        for i in range(4):
            # between half the interval and all of it; the interval doubles each time
            assert 0.1 * 2**i * 0.9 < some[i] < 0.2 * 2**i + 1.5
        assert some[3] > some[0]
    # One of them may be the same in both by chance, but hardly all.
    assert any(abs(one - other) > 0.01 for one, other in zip(*waits))


def test_a_name_that_cannot_be_resolved_is_reported_as_no_network(start_device):
    device = start_device(server="no-such-host.invalid", port=8884)
    device.wait_for("^No network: no-such-host.invalid:8884 cannot be reached", timeout=15)


def test_a_device_without_a_thing_waits_for_one(start_device, broker, opposite):
    opposite.thing_id = ""
    device = start_device(WRITER, broker)
    device.wait_for("^The device is not attached to a thing.")
    assert device.ask("client.state, client.thing_id") == ("SendCapabilities", None)
    opposite.thing_id = THING_ID
    opposite.tell_thing()
    opposite.wait_value("a", 1)
    device.wait_until("client.connected")
    opposite.write(a=2)
    device.wait_for("^wrote 2\n")
    assert device.output.count("not attached") == 1


def test_a_detached_device_asks_again_and_goes_on_when_attached(connect_device, opposite):
    device = connect_device(WRITER)
    opposite.wait_value("a", 1)
    old, opposite.thing_id = opposite.thing_id, ""
    opposite.command(THING_DETACH, old)
    device.wait_for("^The device is not attached to a thing.")
    device.do("client['a'] = 5")
    opposite.publish("/a/t/%s/e/i" % old, b"\x81\xa2\x00\x61a\x02\x18\x63")  # a = 99, for its former thing
    opposite.thing_id = old
    opposite.tell_thing()
    opposite.wait_value("a", 5)
    assert "wrote 99" not in device.output


@pytest.mark.parametrize("legacy", [False, True])
def test_a_device_moved_to_another_thing_takes_its_values_there(start_device, broker, start_opposite, legacy):
    opposite = start_opposite(broker, legacy=legacy)
    device = start_device(WRITER + "\nclient.register('b', value=7)", broker)
    opposite.wait_value("a", 1)
    device.wait_until("client.connected")
    opposite.thing_id = OTHER_THING_ID
    opposite.tell_thing()
    opposite.wait_value("a", 1, thing_id=OTHER_THING_ID)
    opposite.wait_value("b", 7, thing_id=OTHER_THING_ID)
    device.wait_until("client.connected")
    assert device.ask("client.thing_id") == OTHER_THING_ID
    opposite.write(a=3)
    device.wait_for("^wrote 3\n")


def test_a_device_is_attached_at_run_time_in_the_local_cloud(start_device, project):
    made = project([("a", "INT", "READ_WRITE")], attached=False)
    device = start_device(
        WRITER,
        device_id=made.device_id,
        password=made.secret,
        server=made.about["host"],
        port=made.about["mqtts_port"],
        ssl_params={"cafile": made.about["ca_der_file"], "server_hostname": "localhost"},
    )
    device.wait_for("^The device is not attached to a thing.")
    made.attach()
    device.wait_until("client.connected")
    made.write("a", 5)
    device.wait_for("^wrote 5\n")
    other = made.create_thing([("a", "INT", "READ_WRITE")])
    made.attach(other)
    device.wait_until("client.thing_id == %r and client.connected" % other)
    made.write("a", 6, other)
    device.wait_for("^wrote 6\n")
    device.do("client['a'] = 7; later(client.flush())")
    device.wait_for("^result True\n")
    device.stop()
    assert made.value("a", other) == 7


def test_a_host_that_never_answers_is_given_up_in_time(start_device, serve):
    server = serve(Server)
    device = start_device(WRITER, server, run={"interval": 0.1})
    device.wait_for(r"^127.0.0.1:%d does not answer" % server.port, timeout=25)
    server.wait(lambda: server.connections >= 2, timeout=5)


def test_two_clients_of_one_device_do_not_fall_silent(start_device, broker, opposite):
    """The broker disconnects the first when the second connects. Each logs it and reconnects."""
    first = start_device(WRITER, broker, run={"interval": 0.3})
    first.wait_until("client.connected")
    second = start_device("", broker, run={"interval": 5})
    first.wait_for(r"^127.0.0.1:%d closed the connection|^Lost the link" % broker.port)
    second.stop(timeout=15)
    first.wait_until("client.connected")
    opposite.write(a=5)
    first.wait_for("^wrote 5\n")


def test_a_free_port_is_refused_in_words(start_device):
    (port,) = free_ports(1)
    device = start_device(server="127.0.0.1", port=port, device_id=DEVICE_ID)
    device.wait_for(r"^127.0.0.1:%d refused the connection. The service may be down" % port)

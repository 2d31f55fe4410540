"""Nothing blocks: the program's own tasks keep running whatever the network does."""

import signal

import pytest
from servers import Server
from stopwatches import Stopwatch

VARIABLES = """
client.register("a", value=0, on_write=lambda client, value: print("wrote", value))
count = 0
def read(client):
    global count
    count += 1
    return count
client.register("b", on_read=read, interval=0.02)
"""
LONGEST = 20  # ms between most runs of a task that sleeps for 5


def observe(device, ticks=60):
    """Let the task tick and check its gaps."""
    device.do("ticker = Ticker()")
    device.wait_until("len(ticker.gaps) >= %d" % ticks, timeout=ticks * LONGEST / 1000 + 5)
    count, median, longest = device.ask("ticker.stop()")
    assert median <= LONGEST, (count, median, longest)
    return longest


def test_tasks_tick_while_values_flow(connect_device, opposite):
    device = connect_device(VARIABLES)
    for i in range(20):
        opposite.write(a=i)
    observe(device)


@pytest.mark.parametrize("port", ["port", "tls_port"])
def test_tasks_tick_while_the_broker_is_stopped(connect_device, broker, certificates, port):
    params = None if port == "port" else {"cafile": str(certificates.ca_file_der), "server_hostname": "localhost"}
    device = connect_device(VARIABLES, port=getattr(broker, port), ssl_params=params, keepalive=2)
    broker.process.signal(signal.SIGSTOP)
    observe(device)  # while it publishes to a dead broker
    device.wait_for("the server does not answer")
    observe(device)  # while it reconnects
    assert device.ask("client.connected") is False


@pytest.mark.parametrize("params", [None, {"verify_mode": 0}])
def test_tasks_tick_while_a_handshake_hangs(start_device, serve, params):
    server = serve(Server)
    device = start_device(VARIABLES, server, ssl_params=params)
    server.wait(lambda: server.connections)
    device.wait_until("client.state == 'ConnectMqttBroker'")
    longest = observe(device)
    assert longest < 1000
    device.stop(timeout=18)


def test_tasks_tick_while_nobody_listens(start_device):
    device = start_device(VARIABLES, server="127.0.0.1", port=1, run={"interval": 0.1})
    device.wait_for("refused the connection")
    observe(device)


def test_tasks_tick_while_a_server_drips_bytes(start_device, serve):
    class Dripping(Server):
        def serve(self, connection):
            import time

            for _ in range(1000):
                connection.sendall(b"\x20")
                time.sleep(0.005)

    device = start_device(VARIABLES, serve(Dripping), run={"interval": 0.1})
    observe(device)


def test_a_change_leaves_at_once_and_a_write_comes_at_once(connect_device, opposite, broker):
    """Nothing is polled: a chain of 20 answers to 20 writes takes much less time than 20 polls would."""
    setup = """
def answer(client, value):
    client["answer"] = value
client.register("question", value=0, on_write=answer)
client.register("answer", value=0)
"""
    watch = Stopwatch(connect_device(setup).process, broker.process)
    for i in range(1, 21):
        opposite.write(question=i)
        opposite.wait_value("answer", i)
    assert watch.seconds() < 4  # the official client polls 20 times a second


def test_stop_while_a_handshake_hangs_is_not_held_up_for_long(start_device, serve):
    server = serve(Server)
    device = start_device(VARIABLES, server)
    server.wait(lambda: server.connections)
    device.wait_until("client.state == 'ConnectMqttBroker'")
    device.stop(timeout=3)

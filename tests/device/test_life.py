"""The life of a client: states, flush, stop, counters."""

import signal

from devices import DEVICE_ID, SECRET


def test_the_state_goes_from_init_to_disconnect(start_device, broker, opposite):
    opposite.answer_thing = opposite.answer_values = False
    broker.process.signal(signal.SIGSTOP)
    setup = """
client.register("a", value=1)
print("state", client.state, client.connected)
plain_run = client.run
async def run_and_tell(**arguments):
    await plain_run(**arguments)
    print("then", client.state, client.connected)
client.run = run_and_tell
"""
    device = start_device(setup, broker, run={"interval": 0.1})
    device.wait_for("^state Init False")
    device.wait_until("client.state == 'ConnectMqttBroker'")
    broker.process.signal(signal.SIGCONT)
    device.wait_until("client.state == 'SendCapabilities'")
    assert device.ask("client.connected, client.thing_id") == (False, None)
    opposite.tell_thing()
    device.wait_until("client.state == 'RequestLastValues'")
    assert device.ask("client.connected, client.thing_id") == (False, opposite.thing_id)
    opposite.answer_values = True
    opposite.publish("/a/t/%s/shadow/i" % opposite.thing_id, b"\x80")
    device.wait_until("client.state == 'Connected'")
    assert device.ask("client.connected") is True
    device.stop()
    device.wait_for("^then Disconnect False\n")


def test_values_wait_a_little_for_a_cloud_that_keeps_the_last_ones_back(start_device, broker, opposite):
    opposite.answer_values = False
    device = start_device("client.register('a', value=1)", broker)
    opposite.wait_value("a", 1)  # 3 s later
    assert device.ask("client.state") == "RequestLastValues"


def test_a_thing_is_asked_for_again_until_there_is_an_answer(start_device, broker, opposite):
    opposite.answer_thing = False
    device = start_device("client.register('a', value=1)", broker)
    opposite.wait_command("ThingBegin", 2)  # 4 s later
    opposite.answer_thing = True
    opposite.tell_thing()
    device.wait_until("client.connected")


def test_stop_says_goodbye_to_the_broker(connect_device, broker):
    device = connect_device()
    device.stop()
    broker.wait_for_log("Received DISCONNECT from %s" % device.id)
    assert "No will message specified" in broker.log
    assert "Client %s closed its connection" % device.id not in broker.log
    assert "c1, k10" in broker.log  # clean session, default keepalive


def test_stop_before_the_connection_ends_at_once(start_device):
    device = start_device(server="127.0.0.1", port=1)
    device.wait_for("refused the connection")
    device.stop(timeout=5)


def test_flush_returns_when_the_cloud_has_acknowledged(connect_device, broker, opposite):
    device = connect_device("client.register('a', value=0)\nclient.register('b', value=0)")
    device.do("client['a'] = 1; client['b'] = 2; later(client.flush(10))")
    device.wait_for("^result True\n")
    opposite.wait_value("a", 1)
    opposite.wait_value("b", 2)
    device.do("later(client.flush())")  # nothing to wait for
    device.wait_for("^result True\n(.*\n)*result True\n")


def test_flush_gives_up_in_time(connect_device, broker):
    device = connect_device("client.register('a', value=0)")
    broker.process.signal(signal.SIGSTOP)
    device.do("client['a'] = 1; later(client.flush(0.3))")
    device.wait_for("^result False\n", timeout=3)
    device.do("later(client.flush(20))")
    broker.process.signal(signal.SIGCONT)
    device.wait_for("^result True\n")


def test_several_flushes_may_wait_at_once(connect_device, broker):
    device = connect_device("client.register('a', value=0)")
    broker.process.signal(signal.SIGSTOP)
    device.do("client['a'] = 1; later(client.flush(8)); later(client.flush(8)); later(client.flush(8))")
    device.ask("1")
    broker.process.signal(signal.SIGCONT)
    device.wait_for("^(result True\n){3}", timeout=5)


def test_flush_before_stop_loses_nothing(connect_device, opposite):
    setup = """
client.register("a", value=0)
async def leave():
    client["a"] = 77
    done = await client.flush(5)
    client.stop()
    return done
"""
    device = connect_device(setup)
    device.do("later(leave())")
    device.wait_for("^ended\n")
    opposite.wait_value("a", 77)


def test_counts_are_kept(connect_device, opposite):
    device = connect_device("client.register('a', value=0, on_write=lambda client, value: print('wrote', value))")
    opposite.wait_value("a", 0)
    device.do("later(client.flush())")
    device.wait_for("^result True")
    before = device.ask("client.stats()")
    assert before["connections"] == 1 and before["dropped"] == 0
    opposite.write(a=1)
    device.wait_for("^wrote 1\n")
    device.do("client['a'] = 2")
    opposite.wait_value("a", 2)
    after = device.ask("client.stats()")
    assert after["received"] == before["received"] + 1
    assert after["published"] == before["published"] + 1


def test_a_client_can_be_run_again_after_stop(start_device, broker, opposite):
    setup = """
client.register("a", value=0)
plain_run = client.run
async def twice():
    await plain_run()
    print("once")
    await plain_run()
client.run = twice
"""
    device = start_device(setup, broker)
    device.wait_until("client.connected")
    device.do("client.stop()")
    device.wait_for("^once\n")
    device.wait_until("client.connected")
    device.do("client['a'] = 5")
    opposite.wait_value("a", 5)
    device.stop()


def test_running_twice_at_once_is_refused(connect_device):
    setup = """
async def second():
    try:
        await client.run()
    except RuntimeError as error:
        return str(error)
"""
    device = connect_device(setup)
    device.do("later(second())")
    device.wait_for("^result .*already runs")
    assert device.ask("client.connected") is True


def test_start_runs_the_client(interpreter, broker, opposite):
    code = """
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient(%r, %r, %r, ssl_params=None, server=%r, port=%d)
client.register("a", value=9)
async def leave(client):
    if client.connected:
        print("flushed", await client.flush())
        client.stop()
client.register("leave", on_run=lambda client, args: leave(client), interval=0.1)
client.start()
print("returned")
"""
    done = interpreter.run(code=code % (DEVICE_ID, DEVICE_ID, SECRET, broker.host, broker.port), check=True)
    assert "flushed True" in done.stdout and "returned" in done.stdout
    opposite.wait_value("a", 9)

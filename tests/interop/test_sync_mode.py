"""Sync mode on every interpreter: over umqtt.robust on MicroPython, over a small stand-in on CPython."""

import signal

import pytest
from opposite import THING_ID, Opposite
from stopwatches import Stopwatch
from sync_setting import DEVICE, SETUP, start
from toolchain.paths import PEERS


@pytest.fixture
def device(interpreter, broker, opposite, start_sync_device):
    """A device that has started, with a keepalive of 2 s."""
    return start(interpreter, broker, start_sync_device)


@pytest.fixture(params=["older", "current"])
def umqtt(request, tmp_path):
    """The older umqtt, and the same with the changes of the current one."""
    folder = PEERS / "umqtt"
    if request.param == "older":
        return folder
    simple = (folder / "umqtt" / "simple.py").read_text()
    for old, new in (
        ("ssl=False, ssl_params={}", "ssl=None, ssl_params={}"),
        ("def connect(self, clean_session=True):", "def connect(self, clean_session=True, timeout=None):"),
        ("        self.sock = socket.socket()\n", "        self.sock = socket.socket()\n        self.sock.settimeout(timeout)\n"),
        ("self.sock = ussl.wrap_socket(self.sock, **self.ssl_params)", "self.sock = self.ssl.wrap_socket(self.sock)"),
        ("            import ussl\n", ""),
        ("        elif op & 6 == 4:\n            assert 0\n", "        elif op & 6 == 4:\n            assert 0\n        return op\n"),
    ):
        assert old in simple, old
        simple = simple.replace(old, new)
    (tmp_path / "current" / "umqtt").mkdir(parents=True)
    (tmp_path / "current" / "umqtt" / "simple.py").write_text(simple)
    robust = (folder / "umqtt" / "robust.py").read_text()
    robust += """
    def check_msg(self, attempts=2):
        while attempts:
            self.sock.setblocking(False)
            try:
                return super().wait_msg()
            except OSError as e:
                self.log(False, e)
            self.reconnect()
            attempts -= 1
"""
    (tmp_path / "current" / "umqtt" / "robust.py").write_text(robust)
    return tmp_path / "current"


CLOUD_SETUP = """
client.register("count", value=None, on_write=lambda client, value: written.append(value))
client.register("text", value=None)
client.register("temperature", value=None, on_read=lambda client: time.time() / 1e6, interval=0.1)
"""


def _cloud_arguments(project, **more):
    cloud = project.cloud
    return dict(
        {
            "device_id": project.device_id,
            "username": project.device_id,
            "password": project.secret,
            "server": "localhost",
            "port": cloud.mqtts_port,
            "ssl_params": {"cadata": cloud.ca_der_file},
        },
        **more
    )


def _check_values(project, device):
    project.write("count", 5)
    project.write("text", "kept")
    device.wait_for("^started")
    assert device.ask("client.connected, client.thing_id") == (True, project.thing_id)
    # what was stored before the device connected, and its callback
    assert device.ask("written, client['text']") == ([5], "kept")
    first = project.wait_value("temperature")
    project.wait_value("temperature", lambda value: value > first)
    for number in (6, 7):
        project.write("count", number)
    device.do("client['text'] = 'from the device'")
    project.wait_value("text", lambda value: value == "from the device")
    device.wait_until("client['count'] == 7")
    assert device.ask("written[-1]") == 7
    assert device.ask("client.stats()['published']") > 2
    device.do("client.stop()")
    project.wait_online(False)
    assert device.ask("client.state") == "Disconnect"


def test_values_over_umqtt_and_verified_tls(board, project, start_sync_device, umqtt):
    project.write("count", 5)
    project.write("text", "kept")
    device = start_sync_device(board, CLOUD_SETUP, umqtt=umqtt, **_cloud_arguments(project))
    _check_values(project, device)


def test_values_on_cpython(cpython, project, start_sync_device):
    project.write("count", 5)
    project.write("text", "kept")
    device = start_sync_device(cpython, CLOUD_SETUP, **_cloud_arguments(project))
    _check_values(project, device)
    assert "never" not in device.output and "pending" not in device.output


def test_a_server_with_another_root_is_refused(interpreter, project, start_sync_device, certificates):
    arguments = _cloud_arguments(project, ssl_params={"cadata": str(certificates.ca_file_der)})
    device = start_sync_device(interpreter, CLOUD_SETUP, **arguments)
    device.wait_for(r"The certificate of localhost:\d+ is refused: its root certificate is not trusted")
    assert "started" not in device.output
    assert project.device()["online"] is False


def test_a_wrong_password_is_reported(interpreter, project, start_sync_device):
    device = start_sync_device(interpreter, CLOUD_SETUP, **_cloud_arguments(project, password="wrong"))
    device.wait_for(r"localhost:\d+ refused the device: wrong device id or secret key")
    assert "started" not in device.output


def test_values_go_out_with_qos_1(device, opposite):
    device.do("client['count'] = 3")
    opposite.wait_value("count", 3)
    assert {m.qos for m in opposite.messages if m.topic == "/a/t/%s/e/o" % THING_ID} == {1}


@pytest.mark.parametrize("link", ["plain", "tls"])
def test_a_write_just_before_the_kill_arrives(interpreter, broker, opposite, start_sync_device, certificates, link):
    tls = {"port": broker.tls_port, "server": "localhost", "ssl_params": {"cadata": str(certificates.ca_file_der)}}
    device = start(interpreter, broker, start_sync_device, **(tls if link == "tls" else {}))
    device.do("longest = 0")
    broker.process.signal(signal.SIGSTOP)
    device.process.send("client['count'] = 42\n")
    # sent or about to be sent, and never acknowledged
    device.wait_for(r"does not answer|Lost the link")
    opposite.expect_restart()
    broker.process.kill()
    device.do("client['text'] = 'while offline'")
    broker.start()
    opposite.wait_online()
    opposite.wait_value("text", "while offline", timeout=20)
    assert 42 in opposite.values("count")
    assert device.ask("client['count'], client.connected") == (42, True)
    # half a keepalive for the acknowledgement that never came, and some time for a busy machine
    assert device.ask("longest") < 1000 + 1500


def test_a_restart_in_the_middle_of_writing(device, broker, opposite):
    tick = "lambda client: (client['tick'] or 0) + 1"
    device.do("client.register('tick', value=None, on_read=%s, interval=0)" % tick)
    opposite.wait(lambda: len(opposite.values("tick")) > 5, "values")
    opposite.expect_restart()
    broker.process.kill()
    broker.start()
    opposite.wait_online()
    seen = len(opposite.values("tick"))
    opposite.wait(lambda: len(opposite.values("tick")) > seen + 5, "values after the restart", 20)
    values = opposite.values("tick")
    # in order, and only once unless the dead broker had forwarded it without an acknowledgement
    assert values == sorted(values)
    assert len(values) - len(set(values)) <= 1


def test_a_half_open_link_is_noticed(device, broker, opposite):
    watch = Stopwatch(device.process)
    broker.process.signal(signal.SIGSTOP)
    device.wait_for("does not answer|Lost the link", timeout=30)
    assert watch.seconds() < 3 + 1  # 1.5 keepalives, and some time on the way
    broker.process.signal(signal.SIGCONT)
    device.do("client['count'] = 7")
    opposite.wait_value("count", 7, timeout=20)


def test_a_closed_link_is_noticed_at_once(device, broker, opposite):
    broker.stop()
    device.wait_for("closed the connection|Lost the link", timeout=1.5)
    assert device.ask("client.state") in ("Disconnect", "ConnectMqttBroker")


def test_update_does_not_block_without_a_broker(device, broker, opposite):
    broker.stop()
    device.wait_for("refused the connection")
    device.do("longest = 0")
    device.do("time.sleep(1)")
    assert device.ask("longest") < 500
    device.do("client['count'] = 8")
    opposite.expect_restart()
    broker.start()
    opposite.wait_online()
    opposite.wait_value("count", 8, timeout=20)


def test_a_restart_asks_for_everything_anew(device, broker, opposite):
    before = opposite.commands().count("LastValuesBegin")
    opposite.expect_restart()
    broker.process.kill()
    broker.start()
    opposite.wait_online()
    opposite.wait_command("LastValuesBegin", before + 1, timeout=20)
    opposite.write(count=11)
    device.wait_until("written[-1:] == [11]")


def test_it_can_be_stopped_and_started_again(device, broker, opposite):
    device.do("client.stop()")
    broker.wait_for_log("Received DISCONNECT from %s" % DEVICE)
    device.do("client['count'] = 21")
    device.do("client.start()")
    opposite.wait_value("count", 21)
    assert device.ask("client.stats()['connections']") == 2


def test_packet_identifiers_go_round(board, broker, opposite, start_sync_device):
    device = start(board, broker, start_sync_device)
    device.do("client.driver.mqtt.pid = 65530")
    for number in range(1, 13):
        device.do("client['count'] = %d" % number)
    opposite.wait_value("count", 12)
    assert opposite.values("count")[-12:] == list(range(1, 13))
    assert device.ask("client.driver.mqtt.pid") < 20
    assert "Lost" not in device.output


def test_a_record_that_is_larger_than_the_buffer_is_dropped_alone(device, opposite):
    opposite.write(count=3, text="x" * 5000, more=1)
    device.wait_until("written == [3]")
    opposite.write(count=4)
    device.wait_until("client['count'] == 4")
    assert device.ask("client.stats()['dropped'], client.stats()['connections'], client['text']") == (1, 1, None)
    assert "buffer=" in device.output


def test_a_message_of_any_size_is_taken_record_by_record(interpreter, broker, opposite, start_sync_device):
    names = ["v%02d" % i for i in range(60)]
    setup = "for i in range(60): client.register('v%02d' % i, value=None)"
    opposite.last_values[THING_ID] = {name: 0.1 + i for i, name in enumerate(names)}
    device = start(interpreter, broker, start_sync_device, setup, buffer=256)
    device.wait_until("client.connected")
    everything = "[client['v%02d' % i] for i in range(60)]"
    assert device.ask(everything) == [0.1 + i for i in range(60)]
    device.do("for p in client.records.values(): p.writable = True")
    opposite.write(**{name: 0.2 + i for i, name in enumerate(names)})
    device.wait_until(everything + " == [0.2 + i for i in range(60)]")
    assert device.ask("client.stats()['dropped'], client.stats()['connections']") == (0, 1)
    assert opposite.commands().count("LastValuesBegin") == 1


def test_malformed_messages_are_dropped(device, opposite):
    for payload in (b"", b"\xff", b"\x81\xa2\x00ecount\x02", b"\x82\xa2\x00ecount\x02\x01"):
        opposite.publish("/a/t/%s/e/i" % THING_ID, payload)
    opposite.write(qos=0, count=4)
    device.wait_until("client['count'] == 4")
    assert device.ask("client.stats()['connections']") == 1


def test_a_long_device_id(interpreter, mosquitto, start_sync_device):
    device_id = "d" * 130
    broker = mosquitto()
    opposite = Opposite(broker, device_id)
    try:
        device = start(interpreter, broker, start_sync_device, device_id=device_id)
        device.do("client['count'] = 9")
        opposite.wait_value("count", 9)
    finally:
        opposite.close()


def test_a_coroutine_callback_is_named(interpreter, broker, opposite, start_sync_device):
    setup = """
async def read(client):
    return 1
client.register("slow", on_read=read)
"""
    device = start(interpreter, broker, start_sync_device, setup, started=False)
    device.wait_for("^raised TypeError: 'slow' has a callback that is a coroutine: that needs sync_mode=False")
    assert "never awaited" not in device.output


def test_a_callback_that_raises_stays(device, opposite):
    device.do("client.register('faulty', value=None, on_read=lambda client: 1 / 0, interval=0.1)")
    device.wait_for(r"'faulty' raised ZeroDivisionError[^$]*'faulty' raised ZeroDivisionError")
    device.do("client['count'] = 2")
    opposite.wait_value("count", 2)


def test_update_in_a_callback_is_refused(device):
    device.do("client.register('nested', value=None, on_run=lambda client, args: client.update(), interval=0.1)")
    device.wait_for(r"'nested' raised RuntimeError: update\(\) is called from one of its own callbacks")


def test_the_missing_package_is_named(board):
    code = "from arduino_iot_cloud import ArduinoCloudClient as C; C('d', ssl_params=None, sync_mode=True).start()"
    done = board.run(code=code)
    assert done.returncode == 1
    assert "sync_mode=True needs umqtt.simple and umqtt.robust: mip install both" in done.stderr


def test_unusable_arguments_raise(interpreter, broker, start_sync_device):
    device = start_sync_device(
        interpreter, SETUP, device_id=DEVICE, server=broker.host, port=broker.port, ssl_params={"nonsense": 1}
    )
    device.wait_for("^raised ValueError: ssl_params has no key 'nonsense'")


def test_events_come_in_order(device, broker, opposite):
    for event in ("connect", "sync", "disconnect"):
        device.do("client.on('%s', lambda client: written.append('%s'))" % (event, event))
    opposite.expect_restart()
    broker.process.kill()
    device.wait_until("written == ['disconnect']")
    broker.start()
    opposite.wait_online()
    device.wait_until("written[1:] == ['connect', 'sync']", timeout=20)
    device.do("client.stop()")
    device.wait_until("written[3:] == ['disconnect']")


def test_what_the_cloud_acknowledged_takes_its_values_again(device, broker, opposite):
    device.do("client['count'] = 5")
    opposite.wait_value("count", 5)
    device.wait_until("not client.records['count'].changed")  # it has the PUBACK
    opposite.expect_restart()
    broker.process.kill()
    opposite.last_values[THING_ID]["count"] = 6  # set in the cloud meanwhile
    broker.start()
    opposite.wait_online()
    device.wait_until("written[-1:] == [6]", timeout=20)


REPLACED = """
client.register("a", value=1, sync="cloud", on_write=lambda client, value: written.append(value))
client.register("b", value=0)
"""


def test_a_packet_whose_value_the_last_values_replaced_is_not_sent_again(
    interpreter, broker, opposite, start_sync_device
):
    device = start(interpreter, broker, start_sync_device, REPLACED)
    opposite.wait_value("a", 1)
    opposite.expect_restart()
    broker.process.signal(signal.SIGSTOP)
    device.do("client['a'] = 5")  # never acknowledged
    device.wait_until("not client.connected")
    broker.process.kill()
    opposite.last_values[THING_ID]["a"] = 9
    broker.start()
    opposite.wait_online()
    device.wait_until("client['a'] == 9", timeout=20)
    device.do("client['b'] = 77")
    opposite.wait_value("b", 77)
    assert 5 not in opposite.values("a")


POLICIES = """
client.register("samples", history=50)
client.register("every", value=1, publish=0.3)
client.register("demand", value=1, publish="demand")
client.register("text", value="", min_interval=0.2)
"""


def test_policies_and_a_history(interpreter, broker, opposite, start_sync_device):
    device = start(interpreter, broker, start_sync_device, POLICIES, buffer=128)
    for name, value in (("every", 1), ("demand", 1), ("text", "")):
        opposite.wait_value(name, value)
    opposite.wait(lambda: len(opposite.values("every")) >= 4, "values of `every`")
    device.do("client['demand'] = 2; client['text'] = 'x' * 60")
    opposite.wait_value("text", "x" * 60)
    assert opposite.values("demand") == [1]
    device.do("client.push('demand')")
    opposite.wait_value("demand", 2)
    opposite.expect_restart()
    broker.process.kill()
    device.wait_until("not client.connected")
    device.do("for i in range(60): client['samples'] = i")
    assert device.ask("client.stats()['lost']") == 10
    broker.start()
    opposite.wait_online()
    opposite.wait_value("samples", 59, 20)
    assert opposite.values("samples") == list(range(10, 60))


def test_last_values_that_do_not_fit_are_not_waited_for(interpreter, broker, opposite, start_sync_device):
    opposite.last_values[THING_ID] = {"text": "y" * 1000}
    device = start(interpreter, broker, start_sync_device, buffer=256)
    device.wait_until("client.connected")
    assert opposite.commands().count("LastValuesBegin") == 1

"""The local cloud as a process: its JSON line, its files, how it ends, what survives that."""

import os
import signal
import stat
from pathlib import Path

import pytest
from processes import Process
from stopwatches import Stopwatch
from toolchain.paths import TOOLS

KEYS = """host mqtt_port mqtts_port mtls_port ws_port wss_port http ca_file ca_der_file device_id secret thing_id
client_key client_cert client_key_der client_cert_der data api_token page""".split()


def test_the_json_line_names_everything_and_all_of_it_is_there(local_cloud):
    about = local_cloud.about
    assert set(KEYS) <= set(about)
    for name in KEYS:
        if name.startswith(("ca_", "client_")):
            assert Path(about[name]).stat().st_size > 0, name


def test_secrets_are_in_files_for_their_owner_only(local_cloud):
    data = Path(local_cloud.data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for path in data.rglob("*"):
        if path.is_file() and (".key." in path.name or path.name in ("api_token", "default.secret")):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_store_does_not_hold_the_secret(local_cloud):
    for path in Path(local_cloud.data).glob("cloud.sqlite3*"):
        assert local_cloud.secret.encode() not in path.read_bytes()


def test_a_restart_keeps_certificates_project_and_values(start_local_cloud, make_device, api_of, tmp_path):
    first = start_local_cloud(data=tmp_path / "data")
    device = make_device(first.about)
    device.connect()
    device.publish_records([{0: "clk", 3: "kept"}])
    project = api_of(first.about).make_project(("count", "INT", "READ_WRITE"))
    assert first.stop() == 0

    second = start_local_cloud(data=tmp_path / "data")
    for name in KEYS:
        if not name.endswith("_port") and name not in ("http", "page"):
            assert second.about[name] == first.about[name], name
    api = api_of(second.about)
    assert api.variable("clk")["value"] == "kept"
    assert [each["value"] for each in api.history("clk")] == ["kept"]
    assert api.variable("count", project["thing_id"])["value"] is None
    device = make_device({**project, **{name: second.about[name] for name in KEYS if name.endswith("_port")}})
    assert device.connect() == "Success"


def test_acknowledged_values_survive_a_kill(start_local_cloud, make_device, api_of, tmp_path):
    first = start_local_cloud(data=tmp_path / "data")
    device = make_device(first.about)
    device.connect()
    for number in range(100):
        device.publish_records([{0: "clk", 3: str(number)}])
    first.process.signal(signal.SIGKILL)
    device.wait_closed()
    first.process.wait()

    second = start_local_cloud(data=tmp_path / "data")
    values = [each["value"] for each in api_of(second.about).history("clk")]
    assert values[:100] == [str(number) for number in range(100)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_two_seconds_with_clients_connected(start_local_cloud, make_device, number):
    cloud = start_local_cloud()
    devices = [
        make_device(cloud.about, port=port) for port in ("mqtt_port", "mqtts_port", "wss_port", "mtls_port")
    ]
    for device in devices:
        device.connect()
    watch = Stopwatch(cloud.process)
    cloud.process.signal(number)
    while not cloud.process.ended_within(0.02):
        assert watch.seconds() < 2
    finished = cloud.process.wait()
    assert finished.returncode == 0, finished.stderr
    assert "Traceback" not in finished.stderr


def serve(*arguments):
    process = Process([TOOLS / "local-cloud", "serve", *arguments])
    return process


def test_a_busy_port_gives_one_clear_line_and_an_exit_code(local_cloud, tmp_path):
    port = str(local_cloud.mqtt_port)
    finished = serve("--ephemeral", "--data", tmp_path / "data", "--mqtt-port", port).wait()
    assert finished.returncode == 1
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert "port " + port in line and "in use" in line


def test_a_data_folder_in_use_gives_one_clear_line_and_an_exit_code(local_cloud):
    finished = serve("--ephemeral", "--data", local_cloud.data).wait()
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert local_cloud.data in line


def test_without_json_it_speaks_to_people(tmp_path):
    process = serve("--ephemeral", "--data", tmp_path / "data")
    process.wait_for("Stop with Ctrl-C")
    assert "http://127.0.0.1:" in process.stdout
    assert process.stop() == 0


def test_a_temporary_folder_is_gone_afterwards():
    process = serve("--ephemeral")
    folder = process.wait_for(r"data in (\S+)").group(1)
    process.wait_for("Stop with Ctrl-C")
    assert os.path.isdir(folder)
    assert process.stop() == 0
    assert not os.path.exists(folder)


def test_secrets_are_never_logged(start_local_cloud, make_device):
    cloud = start_local_cloud("--log-level", "debug")
    make_device(cloud.about, secret="a-wrong-secret").connect()
    device = make_device(cloud.about)
    device.connect()
    device.publish_records([{0: "clk", 3: "x"}])
    cloud.stop()
    for text in (cloud.secret, cloud.api_token, "a-wrong-secret"):
        assert text not in cloud.process.stderr

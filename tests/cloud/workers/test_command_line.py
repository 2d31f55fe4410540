"""The command line beside a fleet: devices are at the broker, and any worker serves values, whichever ends."""

import json

from localcloud.workers import listeners
from localcloud.workers.address import parse
from localcloud.workers.broker_config import BrokerPorts
from processes import Process
from toolchain.paths import TOOLS


def run(fleet, *arguments, code=0):
    """Run a command with the fleet to its end. It must have this exit code."""
    finished = Process([TOOLS / "local-cloud", *arguments, "--data", fleet.data]).wait(30)
    assert finished.returncode == code and "Traceback" not in finished.stderr, finished
    return finished


def test_devices_are_made_whose_files_name_the_broker(fleet, project, make_device, tmp_path):
    assert project["device_id"] in run(fleet, "devices", "list").stdout
    run(fleet, "devices", "create", "--name", "Station", "--secrets-dir", tmp_path / "secrets")
    board = {}
    exec((tmp_path / "secrets" / "Station.py").read_text(), board)
    root = fleet.workers[0].ca_der_file
    assert board["CLOUD"] == {"server": "127.0.0.1", "port": fleet.tls_port, "ssl_params": {"cafile": root}}
    device = make_device(
        {**project, "mqtts_port": board["CLOUD"]["port"]},
        port="mqtts_port",
        device_id=board["DEVICE_ID"],
        secret=board["SECRET_KEY"],
    )
    assert device.connect() == "Success"


def test_values_are_watched_by_asking(fleet, project, device):
    device.publish_records([{0: "count", 2: 1}])
    words = ("watch", project["thing_id"] + "/count", "--json", "--every", "1", "--count", "2")
    watching = Process([TOOLS / "local-cloud", *words, "--data", fleet.data])
    try:
        watching.wait_for('"value": 1}')
        device.publish_records([{0: "count", 2: 2}])
        finished = watching.wait(30)
    finally:
        watching.stop()
    assert finished.returncode == 0
    assert [json.loads(line)["value"] for line in finished.stdout.splitlines()] == [1, 2]


def test_a_fleet_is_found_as_long_as_one_worker_runs(start_fleet):
    fleet = start_fleet(workers=2)
    first, second = fleet.workers
    second.stop()
    assert first.thing_id in run(fleet, "things", "list").stdout
    first.stop()
    assert "no local cloud runs with its data in" in run(fleet, "things", "list", code=1).stderr


def test_what_devices_are_told_of_the_broker_is_what_is_known(tmp_path):
    def told(url, data=tmp_path):
        return listeners.described(data, parse(url))

    (tmp_path / "mosquitto").mkdir()
    listeners.leave(tmp_path, BrokerPorts(1, 2, 3), "192.0.2.7")
    ours = {"reached_at": ["192.0.2.7"], "mqtts_host": "192.0.2.7", "mqtts_port": 2, "mtls_port": 3}
    assert told("mqtt://u:p@127.0.0.1:1") == ours
    elsewhere = {**ours, "reached_at": ["broker.example"], "mqtts_host": "broker.example"}
    assert told("mqtts://u:p@broker.example:2") == elsewhere
    # A port that broker-config does not name
    assert told("mqtts://u:p@broker.example:8883") == {"mqtts_host": "broker.example", "mqtts_port": 8883}
    assert told("mqtt://u:p@127.0.0.1:1?security=none") == {"mqtts_host": "127.0.0.1"}
    assert told("mqtt://u:p@broker.example:1?tls=none", tmp_path / "empty") == {"mqtts_host": "broker.example"}

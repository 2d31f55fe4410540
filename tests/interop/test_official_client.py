"""The official client for CPython as a device of the local cloud, over verified TLS."""

import json
from pathlib import Path

import pytest
from enrolment import enrol
from processes import Process
from toolchain.paths import PEER_PYTHON, PEERS

HERE = Path(__file__).parent
VERSION = "1.4.1"


@pytest.fixture
def start_peer(project):
    """`start_peer(path, *arguments, ...)` -> a program in the official client's virtual environment."""
    made = []

    def start(*words, env=None):
        made.append(Process([PEER_PYTHON, "-u", *words], env))
        return made[-1]

    yield start
    for process in made:
        process.stop()
        print(process.stdout, process.stderr)


def _arguments(project, login, sync):
    cloud = project.cloud
    tls = {"cafile": cloud.ca_file, "server_hostname": "localhost"}
    arguments = {"device_id": project.device_id, "server": "localhost", "ssl_params": tls, "sync_mode": sync}
    if login == "password":
        arguments.update(username=project.device_id, password=project.secret, port=cloud.mqtts_port)
    else:
        files = enrol(cloud.about, project.device_id, project.folder / "device")
        tls.update(keyfile=str(files.key), certfile=str(files.certificate))
        arguments.update(port=cloud.mtls_port)
    path = project.folder / "arguments.json"
    path.write_text(json.dumps(arguments))
    return path


@pytest.mark.parametrize("mode", ["async", "sync"])
@pytest.mark.parametrize("login", ["password", "certificate"])
def test_values_both_ways(project, start_peer, login, mode):
    project.write("count", 3)
    project.write("text", "stored before")
    process = start_peer(HERE / "official_device.py", _arguments(project, login, mode == "sync"))
    # the thing's id, then the last values; `count` had no value of its own
    process.wait_for("^count 3$", 20)
    assert project.wait_value("text") == "got 3"
    assert project.wait_value("temperature") == 20.5
    assert project.value("treasureisland") == {"lat": 31.25, "lon": 29.5}
    assert project.device()["lib_version"] == "%s-%s" % (VERSION, mode)
    project.write("count", 4)
    process.wait_for("^count 4$")
    project.wait_value("text", lambda value: value == "got 4")
    project.write("clight", {"swi": False, "hue": 99, "sat": 20, "bri": 30})
    process.wait_for("^light False 99")
    process.stop()
    project.wait_online(False)


LAUNCHER = """
import runpy, sys
from arduino_iot_cloud import ucloud
ucloud._DEFAULT_SERVER, ucloud._DEFAULT_PORT = "localhost", (%d, %d)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_its_own_example(project, start_peer):
    """Run it as its users do, without verification."""
    launcher = project.folder / "launcher.py"
    launcher.write_text(LAUNCHER % (project.cloud.mtls_port, project.cloud.mqtts_port))
    project.write("sw1", True)
    example = PEERS / "arduino_iot_cloud-1.4.1" / "examples" / "example.py"
    start_peer(launcher, example, "--sync", env={"PYTHONPATH": str(project.secrets())})
    project.wait_value("led", lambda value: value is True)
    project.wait_value("clk")
    project.write("sw1", False)
    project.wait_value("led", lambda value: value is False)

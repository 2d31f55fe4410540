"""The official client's four examples, byte for byte, run by our client against the local cloud."""

import re
import time
from pathlib import Path

import arduino_iot_cloud
import pytest
from toolchain.paths import PEERS, ROOT

HERE = Path(__file__).parent
EXAMPLES = PEERS / "arduino_iot_cloud-1.4.1" / "examples"
FIRMWARE = ROOT / "tests" / "support" / "standins" / "official"


@pytest.fixture
def run_example(project):
    """`run_example(interpreter, name, *arguments, secure_element=False)` -> its processes.Process."""

    started = []

    def run(interpreter, name, *arguments, secure_element=False):
        settings = project.settings(secure_element)
        path = [project.secrets()] + ([] if interpreter.name == "cpython" else [FIRMWARE])
        process = interpreter.start(HERE / "launcher.py", settings, EXAMPLES / name, *arguments, path=path)
        started.append(process)
        return process

    yield run
    # shown if a test fails
    for process in started:
        print("%s\n%s" % (process.stdout, process.stderr))


def _set_last_values(project):
    project.write("sw1", True)
    # the examples give their light no saturation, so it stays incomplete until the cloud sends one
    project.write("clight", {"swi": True, "hue": 1, "sat": 25, "bri": 1})
    project.write("schedule", {"frm": int(time.time()) - 60, "to": 0, "len": 3600, "msk": 0})


def _check_values(project, process):
    """Check from the cloud what basic, advanced and example.py have in common."""
    # the switch was on in the last values, so its callback has run
    project.wait_value("led", lambda value: value is True)
    assert re.fullmatch(r"\d\d:\d\d:\d\d", project.wait_value("clk"))
    light = project.wait_value("clight")
    assert light["swi"] is True and 0 <= light["hue"] <= 100 and light["sat"] == 25
    project.wait_value("clight", lambda value: value["hue"] != light["hue"])
    assert project.value("treasureisland") == {"lat": pytest.approx(31.264694), "lon": pytest.approx(29.979987)}
    process.wait_for(r"Schedule activated \{.*'len': 3600", stream="stderr")
    assert project.device()["lib_version"] == arduino_iot_cloud.__version__
    assert project.device()["online"]
    # from the cloud to the device
    project.write("sw1", False)
    project.wait_value("led", lambda value: value is False)
    project.write("clight", {"swi": False, "hue": 12, "sat": 34, "bri": 56})
    process.wait_for(r"ColoredLight changed. Swi: False Bri: 56(\.0)? Sat: 34(\.0)? Hue: 12", stream="stderr")
    project.wait_value("clight", lambda value: value["swi"] is False and value["sat"] == 34)
    assert "raised" not in process.stderr and "Traceback" not in process.stderr, process.stderr


def test_basic(board, project, run_example):
    _set_last_values(project)
    process = run_example(board, "micropython_basic.py")
    _check_values(project, process)
    assert "network: connect to some network with its password" in process.stdout


def test_advanced_with_a_secure_element(board, project, run_example):
    _set_last_values(project)
    process = run_example(board, "micropython_advanced.py", secure_element=True)
    process.wait_for("keys from se05x:token=0x00000064 and se05x:token=0x00000065")
    _check_values(project, process)


def test_async_wifi(board, project, run_example):
    project.write("sw1", True)
    process = run_example(board, "micropython_async_wifi.py")
    project.wait_value("led", lambda value: value is True)
    process.wait_for("network: connect to some network with its password")
    process.wait_for(r"WiFi connected \('192\.0\.2\.2'", stream="stderr")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", project.wait_value("clk"))
    assert project.value("humidity") == 100
    assert project.value("temperature") == 50
    assert project.device()["lib_version"] == arduino_iot_cloud.__version__
    project.write("sw1", False)
    process.wait_for("pin LED_BLUE: 1")
    project.wait_value("led", lambda value: value is False)
    assert process.stdout.count("network: connect") == 1


@pytest.mark.parametrize("mode", ["async", "sync"])
def test_example_on_cpython(cpython, project, run_example, mode):
    _set_last_values(project)
    process = run_example(cpython, "example.py", *(["--sync"] if mode == "sync" else []))
    _check_values(project, process)


def test_the_examples_are_the_official_ones():
    """There are four, and this project has no copy."""
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == [
        "example.py",
        "micropython_advanced.py",
        "micropython_async_wifi.py",
        "micropython_basic.py",
    ]
    assert not list(HERE.rglob("micropython_*.py"))

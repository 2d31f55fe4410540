"""The unix port with the client frozen in runs the demonstration's device program over TLS."""

import subprocess

import pytest
from example_projects import LAPTOP, Project, check_laptop
from processes import Process

pytestmark = pytest.mark.timeout(600)

# Only frozen modules: no lib/, no folder of the user.
FROZEN_ONLY = {"MICROPYPATH": ".frozen", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}


def run(firmware, code):
    done = subprocess.run([firmware, "-c", code], env=FROZEN_ONLY, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_packages_and_the_board_are_frozen_in(unix_firmware):
    code = "import arduino_iot_cloud.client as c, arduino_cloud_board as b, board\n"
    code += "print(c.__file__, b.__file__, board.NAME)"
    expected = ["arduino_iot_cloud/client.py", "arduino_cloud_board/__init__.py", "UNIX"]
    assert run(unix_firmware, code).split() == expected


def test_the_servers_roots_are_frozen_in(unix_firmware):
    code = "from arduino_iot_cloud import ArduinoCloudClient as C\n"
    code += "from arduino_iot_cloud.trust import context\n"
    code += "context(C('device', username='device', password='p'))\nprint('verified by the bundled roots')"
    assert run(unix_firmware, code) == "verified by the bundled roots\n"


def test_the_demonstrations_device_runs_over_tls(unix_firmware, local_cloud, tmp_path):
    project = Project(local_cloud, tmp_path, LAPTOP)
    script = project.write("laptop.py")
    device = Process([unix_firmware, "-X", "heapsize=64k", script], env=FROZEN_ONLY, cwd=tmp_path)
    try:
        check_laptop(project)
        assert device.returncode is None and "raised" not in device.stdout, device.stdout + device.stderr
    finally:
        device.stop()

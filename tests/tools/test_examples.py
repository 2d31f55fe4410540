"""examples/: each of them as it is, on each interpreter, against the local cloud."""

import shutil
import time

import pytest
from localcloud.remote import RemoteCloud
from processes import Process
from toolchain.paths import PEER_PYTHON, PEERS, ROOT, TOOLS

READ_ONLY, READ_WRITE = "READ_ONLY", "READ_WRITE"
WAIT_S = 15
# What a board's firmware has: the parts of it that basic.py uses.
FIRMWARE = {
    "network.py": """
STA_IF = 0
class WLAN:
    def __init__(self, interface):
        self.asked = 0
    def active(self, on):
        print("active", on)
    def connect(self, name, password):
        print("connect", name, password)
    def isconnected(self):
        self.asked += 1
        return self.asked > 1
    def status(self, what=None):
        return {None: 0, "rssi": -61}[what]
    def ifconfig(self):
        return ("192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.1")
""",
    "machine.py": """
class Pin:
    OUT = 1
    def __init__(self, number, mode):
        self.number = number
    def value(self, value):
        print("pin", self.number, value)
""",
}


class Project:
    """A device and a thing of the test's own, and an example as that device."""

    def __init__(self, cloud, folder, variables):
        self._request = RemoteCloud(cloud.about).request
        self._cloud = cloud
        self.folder = folder
        self._device = self._request("POST", "/devices", {"name": "example"})
        body = {"name": "example", "device_id": self._device["id"], "variables": [
            dict(zip(("name", "type", "permission"), variable)) for variable in variables
        ]}  # fmt: skip
        self.thing = "/things/" + self._request("POST", "/things", body)["id"]

    def write(self, example, tls=None):
        """Put the example beside a secrets.py; its path."""
        cloud = {
            "server": self._cloud.host,
            "port": self._cloud.mqtts_port,
            "ssl_params": {"cafile": self._cloud.ca_der_file, **(tls or {})},
        }
        (self.folder / "secrets.py").write_text(
            "DEVICE_ID = %r\nSECRET_KEY = %r\nCLOUD = %r\nWIFI_SSID = 'net'\nWIFI_PASS = 'word'\n"
            % (self._device["id"], self._device["secret"], cloud)
        )
        # Beside the original may lie somebody's own secrets.py.
        return shutil.copy(ROOT / "examples" / example, self.folder)

    def start(self, interpreter, example, tls=None, **options):
        """Start the example on an interpreters.Interpreter: a processes.Process."""
        return interpreter.start(self.write(example, tls), cwd=self.folder, **options)

    def set(self, name, value):
        """Set a variable in the cloud."""
        self._request("PUT", "%s/variables/%s/value" % (self.thing, name), {"value": value})

    def value(self, name):
        """A variable's value in the cloud."""
        return self._request("GET", "%s/variables/%s" % (self.thing, name))["value"]

    def wait(self, name, good):
        """Wait until `good(value)` is true of a variable in the cloud; the value."""
        deadline = time.monotonic() + WAIT_S
        while not good(value := self.value(name)):
            assert time.monotonic() < deadline, "%s is still %r" % (name, value)
            time.sleep(0.05)
        return value


@pytest.fixture
def make_project(local_cloud, tmp_path):
    """`make_project((name, type, permission), …)` -> a Project."""

    def make(*variables):
        folder = tmp_path / "board"
        folder.mkdir()
        return Project(local_cloud, folder, variables)

    return make


LAPTOP = (
    ("cpu", "PERCENTAGE", READ_ONLY),
    ("load", "FLOAT", READ_ONLY),
    ("memory", "PERCENTAGE", READ_ONLY),
    ("temperature", "TEMPERATURE", READ_ONLY),
    ("uptime", "CHARSTRING", READ_ONLY),
    ("fast", "STATUS", READ_WRITE),
    ("led", "STATUS", READ_ONLY),
)


def check_laptop(project):
    def is_number(value):
        return isinstance(value, (int, float)) and value >= 0

    first = project.wait("uptime", bool)
    for name in ("cpu", "load", "memory"):
        project.wait(name, is_number)
    project.wait("uptime", lambda uptime: uptime != first)
    for on in (True, False):
        project.set("fast", on)
        project.wait("led", lambda led: led is on)


def test_laptop(interpreter, make_project):
    project = make_project(*LAPTOP)
    heap = None if interpreter.name == "cpython" else "%dk" % (2 * interpreter.bits)
    process = project.start(interpreter, "laptop.py", heap=heap)
    check_laptop(project)
    assert process.returncode is None and "raised" not in process.stdout, process.stdout + process.stderr


@pytest.mark.parametrize("where", ["cpython", "micropython"])
def test_laptop_runs_unchanged_with_the_official_client(where, micropython, make_project, local_cloud):
    project = make_project(*LAPTOP)
    tls = {"verify_mode": 2, "server_hostname": "localhost"}  # without, it verifies nothing
    if where == "cpython":
        tls["cafile"] = local_cloud.ca_file
        process = Process([PEER_PYTHON, project.write("laptop.py", tls)])
    else:
        # the unix port's `select` lacks what that client needs; boards have it
        path = "%s:%s:.frozen" % (TOOLS / "bench" / "standins", PEERS / "micropython")
        process = project.start(micropython(64), "laptop.py", tls, env={"MICROPYPATH": path})
    try:
        check_laptop(project)
    finally:
        process.stop()


def test_basic(interpreter, make_project):
    project = make_project(("signal", "INT", READ_ONLY), ("led", "STATUS", READ_WRITE))
    for name, text in FIRMWARE.items():
        (project.folder / name).write_text(text)
    process = project.start(interpreter, "basic.py")
    process.wait_for("^connect net word")
    project.wait("signal", lambda value: value == -61)
    project.set("led", True)
    process.wait_for("^pin 2 True")


def test_async_beside(interpreter, make_project):
    project = make_project(("late", "FLOAT", READ_ONLY), ("period", "FLOAT", READ_WRITE))
    process = project.start(interpreter, "async_beside.py")
    process.wait_for("^Connected")
    project.set("period", 0.2)
    process.wait_for(r"^a value every 0\.2")
    project.wait("late", lambda late: isinstance(late, float))
    project.set("period", 3600)
    project.wait("period", lambda period: period == 60)
    process.wait_for("^a value every 60")

"""The programs in examples/, unchanged, on each interpreter against the local cloud."""

import pytest
from example_projects import LAPTOP, READ_ONLY, READ_WRITE, check_laptop
from processes import Process
from toolchain.paths import PEER_PYTHON, PEERS, TOOLS

# Stand-ins for the parts of a board's firmware that basic.py uses.
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


def test_laptop(interpreter, make_project):
    project = make_project(*LAPTOP)
    # On 32 bits 80 KB are enough for modules that are compiled from source. With 72 it depends on where the pieces lie.
    heap = None if interpreter.name == "cpython" else "%dk" % (5 * interpreter.bits // 2)
    process = project.start(interpreter, "laptop.py", heap=heap)
    check_laptop(project)
    assert process.returncode is None and "raised" not in process.stdout, process.stdout + process.stderr


@pytest.mark.parametrize("where", ["cpython", "micropython"])
def test_laptop_runs_unchanged_with_the_official_client(where, micropython, make_project, local_cloud):
    project = make_project(*LAPTOP)
    tls = {"verify_mode": 2, "server_hostname": "localhost"}  # without them it verifies nothing
    if where == "cpython":
        tls["cafile"] = local_cloud.ca_file
        process = Process([PEER_PYTHON, project.write("laptop.py", tls)])
    else:
        # the unix port's `select` lacks a function that this client needs and boards have
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

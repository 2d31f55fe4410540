"""Fixtures for the interoperability tests: the test's own project in the local cloud, and a view of it."""

import ast
import asyncio
import json
import signal
import threading
import time
from pathlib import Path

import pytest
from enrolment import enrol
from localcloud.remote import RemoteCloud
from opposite import Opposite
from sync_setting import DEVICE
from toolchain.paths import PEERS, ROOT

PRELUDE = ROOT / "tests" / "support" / "device"  # imported by sync_device.py

# What the official examples register.
VARIABLES = (
    ("sw1", "STATUS", "READ_WRITE"),
    ("led", "STATUS", "READ_WRITE"),
    ("clk", "CHARSTRING", "READ_ONLY"),
    ("clight", "HOME_COLORED_LIGHT", "READ_WRITE"),
    ("treasureisland", "LOCATION", "READ_ONLY"),
    ("schedule", "SCHEDULE", "READ_WRITE"),
    ("humidity", "PERCENTAGE_RELATIVE_HUMIDITY", "READ_ONLY"),
    ("temperature", "TEMPERATURE", "READ_ONLY"),
    ("count", "INT", "READ_WRITE"),
    ("text", "CHARSTRING", "READ_WRITE"),
)


class Project:
    """A device with a thing in the local cloud, whose events are recorded from the start."""

    def __init__(self, cloud, folder):
        self.cloud = cloud
        self.folder = folder
        self.remote = RemoteCloud(cloud.about)
        device = self.remote.request("POST", "/devices", {"name": "interop"})
        self.device_id, self.secret = device["id"], device["secret"]
        variables = [dict(zip(("name", "type", "permission"), variable)) for variable in VARIABLES]
        body = {"name": "interop", "timezone": "UTC", "device_id": self.device_id, "variables": variables}
        self.thing_id = self.remote.request("POST", "/things", body)["id"]
        self._events = {}
        self._seen = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._watching = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        assert self._watching.wait(10)

    def _watch(self):
        self._task = self._loop.create_task(self._gather())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        self._loop.close()

    async def _gather(self):
        async with self.remote.live() as events:
            self._watching.set()
            async for event in events:
                self._take(event)

    def _take(self, event):
        # Only this device's values, and its connects and disconnects.
        if event["event"] == "value" and event["thing_id"] == self.thing_id and event["source"] == "device":
            kind = event["variable_name"]
        elif event["event"] == "device" and event["device_id"] == self.device_id:
            kind = None
        else:
            return
        with self._news:
            self._seen.append(event)
            self._events.setdefault(kind, []).append(event)
            self._news.notify_all()

    def close(self):
        """Stop watching."""
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)

    # What happens in the cloud

    def wait_event(self, kind, wanted, what, timeout=15):
        """Wait for the next event of a kind for which `wanted(event)` is true. Drop earlier ones of the kind."""
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                waiting = self._events.setdefault(kind, [])
                while waiting:
                    event = waiting.pop(0)
                    if wanted(event):
                        return event
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError("no %s within %s s; events: %s" % (what, timeout, self._seen[-5:]))
                self._news.wait(left)

    def wait_value(self, name, wanted=lambda value: True, timeout=15):
        """Wait until the device publishes a variable and `wanted(value)` is true and return the value."""
        return self.wait_event(name, lambda event: wanted(event["value"]), "value of %s" % name, timeout)["value"]

    def wait_online(self, online, timeout=15):
        """Wait until the device is online, or offline."""
        self.wait_event(None, lambda event: event["online"] is online, "device with online=%s" % online, timeout)

    def write(self, name, value):
        """Set a variable, as a dashboard does."""
        path = "/things/%s/variables/%s/value" % (self.thing_id, name)
        self.remote.request("PUT", path, {"value": value})

    def value(self, name):
        """Return the value that the cloud has stored for a variable."""
        return self.remote.request("GET", "/things/%s/variables/%s" % (self.thing_id, name))["value"]

    def device(self):
        """Return what the cloud knows about the device: `lib_version`, `online`."""
        return self.remote.request("GET", "/devices/" + self.device_id)

    # What a device needs

    def settings(self, secure_element=False):
        """Write a file for launcher.py and return its path."""
        cloud = self.cloud
        settings = {"server": "localhost", "ports": [cloud.mtls_port, cloud.mqtts_port], "root": cloud.ca_der_file}
        if secure_element:
            files = enrol(cloud.about, self.device_id, self.folder / "device")
            settings.update(key=str(files.key_der), certificate=str(files.certificate_der))
        path = self.folder / "settings.json"
        path.write_text(json.dumps(settings))
        return path

    def secrets(self):
        """Make a folder with the examples' secrets.py and return its path."""
        folder = self.folder / "secrets"
        folder.mkdir()
        text = "DEVICE_ID = %r\nSECRET_KEY = %r\nWIFI_SSID = %r\nWIFI_PASS = %r\n"
        (folder / "secrets.py").write_text(text % (self.device_id, self.secret, "some network", "its password"))
        return folder


@pytest.fixture
def project(local_cloud, tmp_path):
    """The test's own Project."""
    project = Project(local_cloud, tmp_path)
    yield project
    project.close()


@pytest.fixture(params=["mp64", "mp32"])
def board(request, micropython):
    """Each MicroPython in turn."""
    return micropython(int(request.param[2:]))


class SyncDevice:
    """sync_device.py as a child process."""

    def __init__(self, interpreter, folder, setup, umqtt, arguments):
        (folder / "arguments.json").write_text(json.dumps(arguments))
        (folder / "setup.py").write_text(setup)
        script = Path(__file__).parent / "sync_device.py"
        self.process = interpreter.start(
            script, folder / "arguments.json", folder / "setup.py", path=[PRELUDE, *([umqtt] if umqtt else [])]
        )
        self._asked = 0

    @property
    def output(self):
        """Everything it has printed and logged."""
        return self.process.stdout + self.process.stderr

    def wait_for(self, pattern, timeout=15, start=0):
        """Wait until its output has a line that matches and return the match."""
        return self.process.wait_for(pattern, timeout, start=start)

    def do(self, statement):
        """Make it execute a line. Then it goes on calling `update`."""
        self._asked += 1
        self.process.send("%s; print('done %d')\n" % (statement, self._asked))
        self.wait_for(r"^done %d\n|^order failed" % self._asked)

    def ask(self, expression):
        """Return the value of an expression in the program."""
        self._asked += 1
        self.process.send("print('answer %d', repr((%s)))\n" % (self._asked, expression))
        answer = self.wait_for(r"^answer %d (.*)\n|^order failed.*" % self._asked)
        assert answer.group(1) is not None, self.output
        return ast.literal_eval(answer.group(1))

    def wait_until(self, expression, timeout=30):
        """Wait until an expression is true in the program, which evaluates it between calls of `update`."""
        self._asked += 1
        self.process.send("wanted = (%d, %r)\n" % (self._asked, expression))
        self.wait_for("^true %d\n|^order failed" % self._asked, timeout)


@pytest.fixture
def start_sync_device(tmp_path):
    """`start_sync_device(interpreter, setup, umqtt=…, **arguments)` -> a SyncDevice, by default over plain TCP."""
    started = []

    def start(interpreter, setup, umqtt=PEERS / "umqtt", **arguments):
        arguments.setdefault("ssl_params", None)
        device = SyncDevice(interpreter, tmp_path, setup, umqtt if interpreter.name != "cpython" else None, arguments)
        started.append(device)
        return device

    yield start
    # Shown if a test fails.
    for device in started:
        print(device.output)


@pytest.fixture
def broker(mosquitto):
    """A mosquitto that accepts the device in sync mode and the opposite."""
    broker = mosquitto(users={DEVICE: "secret", "opposite": "opposite"})
    yield broker
    if broker.process.returncode is None:
        broker.process.signal(signal.SIGCONT)


@pytest.fixture
def opposite(broker):
    """The cloud behind that broker."""
    opposite = Opposite(broker, DEVICE, username="opposite", password="opposite")
    yield opposite
    opposite.close()

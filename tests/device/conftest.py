"""Fixtures for the device tests: a broker, the cloud behind it, device programs, misbehaving servers."""

import signal

import pytest
from devices import DEVICE_ID, USERS, Device
from localcloud.remote import RemoteCloud
from opposite import Opposite


@pytest.fixture
def broker(mosquitto):
    """A mosquitto that accepts the device's secret."""
    broker = mosquitto(users=USERS)
    yield broker
    if broker.process.returncode is None:
        broker.process.signal(signal.SIGCONT)


@pytest.fixture
def start_opposite():
    """`start_opposite(broker, **options)` -> an Opposite, disconnected at the end."""
    made = []

    def make(broker, device_id=DEVICE_ID, **options):
        options.setdefault("username", "opposite")
        options.setdefault("password", "opposite")
        made.append(Opposite(broker, device_id, **options))
        return made[-1]

    yield make
    for opposite in made:
        opposite.close()


@pytest.fixture
def opposite(broker, start_opposite):
    """The cloud behind `broker`."""
    return start_opposite(broker)


@pytest.fixture
def start_device(interpreter, tmp_path):
    """`start_device(setup, broker, **options)` -> a devices.Device on each interpreter in turn."""
    made = []

    def make(setup="", broker=None, **options):
        path = tmp_path / ("device%d.py" % len(made))
        made.append(Device(interpreter, path, setup, broker, **options))
        return made[-1]

    make.interpreter = interpreter
    yield make
    interpreter.stop_all()
    for device in made:
        # None of the client's tasks may end with an exception that nobody retrieves.
        assert "Task exception" not in device.output, device.output


@pytest.fixture
def connect_device(start_device, broker, opposite):
    """Like `start_device`, but also wait until values flow."""

    def make(setup="", **options):
        device = start_device(setup, broker, **options)
        device.wait_until("client.connected")
        return device

    return make


class Project:
    """The test's own device and thing in the local cloud."""

    def __init__(self, about, variables, attached=True):
        self.about = about
        self.request = RemoteCloud(about).request
        device = self.request("POST", "/devices", {"name": "test device"})
        self.device_id, self.secret = device["id"], device["secret"]
        self.thing_id = self.create_thing(variables, self.device_id if attached else None)

    def create_thing(self, variables, device_id=None):
        """Make another thing and return its id. `variables` is a list of (name, type, permission)."""
        body = {
            "name": "test thing",
            "timezone": "UTC",
            "device_id": device_id,
            "variables": [dict(zip(("name", "type", "permission"), variable)) for variable in variables],
        }
        return self.request("POST", "/things", body)["id"]

    def attach(self, thing_id=None):
        """Attach the device to a thing."""
        self.request("PUT", "/things/%s/device" % (thing_id or self.thing_id), {"device_id": self.device_id})

    def write(self, name, value, thing_id=None):
        """Set a variable in the cloud."""
        path = "/things/%s/variables/%s/value" % (thing_id or self.thing_id, name)
        self.request("PUT", path, {"value": value})

    def value(self, name, thing_id=None):
        """Return a variable's value in the cloud."""
        return self.request("GET", "/things/%s/variables/%s" % (thing_id or self.thing_id, name))["value"]


@pytest.fixture
def project(local_cloud):
    """`project(variables, attached=True)` -> a Project in the worker's local cloud."""
    return lambda variables, attached=True: Project(local_cloud.about, variables, attached)


@pytest.fixture
def serve():
    """`serve(Class, *arguments)` -> a server of servers.py, closed at the end."""
    made = []

    def make(kind, *arguments, **options):
        made.append(kind(*arguments, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()

"""Run an example as the device of a project in the local cloud."""

import shutil
import time

from localcloud.remote import RemoteCloud
from toolchain.paths import ROOT

READ_ONLY, READ_WRITE = "READ_ONLY", "READ_WRITE"
WAIT_S = 60  # only ends what hangs


class Project:
    """The test's own device and thing in a local_clouds.LocalCloud, with an example as that device."""

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
        """Put the example beside a secrets.py and return its path."""
        cloud = {
            "server": self._cloud.host,
            "port": self._cloud.mqtts_port,
            "ssl_params": {"cafile": self._cloud.ca_der_file, **(tls or {})},
        }
        (self.folder / "secrets.py").write_text(
            "DEVICE_ID = %r\nSECRET_KEY = %r\nCLOUD = %r\nWIFI_SSID = 'net'\nWIFI_PASS = 'word'\n"
            % (self._device["id"], self._device["secret"], cloud)
        )
        # Somebody's own secrets.py may be beside the original.
        return shutil.copy(ROOT / "examples" / example, self.folder)

    def start(self, interpreter, example, tls=None, **options):
        """Start the example on an interpreters.Interpreter and return a processes.Process."""
        return interpreter.start(self.write(example, tls), cwd=self.folder, **options)

    def set(self, name, value):
        """Set a variable in the cloud."""
        self._request("PUT", "%s/variables/%s/value" % (self.thing, name), {"value": value})

    def value(self, name):
        """Return a variable's value in the cloud."""
        return self._request("GET", "%s/variables/%s" % (self.thing, name))["value"]

    def wait(self, name, good):
        """Wait until `good(value)` is true for a variable in the cloud, and return the value."""
        deadline = time.monotonic() + WAIT_S
        while not good(value := self.value(name)):
            assert time.monotonic() < deadline, "%s is still %r" % (name, value)
            time.sleep(0.05)
        return value


# The variables of examples/laptop.py.
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
    """Check that its readings reach the cloud and that it obeys the switch."""

    def is_number(value):
        return isinstance(value, (int, float)) and value >= 0

    first = project.wait("uptime", bool)
    for name in ("cpu", "load", "memory"):
        project.wait(name, is_number)
    project.wait("uptime", lambda uptime: uptime != first)
    for on in (True, False):
        project.set("fast", on)
        project.wait("led", lambda led: led is on)

"""The programs for the soak in real time, one for each interpreter and mode, all connected over verified TLS."""

import json
import uuid
from pathlib import Path

from bench.process_costs import processor_seconds, wakeups
from toolchain.paths import PEERS

from ..worlds import CLIENT_MODES, INTERPRETERS
from .cloud import token

from interpreters import CPython, MicroPython  # isort: skip

# The library's defaults, in seconds.
KEEPALIVE_S = {"async": 10, "sync": 10, "websocket": 10, "user": 30}
PROGRAM = Path(__file__).parent / "program.py"


class Device:
    """One program. `name` is its interpreter and mode, `id` its client identifier at the broker."""

    def __init__(self, cloud, certificates, interpreter, mode, folder):
        self.cloud = cloud
        self.mode = mode
        self.interpreter = interpreter.name
        self.name = "%s %s" % (interpreter.name, mode)
        self.keepalive = KEEPALIVE_S[mode]
        self.id = str(uuid.uuid4())
        self.thing_id = cloud.thing_of(self.id)
        self._written = 0
        path = folder / ("%s.json" % self.id)
        path.write_text(json.dumps(self._arguments(cloud.broker, certificates.ca_file_der)))
        umqtt = mode == "sync" and interpreter.name != "cpython"
        self.process = interpreter.start(PROGRAM, mode, path, path=[PEERS / "umqtt"] if umqtt else [])

    def _arguments(self, broker, root):
        arguments = {
            "server": broker.host,
            "port": broker.wss_port if self.mode in ("websocket", "user") else broker.tls_port,
            "ssl_params": {"cafile": str(root), "server_hostname": "localhost"},
            "keepalive": self.keepalive,
        }
        if self.mode == "user":
            return dict(arguments, token=token(), mqtt_client_id=self.id, thing_id=self.thing_id)
        if self.mode == "websocket":
            arguments["transport"] = "websocket"
        return dict(arguments, device_id=self.id, username=self.id, password="a secret of 24 characters")

    def wait_ready(self, timeout=60):
        """Wait until its values flow."""
        self.process.wait_for("^ready$", timeout)

    def heap(self, timeout=30):
        """Return the bytes of heap in use after a collection; on CPython the number of allocated blocks."""
        start = len(self.process.stdout)
        self.process.send("heap\n")
        return int(self.process.wait_for(r"^heap (\d+)\n", timeout, start=start)[1])

    def latency(self, timeout=30):
        """Send a value, and return the milliseconds from the cloud to the program's callback."""
        self._written += 1
        sent = self.cloud.write(self.thing_id, self._written, reported=self.mode == "user")
        return (int(self.process.wait_for(r"^got %d (\d+)\n" % self._written, timeout)[1]) - sent) / 1e6

    def wakeups(self):
        """Return how often it has been woken; 0 once it has ended."""
        return wakeups(self.process.pid)

    def processor_seconds(self):
        """Return the processor time that it has used, in seconds; 0 once it has ended."""
        return processor_seconds(self.process.pid)


class Devices:
    """All programs, in `with Devices(cloud, certificates, folder) as devices:`."""

    def __init__(self, cloud, certificates, folder, interpreters=INTERPRETERS, modes=CLIENT_MODES):
        self._interpreters = [CPython() if name == "cpython" else MicroPython(int(name[2:])) for name in interpreters]
        self._devices = []
        try:
            for interpreter in self._interpreters:
                for mode in modes:
                    self._devices.append(Device(cloud, certificates, interpreter, mode, folder))
        except BaseException:
            self.close()
            raise

    def __iter__(self):
        return iter(self._devices)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stop all programs."""
        for interpreter in self._interpreters:
            interpreter.stop_all()

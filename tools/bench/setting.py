"""The setting of the measurements: a broker with TLS, a cloud made of paho-mqtt and cbor2, and compiled clients."""

import contextlib
import os
import queue
import socket
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import cbor2
import paho.mqtt.client as paho
from toolchain import mpy
from toolchain.paths import LIB, MICROPYTHON32, PEERS, SUPPORT, TOOLS

sys.path.extend(map(str, SUPPORT))
from brokers import Mosquitto  # noqa: E402
from processes import Process  # noqa: E402
from throwaway_certificates import Certificates  # noqa: E402

OURS = "ours"
OFFICIAL = "official"
UMQTT = "umqtt"  # our client uses it in sync mode
SOURCES = {OURS: LIB, OFFICIAL: PEERS / "micropython", UMQTT: PEERS / "umqtt"}
DEVICE = TOOLS / "bench" / "device"
STANDINS = TOOLS / "bench" / "standins"


class Builds:
    """The clients and the programs in `device/`, compiled to .mpy below `folder`."""

    def __init__(self, folder, *names):
        self.folder = folder
        self.files = {name: mpy.compile_tree(folder / name, source=SOURCES[name]) for name in names}
        mpy.compile_tree(folder / "device", source=DEVICE)
        if OFFICIAL in names:
            mpy.compile_tree(folder / OFFICIAL, source=STANDINS)

    def start(self, name, program, *arguments, heap=None, interpreter=MICROPYTHON32):
        """Start a program in `device/` with the builds `name` (separated by spaces), and return its Process."""
        folders = [str(self.folder / one) for one in ["device"] + name.split()] + [".frozen"]
        environment = dict(os.environ, MICROPYPATH=os.pathsep.join(folders))
        options = ["-X", "heapsize=%dk" % heap] if heap else []
        return Process([interpreter] + options + ["-m", program] + list(arguments), environment, self.folder / "device")

    def run(self, name, program, *arguments, timeout=30, **options):
        """Run a program to its end and return what it printed. Raises RuntimeError if it failed."""
        done = self.start(name, program, *arguments, **options).wait(timeout)
        if done.returncode:
            what = (program, name, done.returncode, done.stdout, done.stderr)
            raise RuntimeError("%s with %s: exit code %d\n%s%s" % what)
        return done.stdout


class Device:
    """One device of the Cloud. `values` is a queue of (time in ns, {name: value}) received from it."""

    def __init__(self, cloud):
        self._cloud = cloud
        self.id = str(uuid.uuid4())
        self.thing = str(uuid.uuid4())
        self.values = queue.Queue()

    def send(self, name, value):
        """Set one of its values (a bool or number), as a dashboard does."""
        label = 4 if isinstance(value, bool) else 2
        self._cloud.publish("/a/t/%s/e/i" % self.thing, [{0: name, label: value}])

    @property
    def arguments(self):
        """The first arguments of every program in `device/` that connects."""
        return [self.id, self._cloud.broker.tls_port, self._cloud.certificates.ca_file_der]


class Cloud:
    """mosquitto, and as much of a cloud as both clients need to find their thing."""

    def __init__(self, folder):
        self.certificates = Certificates(folder)
        self.broker = Mosquitto(folder / "mosquitto", self.certificates, settings=["set_tcp_nodelay true"])
        self._things = {}
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="cloud")
        self._client.on_message = self._on_message
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect(self.broker.host, self.broker.port)
        # Otherwise a value waits up to 40 ms, for mosquitto's delayed ACK of the PUBACK before it.
        self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client.loop_start()
        self._client.subscribe([("/a/t/+/e/o", 1), ("/a/t/+/shadow/o", 1)])
        if not subscribed.wait(10):
            raise RuntimeError("mosquitto does not answer")

    def publish(self, topic, records, **options):
        """Publish SenML records."""
        self._client.publish(topic, cbor2.dumps(records), 1, **options)

    def add(self):
        """Add a Device and return it."""
        device = Device(self)
        self._things[device.thing] = device
        self.publish("/a/d/%s/e/i" % device.id, [{0: "thing_id", 3: device.thing}], retain=True)
        return device

    def _on_message(self, client, data, message):
        now = time.time_ns()
        _, _, _, thing, channel, _ = message.topic.split("/")
        if channel == "shadow":
            self.publish("/a/t/%s/shadow/i" % thing, [{0: "unused", 2: 0}])
        else:
            values = {record[0]: record.get(2, record.get(3, record.get(4))) for record in cbor2.loads(message.payload)}
            self._things[thing].values.put((now, values))

    def close(self):
        """Disconnect and stop the broker."""
        self._client.disconnect()
        self._client.loop_stop()
        self.broker.stop()


@contextlib.contextmanager
def scratch():
    """Yield the Path of a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def setting(*names):
    """Yield (builds, cloud) for the named clients."""
    with scratch() as folder:
        builds = Builds(folder / "builds", *names)
        cloud = Cloud(folder)
        try:
            yield builds, cloud
        finally:
            cloud.close()

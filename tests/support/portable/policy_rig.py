"""A client with registered variables, a session and a simulated clock, for policies and histories."""

import arduino_iot_cloud.property.history as history
import arduino_iot_cloud.property.policy as policy
from arduino_iot_cloud.cbor import Writer
from arduino_iot_cloud.cbor_item import loads
from arduino_iot_cloud.client import ArduinoCloudClient
from arduino_iot_cloud.port import ticks_diff
from session_rig import Rig

UNIX = 1700000000


class _Driver:
    # What the client, policies and methods need from a driver.

    def __init__(self, rig):
        self.session = rig.session
        self.mqtt = self
        self.connections = self.published = self.received = self.faults = 0
        self.woken = self.scheduled = 0

    def wake(self):
        self.woken += 1

    def schedule(self):
        self.scheduled += 1


class ClientRig(Rig):
    """A Rig whose variables belong to a client. `wait` and `run_for` move `now` and the Unix time.

    Like a driver with a link, `run_for` polls when something wants it to, and publishes what is due. Each packet is
    acknowledged at once. It returns [(ms since its beginning, [(name, value)])].
    """

    def __init__(self, *properties, now=0, unix=UNIX, **client):
        super().__init__(now=now)
        self.unix = unix
        self.ms = 0
        for module in (policy, history):
            if hasattr(module, "ticks_ms"):
                module.ticks_ms = lambda: self.now
            if hasattr(module, "timestamp"):
                module.timestamp = lambda: self.unix + self.ms // 1000 if self.unix else 0
        self.client = ArduinoCloudClient("d", "d", "p", ssl_params={}, **client)
        self.session.properties = self.properties = self.client.records
        self.client.driver = self.driver = _Driver(self)
        self.session.on_value = self._on_value
        for p in properties:
            self.client.register(p)

    def _on_value(self, p):
        self.wrote.append(p.name)
        self.client.on_value(p)

    def wait(self, ms):
        super().wait(ms)
        self.ms += ms

    def records(self, size=1024):
        """Send the next packet and return its records; [] if nothing is due."""
        writer = Writer(bytearray(size))
        if not self.session.fill(writer, self.now):
            return []
        assert writer.pos <= size
        return loads(bytes(writer.buf[: writer.pos]))

    def publish(self, size=1024):
        """Send the next packet and return [(name, value)]."""
        return [(one[0], one.get(2, one.get(3, one.get(4)))) for one in self.records(size)]

    def exchange(self, size=1024):
        """Publish one packet, acknowledge it, and return [(name, value)]."""
        published = self.publish(size)
        if published:
            self.session.acknowledged()
        return published

    def drain(self):
        while self.exchange():
            pass

    def run_for(self, ms, step=None):
        """Let time pass, polling every `step` ms, or by default at the requested times."""
        done = []
        passed = 0
        while True:
            left = self.client.poll(self.now)
            if self.driver.scheduled:
                self.driver.scheduled = 0
                left = self.client.poll(self.now)
            while self.session.ready:
                published = self.exchange()
                if not published:
                    break
                done.append((passed, published))
            left = max(min([left] + [ticks_diff(p.due, self.now) for p in self.client.runnable]), 0 if done else 1)
            left = max(step or left, 1)
            if passed + left > ms:
                break
            passed += left
            self.wait(left)
        self.wait(ms - passed)
        return done


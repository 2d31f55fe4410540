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
    # What client, policies and methods want of a driver.

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
    """A Rig whose variables belong to a client; `now` moves with `wait` and `run_for`, the Unix time with it.

    As a driver with a link does, `run_for` looks when something wants it to and publishes what is due, each
    packet acknowledged at once: [(ms since its beginning, [(name, value)])].
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
        self.client.written(p)

    def wait(self, ms):
        super().wait(ms)
        self.ms += ms

    def records(self, size=1024):
        """The records of the next packet, which is under way then; [] where nothing is due."""
        writer = Writer(bytearray(size))
        if not self.session.fill(writer, self.now):
            return []
        assert writer.pos <= size
        return loads(bytes(writer.buf[: writer.pos]))

    def publish(self, size=1024):
        """The same as [(name, value)]."""
        return [(one[0], one.get(2, one.get(3, one.get(4)))) for one in self.records(size)]

    def exchange(self, size=1024):
        """Publish one packet and acknowledge it."""
        published = self.publish(size)
        if published:
            self.session.acknowledged()
        return published

    def drain(self):
        while self.exchange():
            pass

    def run_for(self, ms, step=None):
        """Let the time pass; `step` looks every so many ms, else at the ticks that were asked for."""
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


"""The cloud for the soak in real time: mosquitto with a certificate, and paho-mqtt and cbor2 behind it."""

import base64
import json
import re
import sys
import threading
import time
from collections import Counter

import cbor2
import paho.mqtt.client as paho
from toolchain.paths import SUPPORT

sys.path.extend(str(folder) for folder in SUPPORT if str(folder) not in sys.path)
from brokers import Mosquitto  # noqa: E402

THING_BEGIN, THING_UPDATE = 0x010300, 0x010400
LAST_VALUES_BEGIN, LAST_VALUES_UPDATE = 0x010500, 0x010600
TIMEZONE_UP, TIMEZONE_DOWN = 0x010800, 0x010900
_YEAR = 365 * 86400

_PACKET = re.compile(r"^\d+: (Received|Sending) (\w+) (?:from|to) (\S+)", re.M)


def token():
    """Return a user's token. mosquitto accepts any."""
    claims = json.dumps({"http://arduino.cc/id": "user"}).encode()
    return "x.%s.x" % base64.urlsafe_b64encode(claims).decode().rstrip("=")


class Packets:
    """Counts packets in mosquitto's log, for each client in a Counter of (whether it sent them, their type)."""

    def __init__(self, broker):
        self._broker = broker
        self._rest = ""

    def take(self):
        """Return {client id: Counter} of what was logged since the last call."""
        whole, end, self._rest = (self._rest + self._broker.process.take("stderr")).rpartition("\n")
        found = {}
        for way, kind, client in _PACKET.findall(whole + end):
            found.setdefault(client, Counter())[way == "Received", kind] += 1
        return found


class Cloud:
    """Tells each device its thing, the last values and a time zone. Writes `level` to devices or reports it to users.

    `broker` is a brokers.Mosquitto, `packets` its Packets.
    """

    def __init__(self, folder, certificates):
        # Otherwise a packet waits for the acknowledgement of the one before it, which the other side's TCP delays.
        self.broker = Mosquitto(folder, certificates, settings=["set_tcp_nodelay true"])
        self.packets = Packets(self.broker)
        self._client = client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="cloud")
        client.on_message = self._on_message
        client.on_connect = lambda *_: client.subscribe("/a/d/+/c/up", 1)
        subscribed = threading.Event()
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect(self.broker.host, self.broker.port)
        client.loop_start()
        if not subscribed.wait(30):
            raise RuntimeError("mosquitto does not answer")

    @staticmethod
    def thing_of(device_id):
        """Return the id of a device's thing."""
        return "7" + device_id[1:]

    def write(self, thing_id, value, reported=False):
        """Write `level`, with `reported` as its device would. Return the Unix time in ns."""
        topic = "/a/t/%s/e/%s" % (thing_id, "o" if reported else "i")
        now = time.time_ns()
        self._client.publish(topic, cbor2.dumps([{0: "level", 2: value}]), 1)
        return now

    def _on_message(self, client, data, message):
        device_id = message.topic.split("/")[3]
        kind = cbor2.loads(message.payload).tag
        until = int(time.time()) + _YEAR
        if kind == THING_BEGIN:
            self._command(device_id, THING_UPDATE, self.thing_of(device_id))
        elif kind == LAST_VALUES_BEGIN:
            zone = [{0: "tz_offset", 2: 0}, {0: "tz_dst_until", 2: until}]
            self._command(device_id, LAST_VALUES_UPDATE, cbor2.dumps(zone))
        elif kind == TIMEZONE_UP:
            self._command(device_id, TIMEZONE_DOWN, 0, until)

    def _command(self, device_id, tag, *parameters):
        self._client.publish("/a/d/%s/c/dw" % device_id, cbor2.dumps(cbor2.CBORTag(tag, list(parameters))), 1)

    def close(self):
        """Disconnect and stop the broker."""
        self._client.disconnect()
        self._client.loop_stop()
        self.broker.stop()

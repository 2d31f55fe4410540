"""A stand-in for the cloud made of paho-mqtt and cbor2, without code of the client or the local cloud."""

import threading
import time
from collections import namedtuple

import cbor2
import paho.mqtt.client as paho

THING_ID = "70707070-aaaa-4bbb-8ccc-707070707070"
OTHER_THING_ID = "90909090-aaaa-4bbb-8ccc-909090909090"

THING_BEGIN, THING_UPDATE = 0x010300, 0x010400
LAST_VALUES_BEGIN, LAST_VALUES_UPDATE = 0x010500, 0x010600
DEVICE_BEGIN, TIMEZONE_DOWN, THING_DETACH = 0x010700, 0x010900, 0x011000
COMMANDS = {THING_BEGIN: "ThingBegin", LAST_VALUES_BEGIN: "LastValuesBegin", DEVICE_BEGIN: "DeviceBegin"}

# `item` is the decoded payload: (command's name, parameters), or the SenML records.
Message = namedtuple("Message", "topic qos payload item")


class Opposite:
    """Answers one device through a broker, and records what it publishes.

    thing_id        the device's thing, "" for none
    last_values     {thing id: {record name: value}}, updated when the device publishes
    answer_thing, answer_values   False: do not answer
    legacy          answer only on the older topics
    """

    def __init__(self, broker, device_id, thing_id=THING_ID, username=None, password=None, legacy=False):
        self.device_id = device_id
        self.thing_id = thing_id
        self.last_values = {}
        self.answer_thing = self.answer_values = True
        self.legacy = legacy
        self.messages = []
        self._news = threading.Condition()
        self._online = threading.Event()
        self._client = client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="opposite of " + device_id)
        client.max_inflight_messages_set(1000)
        client.reconnect_delay_set(0.02, 0.1)
        if username:
            client.username_pw_set(username, password)
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *_: self._online.set()
        client.on_disconnect = lambda *_: self._online.clear()
        client.on_message = self._on_message
        client.connect(broker.host, broker.port)
        client.loop_start()
        self.wait_online()

    def close(self):
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def wait_online(self):
        """Wait until it is connected and subscribed, also after a restart of the broker."""
        assert self._online.wait(10), "the opposite is not connected"

    def expect_restart(self):
        """Call this before the broker goes down, so that `wait_online` waits for the next connection."""
        self._online.clear()

    def _on_connect(self, client, *_):
        if self.legacy:
            self.tell_thing()
        client.subscribe("/a/#", 1)

    # From the device

    def _on_message(self, client, data, message):
        try:
            item = self._decode(message)
        except Exception as error:
            item = error  # shown by the test that waits in vain
        # Answer first: a test that waits for a message may rely on the answer being sent.
        if not isinstance(item, Exception) and not message.retain:
            self._reply(message.topic, item)
        with self._news:
            self.messages.append(Message(message.topic, message.qos, message.payload, item))
            self._news.notify_all()

    def _reply(self, topic, item):
        if topic.endswith("/c/up"):
            self._answer(item[0])
        elif topic.endswith("/shadow/o") and self.answer_values:
            assert item == [{0: "r:m", 3: "getLastValues"}], item
            thing = topic.split("/")[3]
            self._client.publish("/a/t/%s/shadow/i" % thing, self._pack(self.last_values.get(thing, {})), 1)

    def _decode(self, message):
        item = cbor2.loads(message.payload) if message.payload else None
        if message.topic.endswith("/c/up"):
            return COMMANDS.get(item.tag, hex(item.tag)), item.value
        if message.topic.endswith("/e/o"):
            stored = self.last_values.setdefault(message.topic.split("/")[3], {})
            stored.update({record[0]: _value(record) for record in item})
        return item

    def _answer(self, command):
        if self.legacy:
            return
        if command == "ThingBegin" and self.answer_thing:
            self.tell_thing()
        elif command == "LastValuesBegin" and self.answer_values:
            values = self._pack(self.last_values.get(self.thing_id, {}))
            self.command(LAST_VALUES_UPDATE, values)

    def wait(self, condition, what, timeout=30):
        """Wait until `condition()` is true, checking it after every message, and return its value."""
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                value = condition()
                if value:
                    return value
                left = deadline - time.monotonic()
                if left <= 0:
                    seen = "\n".join(map(str, self.messages[-20:]))
                    raise AssertionError("no %s within %s s; messages:\n%s" % (what, timeout, seen))
                self._news.wait(left)

    def values(self, name, thing_id=THING_ID):
        """Return all values that the device has published for a record, in order."""
        topic = "/a/t/%s/e/o" % thing_id
        return [
            _value(record)
            for message in self.messages
            if message.topic == topic and not isinstance(message.item, Exception)
            for record in message.item
            if record[0] == name
        ]

    def wait_value(self, name, value, timeout=30, thing_id=THING_ID):
        """Wait until the latest value that the device published is this one."""
        self.wait(
            lambda: self.values(name, thing_id)[-1:] == [value], "value %r of %s" % (value, name), timeout
        )

    def commands(self):
        """Return the names of the commands that the device has sent, in order."""
        return [m.item[0] for m in list(self.messages) if m.topic == "/a/d/%s/c/up" % self.device_id]

    def wait_command(self, name, count=1, timeout=30):
        """Wait until the device has sent a command so many times."""
        self.wait(lambda: self.commands().count(name) >= count, "command %s" % name, timeout)

    # To the device

    def publish(self, topic, payload, qos=1):
        """Publish bytes."""
        self._client.publish(topic, payload, qos)

    def command(self, tag, *params):
        """Send a command to the device."""
        self.publish("/a/d/%s/c/dw" % self.device_id, cbor2.dumps(cbor2.CBORTag(tag, list(params))))

    def tell_thing(self):
        """Tell the device its thing."""
        if self.legacy:
            record = cbor2.dumps([{0: "thing_id", 3: self.thing_id}])
            self._client.publish("/a/d/%s/e/i" % self.device_id, record, 1, retain=True)
        else:
            self.command(THING_UPDATE, self.thing_id)

    def write(self, qos=1, **values):
        """Write values as a dashboard does. `light__swi=True` means the attribute `light:swi`."""
        values = {name.replace("__", ":"): value for name, value in values.items()}
        self.publish("/a/t/%s/e/i" % self.thing_id, self._pack(values), qos)

    @staticmethod
    def _pack(values):
        return cbor2.dumps([{0: name, _label(value): value} for name, value in values.items()])


def _label(value):
    return 4 if isinstance(value, bool) else 3 if isinstance(value, str) else 2


def _value(record):
    return next(record[key] for key in (2, 3, 4) if key in record)

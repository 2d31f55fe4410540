"""The session of a user's connection, without I/O: its listeners, the messages to send, a device's thing.

It has the interface that `loop.Driver` expects of a session. A user listens on the topics on which devices report, and
publishes on those on which they listen. With a device's credentials it is the other way round, for the device's thing.
"""

from .. import cbor
from ..cbor import CBORError
from ..mqtt import MQTTError
from ..port import log
from ..senml import Records, label, write_record
from ..session import Session


class CloudError(MQTTError):
    """The cloud cannot be used. `args`: why (str), the HTTP status (int, 0 for none). `heals`: waiting may help."""

    heals = True


def encode(name: str, value, timestamp: int = 0) -> bytes:
    """Encode a value: bool, int, float or str, or a dict of these by attribute. Raises TypeError for others.

    `timestamp` is in Unix seconds, 0 for none."""
    items = [(name, value)]
    if isinstance(value, dict):
        items = [("%s:%s" % (name, key), value[key]) for key in value]
    for key, item in items:
        if not isinstance(item, (bool, int, float, str)):
            raise TypeError("'%s' takes bool, int, float or str, not %s" % (key, type(item).__name__))
    return bytes(cbor.encode(_write, items, timestamp))


def _write(writer, items, timestamp):
    writer.head(4, len(items))
    for key, item in items:
        write_record(writer, label(key), item, timestamp)


def values(records, buf, pos: int, end: int) -> list:
    """Decode a message into (name, value) pairs; adjacent attributes become one dict. Raises CBORError."""
    found = []
    records.open(buf, pos, end)
    while records.next():
        name = records.name
        if not isinstance(name, str) or records.value is None:
            continue
        colon = name.find(":")
        if colon < 0:
            found.append((name, records.value))
            continue
        attribute = name[colon + 1 :]
        name = name[:colon]
        if not found or found[-1][0] != name or not isinstance(found[-1][1], dict):
            found.append((name, {}))
        found[-1][1][attribute] = records.value
    return found


class Message:
    """A message on its way. `on_end(arrived)` is called once, with a bool."""

    def __init__(self, topic: bytes, payload: bytes, on_end):
        self.topic = topic
        self.payload = payload
        self.on_end = on_end
        self.under_way = False


class UserSession:
    """The state of a user's connection. With a `device_id` it is that device's.

    `listeners` have a `thing_id` ("" for the device's own) and a `name`. `on_value(listener, value)` is called for each
    value, `on_change()` when the connection begins or the thing changes.
    """

    state = "Init"
    move = Session.move
    forget = Session.forget
    online = False
    thing_id = None  # the device's thing
    dropped = 0  # messages that were refused
    stale = False  # what was under way is sent again after a reconnection
    wake = due = None

    def __init__(self, device_id=None):
        self.device_id = device_id
        self.listeners = []
        self.queue = []  # Messages
        self.out = []  # requests: see session.Session
        self._records = Records()

    # For the driver

    @property
    def ready(self) -> bool:
        """Whether there is something to publish."""
        return self.online and len(self.queue) > 0

    @property
    def topic(self):
        """The topic of the next message (bytes), or None."""
        return self.queue[0].topic if self.queue else None

    def begin(self, now: int):
        """Subscribe again to everything, since MQTT has connected."""
        self.move("Connected")  # type: ignore[misc] # a method of another class
        self.online = True
        found = set([self.data_topic(one.thing_id) for one in self.listeners if one.thing_id or self.thing_id])
        if self.device_id:
            found.add("/a/d/%s/e/i" % self.device_id)
        topics = sorted(found)
        self.out.clear()
        for i in range(0, len(topics), 8):
            self.out.append(("subscribe", topics[i : i + 8], None))
        self.on_change()  # type: ignore[attr-defined] # its owner sets it

    def end(self):
        """Note that MQTT has been disconnected."""
        if self.state not in ("Init", "Disconnect"):
            self.move("Disconnect")
        self.online = False

    def poll(self, now: int):
        """Do nothing: nothing is ever due."""

    def message(self, topic, buf, pos: int, end: int, now: int):
        """Take a message on a topic (any bytes-like), whose payload is between two offsets of `buf`."""
        try:
            found = values(self._records, buf, pos, end)
        except CBORError as error:
            self.dropped += 1
            log(30, "Dropped a malformed message (%s at byte %d)" % error.args)
            return
        topic = bytes(topic).decode()
        if topic[:5] == "/a/d/":
            for name, value in found:
                if name == "thing_id" and isinstance(value, str):
                    self._attach(value)
            return
        for name, value in found:
            for listener in list(self.listeners):
                if listener.name == name and topic == self.data_topic(listener.thing_id):
                    self.on_value(listener, value)  # type: ignore[attr-defined] # its owner sets it

    def piece(self, topic, buf, pos: int, end: int, rest: int, now: int) -> int:
        """Drop a part of a message that is larger than the buffer. Returns its size in bytes."""
        if topic:
            self.dropped += 1
            log(30, "Dropped a message of %d bytes: more than buffer= holds, see ArduinoIoTCloud" % (end - pos + rest))
        return end - pos

    def fill(self, writer, now: int = 0) -> bool:
        """Write the next message's payload. Returns whether there is one."""
        if not self.queue:
            return False
        self.queue[0].under_way = True
        writer.raw(self.queue[0].payload)
        return True

    def acknowledged(self):
        """Note that what `fill` wrote last has arrived."""
        if self.queue and self.queue[0].under_way:
            self.queue.pop(0).on_end(True)

    # For ArduinoIoTCloud

    def data_topic(self, thing_id: str) -> str:
        """Return the topic from which values of a thing come."""
        return "/a/t/%s/%s" % (thing_id or self.thing_id, "e/i" if self.device_id else "e/o")

    def listen(self, listener):
        """Add a listener, and subscribe if it is its thing's first."""
        others = [one for one in self.listeners if one.thing_id == listener.thing_id]
        self.listeners.append(listener)
        if not others:
            self._request("subscribe", listener.thing_id)

    def ignore(self, listener):
        """Remove a listener, and unsubscribe if it was its thing's last."""
        if listener in self.listeners:
            self.listeners.remove(listener)
            if not [one for one in self.listeners if one.thing_id == listener.thing_id]:
                self._request("unsubscribe", listener.thing_id)

    def give_up(self, message):
        """Remove a message from the queue, unless it is under way."""
        if message in self.queue and not message.under_way:
            self.queue.remove(message)

    def _request(self, kind, thing_id):
        if self.online and (thing_id or self.thing_id):
            self.out.append((kind, [self.data_topic(thing_id)], None))

    def _attach(self, thing_id):
        # Attach the device to the thing that the cloud named, "" for none.
        if thing_id != self.thing_id:
            if self.listeners:
                self._request("unsubscribe", "")
            self.thing_id = thing_id or None
            if self.listeners:
                self._request("subscribe", "")
            self.on_change()

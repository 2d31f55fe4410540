"""Arduino Cloud in the simulated world: devices, things, variables with their last values, and the commands."""

from .cbor import Simple, Tagged, decode, encode, record, records
from .chance import Chance
from .clock import clock

# Tags of commands.
DEVICE_BEGIN = 0x010700
THING_BEGIN = 0x010300
THING_UPDATE = 0x010400
THING_DETACH = 0x011000
LAST_VALUES_BEGIN = 0x010500
LAST_VALUES_UPDATE = 0x010600
TIMEZONE_UP = 0x010800
TIMEZONE_DOWN = 0x010900
NET_CONFIG = 0x011100

START = 1800000000  # the true Unix time when a world begins
_LATE_MS = 40000  # the longest delay of an answer while the cloud is slow
_FAR_S = 180 * 86400  # until a time zone's offset ends


def unix():
    """Return the true Unix time. The device's clock may show another."""
    return START + clock.now // 1000


class Stored:
    """The last value of a variable: a scalar, or a dict of attributes. `variable` is a variables.Variable."""

    def __init__(self, variable):
        self.variable = variable
        self.value = None
        self.time = 0  # Unix time of the value
        self.records = 0  # from the device; the attributes of an update count once
        self.writes = 0  # by the dashboard
        self.sample = -1  # the newest sample of a history
        self.missing = 0  # samples that were skipped
        self.doubtful = False  # the device has been told an older value since, in an answer from before its connection


class Thing:
    """A thing. `stored`: {name: Stored}."""

    def __init__(self, thing_id, variables):
        self.thing_id = thing_id
        self.stored = {one.name: Stored(one) for one in variables}


class Device:
    """What the cloud knows about a device."""

    def __init__(self, device_id, secret, things):
        self.device_id = device_id
        self.secret = secret
        self.things = things
        self.thing = things[0]  # or None


class Cloud:
    """Answers devices, stores what they publish, and writes values as a dashboard does."""

    def __init__(self, seed, check):
        self.chance = Chance(seed, "cloud")
        self.check = check
        self.devices = {}
        self.users = {}  # user name -> token
        self.broker = None
        self.deaf = False  # it does not answer devices
        self.slow = False  # it answers late
        self.padding = 0  # records of other variables among the last values, which are then larger than a buffer
        self.zone = None  # a function that returns when the time zone ends; None: in half a year

    # For the broker

    def refuses(self, username, password):
        """Return the return code for a log-in."""
        if username in self.devices:
            return 0 if self.devices[username].secret == password else 5
        return 0 if username in self.users and self.users[username] == password else 4

    def may_read(self, client_id, topic):
        """Return whether a client may subscribe to a topic."""
        return True

    def subscribed(self, session, topic):
        """Note that a client has subscribed to a topic."""
        device = self._device(topic)
        if device and topic.endswith("/e/i"):
            self._answer(self._tell_thing, device)

    def _device(self, topic):
        return self.devices.get(topic[5:].partition("/")[0]) if topic.startswith("/a/d/") else None

    def _thing_of(self, topic):
        # (device, thing, end of the topic); None instead of a thing if the topic belongs to none.
        if topic.startswith("/a/t/"):
            thing_id, _, rest = topic[5:].partition("/")
            for device in self.devices.values():
                for thing in device.things:
                    if thing.thing_id == thing_id:
                        return device, thing, rest
        return None

    def published(self, session, topic, payload, again):
        """Take what a client has published."""
        device = self._device(topic)
        try:
            if device and topic.endswith("/c/up"):
                return self._command(device, decode(payload))
            found = self._thing_of(topic)
            if found and found[2] == "e/o":
                self._values(found[0], found[1], records(payload), again)
                self._forward(topic, payload)
            elif found and found[2] == "e/i":
                self._user_writes(found[1], records(payload))
                self._forward(topic, payload)
            elif found and found[2] == "shadow/o":
                self.check.asked(found[0], "last values, the older way")
                self._answer(self._shadow, found[0], found[1], self._state(found[0], found[1]))
            else:
                clock.fail("%s publishes on %s" % (session.client_id, topic))
        except (ValueError, TypeError, KeyError) as error:
            clock.fail("%s publishes %r on %s: %s" % (session.client_id, payload, topic, error))

    def _forward(self, topic, payload):
        self.broker.publish(topic, payload)

    # Commands

    def _command(self, device, command):
        tag = command.tag
        if tag == THING_BEGIN:
            self.check.asked(device, "thing")
            self._answer(self._name_thing, device)
        elif tag == LAST_VALUES_BEGIN:
            self.check.asked(device, "last values")
            if device.thing:
                self._answer(self._update_last_values, device, device.thing, self._state(device, device.thing))
        elif tag == TIMEZONE_UP:
            self.check.asked(device, "time zone")
            offset, until = self._zone()
            self._answer(self.tell, device, Tagged(TIMEZONE_DOWN, [offset, until]))
        elif tag not in (DEVICE_BEGIN, NET_CONFIG):
            clock.fail("%s sends the command %x" % (device.device_id, tag))

    def _answer(self, call, *arguments):
        if self.deaf:
            return
        if self.slow and self.chance.one_in(2):
            clock.at(self.chance.between(1, _LATE_MS), call, *arguments)
        else:
            call(*arguments)

    def tell(self, device, command):
        """Send a command to a device."""
        self.broker.publish("/a/d/%s/c/dw" % device.device_id, encode(command))

    def _name_thing(self, device):
        self.tell(device, Tagged(THING_UPDATE, [device.thing.thing_id if device.thing else ""]))

    def _tell_thing(self, device):
        pack = [record("thing_id", device.thing.thing_id if device.thing else "")]
        self.broker.publish("/a/d/%s/e/i" % device.device_id, encode(pack))

    def attach(self, device, thing):
        """Attach a device to a thing or to none and tell it."""
        old = device.thing
        device.thing = thing
        if old and not thing:
            self.tell(device, Tagged(THING_DETACH, [old.thing_id]))
        else:
            self._name_thing(device)
        self._tell_thing(device)

    def _zone(self):
        until = unix() + _FAR_S
        return 3600, max(1, self.zone() if self.zone else until)

    def _last_values(self, thing):
        pack = [record("nobody%d" % i, i / 4) for i in range(self.padding)]
        for name, stored in thing.stored.items():
            self._add(pack, name, stored.value, stored.time)
        offset, until = self._zone()
        pack.append(record("tz_offset", offset))
        pack.append(record("tz_dst_until", until))
        return encode(pack)

    def _add(self, pack, name, value, time):
        if isinstance(value, dict):
            for key in value:
                pack.append(record(name + ":" + key, value[key], time))
        elif value is not None:
            pack.append(record(name, value, time))

    def _state(self, device, thing):
        # The last values now: as a pack, as they are, and the session that requests them.
        values = {name: stored.value for name, stored in thing.stored.items()}
        return self._last_values(thing), values, self.broker.sessions.get(device.device_id)

    def _update_last_values(self, device, thing, state):
        self._doubt(device, thing, state)
        self.tell(device, Tagged(LAST_VALUES_UPDATE, [state[0]]))

    def _shadow(self, device, thing, state):
        self._doubt(device, thing, state)
        self.broker.publish("/a/t/%s/shadow/i" % thing.thing_id, state[0])

    def _doubt(self, device, thing, state):
        # The device cannot tell a late answer to an earlier connection's request from one to its own request
        # (docs/types-and-policies.md), so the answer may undo changes made meanwhile.
        _, values, session = state
        if session is not self.broker.sessions.get(device.device_id):
            for name, stored in thing.stored.items():
                stored.doubtful = stored.doubtful or stored.value != values[name]

    # Values

    def _values(self, device, thing, found, again):
        last = None  # the device may have been attached to another thing without knowing it yet
        for name, value, time in found:
            name, colon, attribute = name.partition(":")
            stored = thing.stored.get(name)
            if stored is None:
                clock.fail("%s publishes the unknown variable '%s'" % (device.device_id, name))
                return
            if isinstance(value, Simple):
                raise ValueError("a simple value")
            if name != last or not colon:
                stored.records += 1
            last = name
            stored.doubtful = False
            if colon:
                stored.value = dict(stored.value or {})
                stored.value[attribute] = value
            else:
                stored.value = value
            stored.time = time or unix()
            self.check.stored(device, stored, again)

    def write(self, thing, name, value, time=0):
        """Set a variable as the dashboard does. `value` is a scalar, or a dict of some or all attributes."""
        stored = thing.stored[name]
        stored.writes += 1
        stored.doubtful = False
        if isinstance(value, dict):
            stored.value = dict(stored.value or {})
            stored.value.update(value)
        else:
            stored.value = value
        stored.time = unix()
        pack = []
        self._add(pack, name, value, time)
        self.broker.publish("/a/t/%s/e/i" % thing.thing_id, encode(pack))

    def _user_writes(self, thing, found):
        for name, value, _ in found:
            stored = thing.stored.get(name)
            if stored:
                stored.writes += 1
                stored.doubtful = False
                stored.value = value
                stored.time = unix()

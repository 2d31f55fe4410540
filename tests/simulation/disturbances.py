"""The trouble in a simulated world. Each kind has a method, called now and then, and `heal` undoes all of them."""

from .cbor import Tagged, encode, record
from .chance import Chance
from .clock import PLANNED, clock
from .cloud import TIMEZONE_DOWN, unix
from .network import network

_THING_UPDATE = b"\xda\x00\x01\x04\x00"  # the command's tag

# Feature -> the mean time between two of its kind in a world of pace 1, in seconds. 0: it comes with a value.
DISTURBANCES = {
    "writes": 15,
    "crossings": 0,
    "unacknowledged": 0,
    "cuts": 120,
    "hangs": 600,
    "stops": 900,
    "broker": 900,
    "names": 900,
    "refusals": 1200,
    "deaf": 700,
    "slow": 300,
    "jumps": 600,
    "zones": 600,
    "things": 900,
    "hostile": 60,
    "broken": 900,
    "oversized": 300,
    "memory": 600,
    "interrupts": 1500,
    "restarts": 1500,
}


class Disturbances:
    """The disturbances of one world."""

    def __init__(self, world):
        self.world = world
        self._chances = {}
        for feature in sorted(DISTURBANCES):
            if world.has(feature):
                self._chances[feature] = Chance(world.seed, feature)
                if DISTURBANCES[feature]:
                    self._plan(feature)

    def _plan(self, feature):
        seconds = self._chances[feature].wide(self.world.least, 4 * self.world.pace * DISTURBANCES[feature])
        clock.at(1000 * seconds, self._due, feature)

    def _due(self, feature):
        program = self.world.program
        if not program.calm and program.running:
            getattr(self, feature)(self._chances[feature])
        self._plan(feature)

    def _for_a_while(self, chance, what, change, back):
        # A state that lasts up to some minutes, unless everything is healed before.
        ms = 1000 * chance.wide(1, 900)
        self.world.note("%s for %d s" % (what, ms // 1000))
        change()
        clock.at(ms, back)

    def heal(self):
        """Make everything work again."""
        world = self.world
        broker = world.broker
        cloud = world.cloud
        broker.refusal = 0
        broker.mute = cloud.deaf = cloud.slow = False
        cloud.zone = None
        clock.interrupt = None
        self._return()
        for device in cloud.devices.values():
            if device.thing is None:
                self._attach(device, device.things[0])
        for connection in list(network.connections):
            if connection.broken:  # the client may wait for the rest of what it takes for a packet
                connection.reset()
        network.heal()

    # The network

    def _connection(self, chance):
        return chance.choice(network.connections) if network.connections else None

    def _pipe(self, chance, name, blow):
        connection = self._connection(chance)
        if connection:
            pipe = chance.choice((connection.up, connection.down))
            pipe.fuse = chance.wide(1, 2000)
            pipe.blow = blow(connection)
            self.world.note("%s after %d bytes" % (name, pipe.fuse))

    def cuts(self, chance):
        """End a connection at some byte."""
        how = chance.choice(("reset", "finish", "vanish"))
        self._pipe(chance, how, lambda connection: getattr(connection, how))

    def hangs(self, chance):
        """Let nothing through any more, in one direction or both."""
        which = chance.below(3)

        def blow(connection):
            def hang():
                if which != 1:
                    connection.up.hang()
                if which != 0:
                    connection.down.hang()

            return hang

        self._pipe(chance, "hangs", blow)

    def stops(self, chance):
        """Make the server stop reading."""
        self._pipe(chance, "stops reading", lambda connection: connection.stop_reading)

    def names(self, chance):
        """Take the name server away."""
        network_state = chance.choice(("refused", "silent"))

        def away():
            network.no_names = network_state

        self._for_a_while(chance, "no name server", away, self._names_back)

    @staticmethod
    def _names_back():
        network.no_names = None

    # The broker

    def _hosts(self):
        return ["10.0.%s.1" % name[5:] for name in self.world.hosts]

    def broker(self, chance):
        """Take the broker away."""
        how = chance.choice(("refuses", "does not answer", "answers no CONNECT"))
        ends = chance.choice(("reset", "finish", "vanish"))

        def away():
            for address in self._hosts():
                if how == "refuses":
                    self.world.leave(address)
                elif how == "does not answer":
                    network.dead.add(address)
                else:
                    self.world.broker.mute = True
            for connection in list(network.connections):
                if connection.server:
                    getattr(connection, ends)()

        self._for_a_while(chance, "the broker %s (%s)" % (how, ends), away, self._return)

    def _return(self):
        for address in self._hosts():
            self.world.serve(address)
            network.dead.discard(address)
        self.world.broker.mute = False

    def refusals(self, chance):
        """Refuse log-ins."""
        broker = self.world.broker
        code = chance.choice((1, 2, 3, 3, 4, 5))

        def refuse():
            broker.refusal = code
            for session in list(broker.sessions.values()):
                session.connection.finish()

        def allow():
            broker.refusal = 0

        self._for_a_while(chance, "log-ins are refused with %d" % code, refuse, allow)

    # The cloud

    def deaf(self, chance):
        """Make the cloud answer no requests."""
        cloud = self.world.cloud

        def close():
            cloud.deaf = True

        def open_again():
            cloud.deaf = False

        self._for_a_while(chance, "no answers", close, open_again)

    def slow(self, chance):
        """Make the cloud answer late."""
        cloud = self.world.cloud

        def slow_down():
            cloud.slow = True

        def speed_up():
            cloud.slow = False

        self._for_a_while(chance, "late answers", slow_down, speed_up)

    def _device(self, chance):
        devices = self.world.cloud.devices
        return devices[chance.choice(sorted(devices))]

    def writes(self, chance):
        """Set a variable from the dashboard."""
        device = self._device(chance)
        if not device.thing:
            return
        names = [name for name in sorted(device.thing.stored) if device.thing.stored[name].variable.writable]
        if names:
            name = chance.choice(names)
            value = device.thing.stored[name].variable.from_dashboard(chance)
            self.world.program.traffic += 1
            self.world.cloud.write(device.thing, name, value)

    def assigned(self, device, variable):
        """Sometimes set a variable from the dashboard at the moment when the program sets it."""
        chance = self._chances.get("crossings")
        if chance and variable.writable and device.thing and not self.world.program.calm and chance.one_in(8):
            clock.at(chance.below(2 * network.latency[1]), self._cross, chance, device, variable)

    def _cross(self, chance, device, variable):
        if device.thing and not self.world.program.calm:
            self.world.cloud.write(device.thing, variable.name, variable.from_dashboard(chance))

    def stored(self, device, stored):
        """Sometimes end the connection when a value has arrived, before its acknowledgement leaves.

        Then the dashboard sometimes sets another value before the device is back.
        """
        chance = self._chances.get("unacknowledged")
        if not chance or self.world.program.calm or not chance.one_in(12):
            return
        session = self.world.broker.sessions.get(device.device_id)
        if session:
            connection = getattr(session.connection, "connection", session.connection)
            getattr(connection, chance.choice(("reset", "vanish")))()
            if stored.variable.writable and chance.one_in(2):
                clock.at(chance.below(800), self._cross, chance, device, stored.variable)

    def zones(self, chance):
        """Make the time zone end soon, repeatedly, or in the past, or make it nonsense."""
        cloud = self.world.cloud
        form = chance.below(6)
        self.world.note("time zones of kind %d" % form)

        def until():
            now = unix()
            return (now - 10, now + 1, now + 10, 1, now + 3600, now + 86400 * 365 * 20)[form]

        cloud.zone = None if chance.one_in(3) else until
        device = self._device(chance)
        if chance.one_in(2):
            offset = chance.choice((0, 3600, -43200, 50400, -999999, 7200))
            cloud.tell(device, Tagged(TIMEZONE_DOWN, [offset, max(0, until())]))

    def things(self, chance):
        """Attach the device to another thing or to none."""
        device = self._device(chance)
        self._attach(device, chance.choice((None, device.things[0], device.things[1])))

    def _attach(self, device, thing):
        self.world.note("%s is attached to %s" % (device.device_id, thing and thing.thing_id))
        self.world.check.attached(device.device_id)
        self.world.cloud.attach(device, thing)

    def jumps(self, chance):
        """Make the wall clock jump."""
        step = chance.wide(1, 86400 * 30)
        if chance.one_in(4):
            step = 86400 * 365 * chance.between(1, 8)
        now = int(clock.unix()) + step * chance.choice((1, -1))
        if not 946684800 <= now < 4000000000:
            now = 1800000000
        self.world.note("the clock jumps to %d" % now)
        clock.set_wall(now)

    # What no honest cloud would send

    def _topics(self, chance):
        sessions = self.world.broker.sessions
        return sorted(sessions[chance.choice(sorted(sessions))].subscriptions) if sessions else []

    def hostile(self, chance):
        """Send a malformed or senseless message."""
        topics = self._topics(chance)
        if not topics:
            return
        topic = chance.choice(topics)
        payload = self._payload(chance)
        self.world.note("on %s: %r" % (topic, payload))
        if topic.endswith("/c/dw") and payload.startswith(_THING_UPDATE):  # the client accepts one that says "none"
            self.world.check.attached(topic.split("/")[3])
        self.world.program.traffic += 1
        self.world.broker.publish(topic, payload)

    def _payload(self, chance):
        form = min(chance.below(8), 5)
        if form == 0:
            return chance.bytes(chance.wide(1, 100))
        if form == 1:  # a tag with the wrong content
            tag = chance.choice((0x010400, 0x010600, 0x010900, 0x011000, 0x010100, 7))
            return encode(Tagged(tag, self._item(chance)))
        if form == 2:
            return encode(self._item(chance))
        name = "v%d" % chance.below(5) if chance.below(5) else chance.choice(("tz_offset", "", "r:m"))
        if form > 4:  # an attribute that no variable has
            name += chance.choice((":", ":", ":x", "::", ":hue:"))
            return encode([record(name, chance.choice((1, 2.5, True, "text", [], {})))])
        if form == 3:
            return encode([{chance.between(-20, 20): self._item(chance), 0: "nobody"}])
        return encode([record("nobody", chance.below(9))])[: chance.wide(1, 12)]

    def _item(self, chance):
        return chance.choice(
            (None, [], {}, -1, "", "x" * 40, [[]], [""], ["x" * 37],
             [b""], [b"\x81"], [1.5, -1], [{}, {}], [1 << 60, 1])
        )

    def broken(self, chance):
        """Send bytes that are not MQTT. The client may close the connection."""
        connection = self._connection(chance)
        if connection:
            data = chance.bytes(chance.wide(1, 40))
            self.world.note("broken bytes: %r" % data)
            connection.broken = True
            connection.send(data)

    def oversized(self, chance):
        """Send a pack that is larger than the buffer and has a valid value in it, or a record that is too large."""
        device = self._device(chance)
        topic = device.thing and "/a/t/%s/e/i" % device.thing.thing_id
        session = self.world.broker.sessions.get(device.device_id)
        if not session or topic not in session.subscriptions:
            return
        self.world.program.traffic += 50
        if chance.one_in(4):
            self.world.note("a record that is too large")
            self.world.broker.publish(topic, encode([record("nobody", "x" * 5000)]))
            return
        pack = [record("nobody%d" % i, i / 4) for i in range(chance.between(100, 400))]
        names = [name for name in sorted(device.thing.stored) if device.thing.stored[name].variable.writable]
        if names:
            stored = device.thing.stored[chance.choice(names)]
            value = stored.variable.from_dashboard(chance)
            if not isinstance(value, dict):
                stored.value = value
                stored.time = unix()
                stored.writes += 1
                pack.insert(chance.below(len(pack)), record(stored.variable.name, value))
        self.world.note("a pack of %d records" % len(pack))
        self.world.broker.publish(topic, encode(pack))

    # The program

    def memory(self, chance):
        """Make one of the next allocations fail."""
        self.world.starved = clock.now
        if chance.one_in(3):
            self.world.note("memory ends at the next import")
            network.fail_import()
        else:
            network.starve = chance.wide(1, 60)
            self.world.note("memory ends after %d allocations" % network.starve)

    def interrupts(self, chance):
        """Press Ctrl-C."""
        self.world.note("Ctrl-C")
        clock.interrupt = KeyboardInterrupt(PLANNED)

    def restarts(self, chance):
        """Make the program call stop() and run again after a pause."""
        ms = 1000 * chance.wide(1, 600)
        if self.world.has("pauses") and chance.one_in(3):
            ms = chance.choice((3600000, 86400000, 7 * 86400000, 13 * 86400000))
        self.world.note("a restart after %d s" % (ms // 1000))
        self.world.pause = ms

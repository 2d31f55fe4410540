"""A world made from a seed: devices and their cloud, the trouble they have, and when they are checked.

A world goes through cycles. There is trouble for a while. Then everything is healed, and the devices must come back in
time. After a quiet minute both sides must agree.
"""

from .broker import Broker
from .chance import Chance
from .checks import Checks
from .clock import PERIOD, clock
from .cloud import START, Cloud, Device, Thing, unix
from .disturbances import Disturbances
from .network import network
from .program import Program
from .user_program import User
from .websocket_server import WebSocket

_CYCLES = 3  # of a short world
_BUSY = ("policies", "coroutines", "writes")  # what a busy device has

PORT = 8883
WEBSOCKET_PORT = 443

# What a world may have beside DISTURBANCES. Each can be switched off.
FEATURES = (
    "policies", "coroutines", "clients", "late", "raises", "blocks", "endless", "ends", "interrupts", "restarts",
    "pauses", "latency", "pieces", "addresses", "quick", "long", "times", "inlets",
)  # fmt: skip

# The longest time until a device is back after everything works again:
# 1.5 keepalives to notice a dead link; 15 s for an attempt that began before; 60 s for the pause after it, the longest
# one (if waiting alone does not help); 32 s until the client requests the thing again and 30 s until it requests the
# last values again, if a request got lost; then time on the way, and the name server, whose silence ends after 5 s.
_BACK_S = 15 + 60 + 32 + 30 + 15
_QUIET_MS = 95000  # a minute, and the longest `publish=` other than `read_every`


class World:
    """A world.

    days: how long it lasts at least.
    off: features that it does not have. "idle" in it makes a device to which nothing happens, "busy" one to which
        nothing bad happens, but which has a value every ten seconds.
    heap: a function that collects garbage and returns the bytes in use, None if unknown.
    """

    def __init__(self, seed, mode, days, off, heap):
        self.seed = seed
        self.mode = mode
        self.length = int(days * 86400000)
        # How many times less often things happen. A short world is a dense one, except one in four.
        self.pace = Chance(seed, "pace").choice((16, 64) if days >= 7 else (1, 4, 16) if days >= 1 else (1, 1, 1, 4))
        self.least = min(self.pace * self.pace, 1024)  # the same for the shortest time between two of a kind
        self.off = off
        self._heap = heap
        self.idle = "idle" in off
        self.busy = "busy" in off
        self.over = False
        self.pause = None  # ms; the program must end and begin again after this time
        self.chance = chance = Chance(seed, "world")
        # A new board counts from 0. A board that has long been on is anywhere, sometimes near the end of the period.
        first = chance.choice((0, PERIOD - chance.below(3600000), (PERIOD >> 1) - chance.below(3600000)))
        clock.reset(first, chance.choice((START, START, 946684800 + 5)))
        clock.may_block = mode == "sync"
        clock.in_loop = mode != "sync"
        network.reset(seed)
        self.check = Checks(self)
        network.looked_up = self.check.looked_up
        self.cloud = Cloud(seed, self.check)
        if self.has("oversized"):
            self.cloud.padding = Chance(seed, "padding").choice((0, 0, 60, 300))
        self.broker = self.cloud.broker = Broker(self.cloud, self.check)
        self.program = Program(self)
        self.hosts = {}  # name -> id of the device that connects there
        self.addresses = {}
        self.starved = -(1 << 40)
        self.paused = 0  # ms in which the program did not run
        self._subscribe_network()
        self._people()
        self.phase = "trouble"
        self.until = self._trouble()
        self._looks = None
        self.cycles = 0
        self.disturbances = Disturbances(self)
        self._minute = (0, 0, 0)
        clock.at(60000, self._each_minute)
        clock.at(10000, self._each_ten_seconds)

    def has(self, feature):
        """Return whether it has a feature."""
        if feature == "quick" and self.pace > 1:
            return False
        return feature not in self.off and (not (self.idle or self.busy) or self.busy and feature in _BUSY)

    def note(self, text):
        """Write into the log what happens."""
        print("#", text)

    # Its parts

    def _subscribe_network(self):
        if self.has("latency"):
            low = self.chance.wide(1, 100)
            network.latency = (low, low + self.chance.wide(1, 400))
            network.windows = (1 << 16, 5744, 536, 200)
        network.pieces = self.has("pieces")
        network.names["pool.ntp.org"] = ["10.1.0.1"]
        network.datagrams[("10.1.0.1", 123)] = self._tell_time

    def _tell_time(self, question):
        # In the format of RFC 4330.
        now = unix() + 2208988800
        answer = bytearray(48)
        answer[0] = 0x24
        answer[1] = 2
        answer[24:32] = question[40:48]
        answer[40:44] = (now % (1 << 32)).to_bytes(4, "big")
        return bytes(answer)

    def serve(self, address):
        """Make the broker answer at an address."""
        network.servers[(address, PORT)] = self.broker.accept
        network.servers[(address, WEBSOCKET_PORT)] = self._accept_websocket

    def leave(self, address):
        """Make nothing answer at an address."""
        network.servers.pop((address, PORT), None)
        network.servers.pop((address, WEBSOCKET_PORT), None)

    def _accept_websocket(self, connection):
        return WebSocket(connection, self.broker.accept, self.cloud.chance)

    def _host(self, number, device_id):
        name = "cloud%d" % number
        addresses = ["10.0.%d.1" % number]
        self.serve(addresses[0])
        if self.has("addresses") and self.chance.one_in(4):
            other = "10.0.%d.2" % number
            if self.chance.one_in(2):
                network.dead.add(other)  # otherwise nothing listens there
            addresses.insert(self.chance.below(2), other)
        network.names[name] = addresses
        self.hosts[name] = device_id
        return name

    def _people(self):
        chance = self.chance
        port = WEBSOCKET_PORT if self.mode == "websocket" else PORT
        count = chance.choice((1, 1, 2, 3)) if self.has("clients") else 1
        for i in range(count):
            device_id = "device%d" % i
            identity = Device(device_id, "secret%d" % i, [None])
            host = self._host(i, device_id)
            variables = self.program.add(identity, host, port, i)
            identity.things = [Thing("thing%d%s" % (i, letter), variables) for letter in "ab"]
            identity.thing = identity.things[0]
            for thing in identity.things:
                for stored in thing.stored.values():
                    if chance.one_in(2) and not stored.variable.options.get("history"):
                        stored.value = stored.variable.value(chance)
                        stored.time = chance.choice((0, 1700000000))
            self.cloud.devices[device_id] = identity
        if self.mode == "user":
            for i in range(chance.between(1, 2)):
                name = "user%d" % i
                device = chance.choice(self.program.devices)
                host = self._host(10 + i, name)
                user = User(self.program, name, device, host, WEBSOCKET_PORT)
                self.cloud.users[name] = user.token
                self.program.users.append(user)

    def describe(self):
        """Describe it in a few lines."""
        lines = ["pace %d" % self.pace]
        for device in self.program.devices:
            arguments = device.arguments
            words = ["%s=%s" % (key, arguments[key]) for key in ("keepalive", "discovery", "buffer", "transport")]
            lines.append("%s: %s" % (device.identity.device_id, ", ".join(words)))
            lines += ["    " + variable.describe() for variable in device.variables]
        return lines

    # The cycles

    def _trouble(self):
        if self.idle or self.busy:
            return clock.now + 21600000
        longest = min(14400 * self.pace, 86400) if self.length else 600 * self.pace
        return clock.now + 1000 * self.chance.wide(30 * self.pace, longest)

    def starved_since(self, ms):
        """Return whether memory was short in the last `ms`."""
        return clock.now - max(self.starved, network.starved) < ms

    def tick(self):
        """Do what is due and return the ms until the next call. The program calls it."""
        self.check.starved()
        return getattr(self, "_in_" + self.phase)()

    def _in_trouble(self):
        if self.pause is not None:
            return 0  # the program is about to end
        if clock.now >= self.until:
            self._heal()
            return 500
        if self.idle:
            return self.until - clock.now
        self.program.act()
        if self.busy:
            return 10000
        return min(self.chance.wide(50 * self.least, 120000 * self.pace), self.until - clock.now)

    def _heal(self):
        self.note("everything is healed")
        self.phase = "healing"
        self.program.calm = True
        self.disturbances.heal()
        if "+nothing_heals" in self.off:  # to test that this is noticed
            network.servers.clear()
            for connection in list(network.connections):
                connection.reset()
        longest = max([one.arguments["keepalive"] for one in self.program.devices + self.program.users])
        self.until = clock.now + 1500 * longest + 1000 * _BACK_S

    def _is_back(self, device):
        identity = device.identity
        session = self.broker.sessions.get(identity.device_id)
        return (
            session is not None
            and device.client.state == "Connected"
            and device.client.thing_id == identity.thing.thing_id
        )

    def _in_healing(self):
        away = [device for device in self.program.devices if not self._is_back(device)]
        lost = [user for user in self.program.users if not user.online]
        if not away and not lost:
            self.phase = "quiet"
            self.until = clock.now + _QUIET_MS
            self._looks = (clock.polls, self.program.traffic, clock.now)
            self._flush()
            return _QUIET_MS
        if clock.now > self.until:
            for device in away:
                clock.fail("%s is not back: it is in %s" % (device.identity.device_id, device.client.state))
            for user in lost:
                clock.fail("%s is not back" % user.name)
            clock.check()
        return 500

    def _flush(self):
        for device in self.program.devices:
            work = self.program.quiet_flush(device)
            if self.mode == "sync":
                try:
                    work.send(None)
                except StopIteration:
                    pass
            else:
                import asyncio

                asyncio.create_task(work)

    def _in_quiet(self):
        left = self.until - clock.now
        if left > 0:
            return left
        polls, traffic, then = self._looks
        self.check.polls(polls, self.program.traffic - traffic, clock.now - then)
        for device in self.program.devices:
            if not self._is_back(device):
                clock.fail("%s is away after a quiet minute: %s" % (device.identity.device_id, device.client.state))
            else:
                self.check.agreement(device)
                self.check.echoes(device)
        clock.check()
        heap = self._heap()
        # A variable that is registered late may be missing after a restart.
        missing = [
            one.name for device in self.program.devices for one in device.variables if one.name not in device.client.records
        ]
        if heap is not None and not missing:
            self.check.heap(heap, self.program.generation)
        self.cycles += 1
        if clock.now - self.paused >= self.length and (self.length or self.cycles >= _CYCLES):
            self.over = True
            return 0
        self.phase = "trouble"
        self.program.calm = False
        self.until = self._trouble()
        return 1000

    def _each_minute(self):
        polls, traffic, then = self._minute
        if self.program.running and self.mode != "sync" and then >= self.program.since:
            self.check.polls(polls, self.program.traffic - traffic, clock.now - then)
        self._minute = (clock.polls, self.program.traffic, clock.now)
        clock.at(60000, self._each_minute)

    def _each_ten_seconds(self):
        self.check.deadlines(network.connections)
        clock.at(10000, self._each_ten_seconds)

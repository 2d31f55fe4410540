"""A board's world, made from a seed: the board, the access points around it, the way to the cloud, and the cloud."""

from ..broker import Broker
from ..chance import Chance
from ..clock import PERIOD, clock
from ..cloud import Cloud, Device, Thing, unix
from ..network import network
from . import host
from .cable import Cable, Wired
from .checks import BoardChecks
from .flash import flash
from .power import power
from .program import DEVICE_ID, PAGE_PASSWORD, Program
from .radio import Station, air, conditions, way
from .stored import BAD, Stored
from .trouble import TROUBLE, Trouble

PORT = 8883
SECRET = "the secret key of this device"
NAME_SERVER = "192.0.2.1"

# kind -> the board whose facts it has, whether it has an NVS, and what its radio may do: arguments of the stand-in
KINDS = {
    "esp32": ("ESP32_GENERIC", ({}, {"sticky": True}, {"wedged": True}, {"idle_passes": 3}, {"password_reason": 15})),
    "cyw43": ("RPI_PICO_W", ({}, {"deaf": True}, {"stale": True}, {"mute_password": True}, {"first_fails": True})),
    "nina": ("ARDUINO_NANO_RP2040_CONNECT", ({}, {"refusals": 2})),
    "esp-hosted": ("ARDUINO_PORTENTA_C33", ({},)),
    "lan": ("ESP32_GENERIC", ({},)),
    "stm32": ("ARDUINO_OPTA", ({},)),
}
FEATURES = ("drivers", "networks", "entries") + tuple(sorted(TROUBLE))
_CYCLES = 3
_QUIET_MS = 65000
_SETTLE_MS = 10000  # after which the new addresses have been assigned


class World:
    """A world with one board. The arguments are those of simulation.world.World.

    Its cycles run by themselves, beside the program: trouble, healing, a quiet minute.
    """

    mode = "board"

    def __init__(self, seed, mode, days, off, heap):
        self.seed = seed
        self.length = int(days * 86400000)
        paces = (16, 64) if days >= 7 else (1, 4, 16) if days >= 1 else (1, 1, 4, 4, 16)
        self.pace = Chance(seed, "pace").choice(paces)
        self.off = off
        self._heap = heap
        self.chance = chance = Chance(seed, "board")
        self.kind = chance.choice(("esp32", "esp32", "cyw43", "cyw43", "nina", "esp-hosted", "lan", "stm32"))
        for word in off:
            if word.startswith("kind-"):
                self.kind = word[5:]
        self.board_name, troubles = KINDS[self.kind]
        self.driver_trouble = chance.choice(troubles) if self.has("drivers") else {}
        self.wired = self.kind in ("lan", "stm32")
        clock.reset(chance.choice((0, PERIOD - chance.below(3600000))), 946684800)
        clock.may_block = False
        clock.in_loop = True
        network.reset(seed)
        network.latency = (10, 10 + chance.wide(1, 200))
        network.way = self._carries
        conditions.begin()
        way.forget()
        self.no_time = False  # the time server does not answer
        self.over = False
        self.paused = 0  # ms in which the board was off
        host.lost[0] = -(1 << 40)
        self._boards_facts()
        self.program = Program(self)
        self._cloud()
        self._places()
        self.trouble = self.disturbances = Trouble(self)
        self.phase = "trouble"
        self.cycles = 0
        self.healed = 0
        self.until = self._next_trouble()
        self._quiet_from = None
        clock.at(1000, self._tick)
        clock.at(10000, self._each_ten_seconds)

    def has(self, feature):
        """Return whether it has a feature."""
        return feature not in self.off

    def note(self, text):
        """Write into the log what happens."""
        print("#", text)

    def describe(self):
        """Describe it in a few lines."""
        lines = ["pace %d, %s %r" % (self.pace, self.kind, self.driver_trouble), self.program.describe()]
        return lines + ["networks: " + ", ".join(["%s at %s" % (one.ssid, one.ip) for one in air.points.values()])]

    # Its parts

    def _boards_facts(self):
        host.give_nvs(self.kind in ("esp32", "lan"))
        power.begin("esp32", self.bitten, network.abandon)
        power.on = True
        host.forget_board()
        self.board = host.load_board(self.board_name)
        power.port = self.board.PORT
        # Each name server costs 7 s on the ports with lwIP, and 5 elsewhere; one of two may be silent.
        network.silence = 7000 if self.kind != "esp32" else 5000

    def _cloud(self):
        self.check = BoardChecks(self)
        network.looked_up = self.check.looked_up
        self.cloud = Cloud(self.seed, self.check)
        self.broker = self.cloud.broker = Broker(self.cloud, self.check)
        program = self.program
        identity = Device(DEVICE_ID, SECRET, [None])
        program.identity = identity
        identity.things = [Thing("thing", program.variables)]
        identity.thing = identity.things[0]
        self.cloud.devices[DEVICE_ID] = identity
        self.hosts = {"cloud": DEVICE_ID}
        network.names["cloud"] = ["10.0.0.1"]
        network.names["pool.ntp.org"] = ["10.1.0.1"]
        network.servers[("10.0.0.1", PORT)] = self.broker.accept
        network.datagrams[("10.1.0.1", 123)] = self._tell_time
        network.datagrams[(NAME_SERVER, 53)] = self._answer_name

    def _tell_time(self, question):
        if self.no_time:
            return None
        # In the format of RFC 4330.
        answer = bytearray(48)
        answer[0] = 0x24
        answer[1] = 2
        answer[24:32] = question[40:48]
        answer[40:44] = ((unix() + 2208988800) % (1 << 32)).to_bytes(4, "big")
        return bytes(answer)

    def _answer_name(self, question):
        return None if network.no_names == "silent" else question[:2] + b"\x81\x80" + question[4:]

    def _places(self):
        chance = self.chance
        self.cable = Cable()
        air.points.clear()
        count = chance.choice((1, 1, 2, 3)) if self.has("networks") and not self.wired else 1
        networks = []
        for i in range(0 if self.wired else count):
            ssid = ("home", "garden", "phone")[i]
            air.point(ssid, "a password of %s" % ssid, rssi=-50 - 10 * i, ip="192.0.%d.7" % (2 + i))
            networks.append({"ssid": ssid, "password": "a password of %s" % ssid})
            if chance.one_in(3):
                networks[-1]["priority"] = chance.below(3)
        flash.begin(1 << 16)
        host.secrets[:] = [SECRET, PAGE_PASSWORD] + [one["password"] for one in networks]
        if networks and self.has("entries") and chance.one_in(3):
            networks.insert(chance.below(len(networks) + 1), chance.choice(BAD))
        self.stored = Stored(self, DEVICE_ID, SECRET)
        self.stored.provision(networks, {"server": "cloud", "port": PORT, "ssl_params": None})
        power.on = False

    def link_arguments(self):
        """Return what the program passes as `link`."""
        if self.kind == "lan":
            from arduino_cloud_board.link.ethernet import Ethernet

            return Ethernet(interface=self.module.LAN())
        if self.kind == "esp-hosted":
            return {"quirks": {"radio": "esp-hosted"}}  # otherwise found by sys.platform
        return {}

    def plug_in(self):
        """Give the board that has just been switched on its interface. A soft reset leaves it as it was."""
        if power.cause == 5 and way.module:
            way.module.driver._boot = power.boots
            return
        if self.wired:
            self.module = Wired(self.kind, self.cable, way.look)
        else:
            self.module = air.module = Station(self.kind, way.look, self.driver_trouble)
        way.begin(self.module, self.check.link_changed)
        host.give_network(self.module)

    def _carries(self):
        return way.up

    @property
    def driver(self):
        """The interface's driver."""
        return self.module.driver

    # The cycles

    def _next_trouble(self):
        longest = min(14400 * self.pace, 86400) if self.length else 900 * self.pace
        return clock.now + 1000 * self.chance.wide(60 * self.pace, longest)

    def bitten(self):
        """Note that the watchdog bites."""
        self.note("the watchdog bites")
        self.check.bitten()

    def ended_by_itself(self):
        """Note that the program has ended without an exception."""
        if not self.program.stops:
            clock.fail("run() has ended")
            clock.check()

    def _tick(self):
        clock.at(getattr(self, "_in_" + self.phase)(), self._tick)
        if self.over and power.on:
            power.reset(1)

    def _in_trouble(self):
        if clock.now < self.until:
            return min(self.until - clock.now, 60000 * self.pace)
        self.note("everything is healed")
        self.phase = "healing"
        self.program.calm = True
        self.trouble.heal()
        self.healed = clock.now
        return 500

    def is_back(self):
        """Return whether the board is on line."""
        program = self.program
        client = program.client
        return (
            program.running
            and not program.part_is_late()
            and way.up
            and DEVICE_ID in self.broker.sessions
            and client.state == "Connected"
            and client.thing_id == program.identity.thing.thing_id
        )

    def _in_healing(self):
        if self.is_back() and clock.now - self.healed > _SETTLE_MS:
            self.note("the board is back")
            self.phase = "quiet"
            self._quiet_from = clock.now
            self.check.quiet_begins()
            return _QUIET_MS
        if not self.program.asleep and not self.program.in_page:
            self.check.back_in_time(max(self.healed, self.program.since))
        return 500

    def _in_quiet(self):
        self.check.quiet_ends(self._heap)
        self.cycles += 1
        if clock.now >= self.length and (self.length or self.cycles >= _CYCLES):
            self.over = True
            return 1000
        self.phase = "trouble"
        self.program.calm = False
        self.until = self._next_trouble()
        return 1000

    def _each_ten_seconds(self):
        self.check.deadlines([one for one in network.connections if not one.local])
        self.check.link_seen()
        self.check.drops_seen()
        clock.at(10000, self._each_ten_seconds)

    def starved_since(self, ms):
        """Return whether memory was short in the last `ms`. It never is."""
        return False

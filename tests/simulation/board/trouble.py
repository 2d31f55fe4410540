"""The trouble that a board has. Each kind has a method, called now and then; `heal` undoes all of them."""

from ..chance import Chance
from ..clock import PLANNED, clock
from ..network import network
from .flash import flash
from .phone import Phone
from .power import HARD_RESET, PWRON_RESET, SOFT_RESET, power
from .radio import air, conditions
from .surroundings import SUBNET, Surroundings

# Kind -> the mean time between two of it in a world of pace 1, in seconds
TROUBLE = {
    "away": 300,
    "blips": 120,
    "passwords": 900,
    "addresses": 300,
    "dhcp": 600,
    "leases": 600,
    "rssi": 600,
    "drivers": 900,
    "refuses": 600,
    "scans": 600,
    "names": 900,
    "gateways": 900,
    "times": 900,
    "broker": 900,
    "cuts": 300,
    "writes": 60,
    "resets": 900,
    "interrupts": 900,
    "stops": 1200,
    "sleeps": 1800,
    "parts": 3600,
    "pages": 2400,
    "saves": 1200,
    "devices": 1800,
    "full": 1800,
    "fails": 2400,
}

_FLASH = 1 << 16


class Trouble(Surroundings):
    """The trouble of one world."""

    def __init__(self, world):
        super().__init__(world)
        self._chances = {}
        for feature in sorted(TROUBLE):
            if world.has(feature):
                self._chances[feature] = Chance(world.seed, feature)
                self._plan(feature)

    def stored(self, device, stored):
        """Do nothing when a value has arrived."""

    def silent_since(self, ms):
        """Return whether neither name server nor gateway answered at some time in the last `ms`."""
        return self._silent > 0 or clock.now - self._silent_at < ms

    def _plan(self, feature):
        pace = self.world.pace
        seconds = self._chances[feature].wide(pace, 4 * pace * TROUBLE[feature])
        clock.at(1000 * seconds, self._due, feature)

    def _due(self, feature):
        self._plan(feature)
        if not self.world.program.calm and power.on:
            getattr(self, feature)(self._chances[feature])

    def heal(self):
        """Make everything work again. A driver whose lease is over may stay so until it connects again."""
        world = self.world
        self._heals += 1
        world.program.hangs_until = 0
        conditions.heal()
        network.dead.clear()
        network.heal()
        world.broker.mute = False
        world.no_time = False
        self._hear()
        for point in air.points.values():
            point.on = True
            point.password = self._password(point)
            point.ip = point.ip or self._address(point)
        flash.size = _FLASH
        flash.fuse = None
        world.cable.on = True
        world.cable.ip = world.cable.ip or SUBNET % (2, self._number)
        self._seen()

    def _hear(self):
        if self._silent:
            self._silent = 0
            self._silent_at = clock.now

    # The board and its program

    def resets(self, chance):
        """Reset the board, or switch it off for a while."""
        cause = chance.choice((PWRON_RESET, PWRON_RESET, HARD_RESET, SOFT_RESET))
        self.world.note("a reset of kind %d" % cause)
        power.reset(cause, 1000 * chance.wide(1, 600) if cause == PWRON_RESET else 0)

    def interrupts(self, chance):
        """Press Ctrl-C."""
        if self.world.program.running:
            self.world.note("Ctrl-C")
            self.world.program.stops = True
            clock.interrupt = KeyboardInterrupt(PLANNED)

    def _awake(self):
        program = self.world.program
        return program.running and program.device and program.device.running and not program.asleep

    def stops(self, chance):
        """Let the program call stop(), and run again."""
        if self._awake():
            self.world.note("stop()")
            self.world.program.stop()

    def sleeps(self, chance):
        """Send the board to sleep."""
        if self._awake():
            seconds = chance.wide(10, min(14400 * self.world.pace, 172800))
            self.world.note("sleep for %d s" % seconds)
            self.world.program.sleep(seconds)

    def parts(self, chance):
        """Let the program's own part hang."""
        self.world.note("the program's part hangs")
        self.world.program.hangs_until = clock.now + 1000 * chance.wide(60, 600)

    # What it stores

    def pages(self, chance):
        """Let the owner press a button, and enter a network with a phone."""
        world = self.world
        if world.wired or world.program.page is not None or not world.program.running:
            return
        world.program.page = chance.choice((0, 0, 3, 20))
        entered = self._network(chance)
        world.note("a button is pressed, and the phone enters %s" % entered["ssid"])
        Phone(world, chance, entered, self._entered)
        world.stored.begins(entered)
        power.reset(HARD_RESET)

    def _entered(self, phone, answer):
        # The page says that it has saved, or why not. Then the owner makes room.
        saved = b"<p>Saved" in answer
        self.world.note("the phone is told: %s" % ("saved" if saved else answer[answer.find(b"alert") :][:80]))
        if saved:
            phone.over = True
            self.world.stored.ends(True)
        flash.size = _FLASH

    def _network(self, chance):
        # One that is there, or one that is not.
        ssid = chance.choice(sorted(air.points) + ["elsewhere"])
        return {"ssid": ssid, "password": "a password of %s" % ssid}

    def saves(self, chance):
        """Let the program put a network first."""
        world = self.world
        if not world.wired and world.program.running and world.program.page is None:
            world.stored.save(self._network(chance))

    def devices(self, chance):
        """Let the program store a device that cannot work."""
        if self.world.program.running and self.world.program.page is None:
            self.world.stored.refuse(*chance.choice((("", "x"), ("x" * 5000, "x"), ("another", "y" * 5000))))

    def full(self, chance):
        """Let the flash be almost full."""

        def go():
            flash.size = flash.used() + chance.wide(1, 2000)

        def come():
            flash.size = _FLASH

        self._for_a_while(chance, "the flash is full", go, come, 3600)

    def fails(self, chance):
        """Let the power fail soon while something is written."""
        flash.fuse = chance.wide(1, 600)

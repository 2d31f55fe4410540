"""The trouble that a board has. Each kind has a method, called now and then; `heal` undoes all of them."""

from ..chance import Chance
from ..clock import PLANNED, clock
from ..network import network
from .flash import flash
from .phone import Phone
from .power import HARD_RESET, PWRON_RESET, SOFT_RESET, power
from .radio import air, conditions, way

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

# What drivers raise
_RAISES = (
    lambda: OSError("Wifi Internal Error"),
    lambda: OSError(5),
    lambda: RuntimeError("Wifi Unknown Error 0x3004"),
    lambda: OSError("could not connect to ssid=home, sec=4, key=a password of home"),
)
_FLASH = 1 << 16
_SUBNET = "192.0.%d.%d"


class Trouble:
    """The trouble of one world."""

    def __init__(self, world):
        self.world = world
        self._silent = 0  # how many things make the link carry nothing
        self._silent_at = -(1 << 40)  # when one did last
        self._number = 7  # of addresses
        self._heals = 0
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

    def _for_a_while(self, chance, what, change, back, longest=900):
        ms = 1000 * chance.wide(1, longest)
        self.world.note("%s for %d s" % (what, ms // 1000))
        change()
        clock.at(ms, self._back, self._heals, back)

    def _back(self, heals, back):
        if heals == self._heals:
            back()

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
        world.cable.ip = world.cable.ip or _SUBNET % (2, self._number)
        self._seen()

    def _hear(self):
        if self._silent:
            self._silent = 0
            self._silent_at = clock.now

    def _seen(self):
        if power.on:
            if self.world.wired:
                self.world.driver.plugged()
            else:
                air.changed()
            way.look()

    @staticmethod
    def _password(point):
        return "a password of %s" % point.ssid

    # Access points and cables

    def _points(self, chance):
        points = list(air.points.values())
        return points if chance.below(3) else points[:1]

    def away(self, chance):
        """Take the access points away, or the cable."""
        self._away(chance, min(600 * self.world.pace, 14400))

    def blips(self, chance):
        """Take them away for some seconds."""
        self._away(chance, 20)

    def _away(self, chance, longest):
        world = self.world
        chosen = self._points(chance)

        def go():
            world.cable.on = False
            for point in chosen:
                point.on = False
            self._seen()

        def come():
            world.cable.on = True
            for point in chosen:
                point.on = True
            self._seen()

        self._for_a_while(chance, "no access point", go, come, longest)

    def passwords(self, chance):
        """Change the password of the access points. Who is connected stays so until the next loss."""
        chosen = self._points(chance)

        def change():
            for point in chosen:
                point.password = "another password"

        def back():
            for point in chosen:
                point.password = self._password(point)

        self._for_a_while(chance, "other passwords", change, back, 3600)

    def _address(self, point):
        self._number = 2 + self._number % 200
        return _SUBNET % (2 + list(sorted(air.points)).index(point.ssid), self._number)

    def addresses(self, chance):
        """Assign other addresses."""
        self.world.note("other addresses")
        for point in air.points.values():
            if point.ip:
                point.ip = self._address(point)
        self._number = 2 + self._number % 200
        if self.world.cable.ip:
            self.world.cable.ip = _SUBNET % (2, self._number)
        if chance.below(3):
            self._seen()  # otherwise they are assigned at the next connection

    def dhcp(self, chance):
        """Let DHCP give no address to whoever connects."""
        cable = self.world.cable

        def go():
            cable.ip = None
            for point in air.points.values():
                point.ip = None

        def come():
            cable.ip = _SUBNET % (2, self._number)
            for point in air.points.values():
                point.ip = self._address(point)
            self._seen()

        self._for_a_while(chance, "no DHCP", go, come)

    def leases(self, chance):
        """Let the lease end, while isconnected() stays true. Only connecting again brings an address."""
        if way.up and self.world.kind in ("esp32", "lan", "stm32", "cyw43"):
            self.world.driver.lease_over = chance.choice(("0.0.0.0", "raises"))
            self.world.note("the lease is over: %s" % self.world.driver.lease_over)
            way.look()

    # The driver

    def rssi(self, chance):
        """Let the signal strength not be readable."""

        def go():
            conditions.no_rssi = True

        def come():
            conditions.no_rssi = False

        self._for_a_while(chance, "no rssi", go, come, 3600)

    def drivers(self, chance):
        """Let every call of the driver raise an exception."""
        raises = chance.choice(_RAISES)

        def go():
            conditions.raises = raises

        def come():
            conditions.raises = None

        self._for_a_while(chance, "the driver raises", go, come, 3600)

    def refuses(self, chance):
        """Let connect() raise an exception, and the name of the network not be readable."""
        raises = chance.choice(_RAISES + (lambda: ValueError("bad"), lambda: TypeError("worse")))

        def go():
            conditions.refuses = raises
            conditions.no_ssid = True

        def come():
            conditions.refuses = None
            conditions.no_ssid = False

        self._for_a_while(chance, "connect() is refused", go, come)

    def scans(self, chance):
        """Let scans hang or raise an exception."""
        how = chance.choice(("hangs", "raises"))

        def go():
            conditions.scans = how

        def come():
            conditions.scans = None

        self._for_a_while(chance, "a scan %s" % how, go, come)

    # Beyond the access point

    def names(self, chance):
        """Take the name server away."""
        how = chance.choice(("refused", "silent"))

        def go():
            network.no_names = how

        def come():
            network.no_names = None

        self._for_a_while(chance, "name server: %s" % how, go, come)

    def gateways(self, chance):
        """Let the access point pass nothing on, and answer nothing itself."""

        def go():
            self._silent += 1
            network.no_names = "silent"
            network.dead.update(("192.0.2.1", "10.0.0.1", "10.1.0.1"))
            for connection in network.connections:
                if not connection.local:
                    connection.up.hang()
                    connection.down.hang()

        def come():
            self._hear()
            network.no_names = None
            network.dead.clear()
            for connection in network.connections:
                connection.heal()

        self._for_a_while(chance, "nothing gets through", go, come)

    def times(self, chance):
        """Take the time server away."""

        def go():
            self.world.no_time = True

        def come():
            self.world.no_time = False

        self._for_a_while(chance, "no time server", go, come, 7200)

    def broker(self, chance):
        """Take the broker away."""
        how = chance.below(2)

        def go():
            if how:
                self.world.broker.mute = True
            else:
                network.dead.add("10.0.0.1")
            for connection in list(network.connections):
                if not connection.local:
                    connection.vanish()

        def come():
            self.world.broker.mute = False
            network.dead.discard("10.0.0.1")

        self._for_a_while(chance, "the broker does not answer", go, come)

    def cuts(self, chance):
        """End a connection."""
        connections = [one for one in network.connections if not one.local]
        if connections:
            how = chance.choice(("reset", "finish", "vanish"))
            self.world.note("a connection ends: %s" % how)
            getattr(chance.choice(connections), how)()

    def writes(self, chance):
        """Set a variable from the dashboard."""
        world = self.world
        world.program.traffic += 1
        world.cloud.write(world.program.identity.thing, "target", chance.below(1000))

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

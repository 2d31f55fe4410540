"""The program on the board, `main.py`: it makes a `Device`, registers variables, and runs it beside a part of its own."""

import asyncio
import sys

from ..chance import Chance
from ..clock import clock
from . import host

MICROPYTHON = sys.implementation.name == "micropython"
DEVICE_ID = "0f2b3d5c-1111-2222-3333-944455566677"
PAGE_PASSWORD = "printed on the box"
_PART_S = 60  # the deadline of the part of the program's own


class Value:
    """A variable of the program, an int."""

    def __init__(self, name, permission):
        self.name = name
        self.options = {"permission": permission}
        self.writable = permission != "read"
        self.publishes = True


class Program:
    """The board's program.

    mode, devices, running, since, traffic: what simulation.checks.Checks looks at.
    """

    mode = "async"
    calm = False

    def __init__(self, world):
        self.world = world
        self.chance = chance = Chance(world.seed, "program")
        self.devices = [self]
        self.variables = [Value("up", "read"), Value("target", "readwrite")]
        self.callbacks = []
        self.identity = None
        self.pace = world.pace
        keepalives = {1: (10, 10, 30, 60), 4: (30, 60, 300), 16: (60, 300, 1200), 64: (300, 1200)}[world.pace]
        self.keepalive = chance.choice(keepalives)
        self.arguments = {"keepalive": self.keepalive}
        self.every = chance.choice((1, 10, 60, 600)) * min(world.pace, 16)
        self.style = chance.choice(("run", "run", "start"))
        board = world.board
        self.watchdog = chance.choice((False, True, True, 8000, 20000))
        if self.watchdog > 1 and self.watchdog > (board.WATCHDOG_MS or 8000):
            self.watchdog = 8000
        if world.kind == "stm32" and self.watchdog == 8000:
            self.watchdog = True
        self.offline = chance.choice((2, 2, 0.5, 24, None))
        self.device = None
        self.client = None
        self.running = False
        self.since = 0
        self.traffic = 0
        self.count = 0  # what was assigned last to "up"
        self.generation = 0
        self.hangs_until = 0  # the part of its own gives no sign of life until then
        self.alive = clock.now  # when it gave one
        self.runs = 0  # since the power came on
        self.was_late = False  # its own part was late when the last run ended, so the watchdog was not fed
        self.counted = 0  # when "up" was assigned last
        self.asleep = False  # it sleeps, or dozes
        self.stops = False  # it has called stop(), or Ctrl-C ends it
        self.page = None  # the set-up page comes first: None, or the seconds for which it takes to save
        self.in_page = False

    def describe(self):
        """Describe it in a line."""
        return "keepalive %d s, a value every %d s, by %s(), watchdog=%s, offline=%s" % (
            self.keepalive, self.every, self.style, self.watchdog, self.offline,
        )  # fmt: skip

    def booted(self):
        """Forget everything, as a reset does."""
        self.hangs_until = 0
        self.device = self.client = None
        self.runs = 0
        self.generation += 1
        host.forget_board()
        if MICROPYTHON:
            asyncio.new_event_loop()

    @property
    def state(self):
        """Return the client's state."""
        return self.client.state if self.client else "no client"

    # How it runs

    def run(self, anew):
        """Run until something ends it. `anew`: with a new Device, as after a reset."""
        self.running = True
        try:
            if self.page is not None:
                self._begins()
                asyncio.run(self._set_up(self.page))
            self._run_device(anew)
        finally:
            self.running = self.in_page = False
        self.world.ended_by_itself()

    def _begins(self):
        self.since = self.alive = clock.now
        self.asleep = self.stops = False
        self.generation += 1

    async def _set_up(self, seconds):
        # In the background, so that the page is not blocked, if it takes long to save.
        from arduino_cloud_board import setup_page

        save = self.world.stored.open().save

        async def save_later(entered):
            await asyncio.sleep(seconds)
            return save(entered)

        self.in_page = True
        entered = await setup_page.run(
            save_later if seconds else save, ssid="setup", password=PAGE_PASSWORD, timeout=600,
            scan=self.world.kind != "nina",
        )  # fmt: skip
        self.world.note("the page returns %s" % (entered and entered["ssid"]))
        self.in_page = False
        self.page = None

    def _run_device(self, anew):
        if self.device is None or anew:
            self._make()
        self.was_late = self.part_is_late() and self.runs > 0
        self._begins()
        self.runs += 1
        self.world.check.by_hand(DEVICE_ID)
        if self.style == "start":
            self.device.start()
        else:
            asyncio.run(self._main(self.generation))

    def _make(self):
        from arduino_cloud_board import Device
        from arduino_iot_cloud import Task

        world = self.world
        board = host.load_board(world.board_name)
        self.device = device = Device(
            board=board, watchdog=self.watchdog, offline=self.offline, link=world.link_arguments(),
            keepalive=self.keepalive,
        )  # fmt: skip
        self.client = client = device.client
        client.register("up", value=self.count, permission="read")
        client.register("target", value=0, permission="readwrite")
        client.register(Task("count", on_run=self._on_count, interval=self.every))
        client.on("connect", self._on_connect)

    def _on_connect(self, client):
        self.world.note("the program is told: connected")

    def _on_count(self, client, args):
        if client is self.client:
            self.count += 1
            self.counted = clock.now
            self.traffic += 1
            client["up"] = self.count

    async def _main(self, generation):
        asyncio.create_task(self._part(generation))
        await self.device.run()

    async def _part(self, generation):
        await asyncio.sleep(1)
        if generation != self.generation:
            return
        alive = self.device.expect("part", _PART_S)
        while generation == self.generation:
            if clock.now >= self.hangs_until:
                alive()
                self.alive = clock.now
            await asyncio.sleep(_PART_S / 3)

    def part_is_late(self):
        """Return whether the watchdog may bite because of the part of the program's own."""
        return self.style == "run" and clock.now - self.alive > _PART_S * 1000

    # What it does by chance

    def sleep(self, seconds):
        """Go to deep sleep, in a task of the program."""
        asyncio.create_task(self._sleep(seconds))

    async def _sleep(self, seconds):
        self.asleep = True
        try:
            await self.device.sleep(seconds, 5)
        except (NotImplementedError, ValueError) as error:
            self.world.note("it cannot sleep: %s" % error)
        self.asleep = False

    def stop(self):
        """Call stop(), after which it runs again."""
        self.stops = True
        self.device.stop()

    def value(self, name):
        """Return a value on the board."""
        return self.client.records[name].value if self.client and name in self.client.records else None

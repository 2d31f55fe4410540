"""The program on the simulated device: its clients with their variables and callbacks, and what it does by chance."""

import asyncio

from .callback import Callback
from .chance import Chance
from .clock import clock
from .errands import ask_time, make_inlet, use_inlet
from .variables import COMPOSITES, Variable

# One call of update(): 15 s for an attempt to connect, 3 for the time, 5 for an acknowledgement (docs/reference.md).
_UPDATE_MS = 24000
# The keys are paces of a world.
_KEEPALIVES = {1: (10, 10, 10, 30, 60), 4: (10, 30, 60, 300), 16: (30, 60, 300, 1200), 64: (60, 300, 1200)}
_STOP_MS = 6000  # from stop() to the end of run(), per client: MicroPython waits for a silent name server


class Device:
    """A client of the program, with the rig's notes about it. `identity` is the cloud's Device."""

    def __init__(self, program, identity, variables, arguments):
        self.program = program
        self.identity = identity
        self.variables = variables
        self.arguments = arguments
        self.client = None
        self.callbacks = []
        self.syncs = self.connects = 0
        self.task = None
        self.clean = None  # what flush() returned in the quiet minute

    def make(self):
        """Make a new client, as after a reset."""
        from arduino_iot_cloud import ArduinoCloudClient

        self.callbacks = []
        self.syncs = self.connects = 0
        self.client = ArduinoCloudClient(**self.arguments)
        for variable in self.variables:
            variable.reset()
            if not variable.late:
                self.register(variable)
        for event in ("connect", "sync", "disconnect"):
            self.client.on(event, self._on_event(event))
        self._tasks()
        self.inlet = make_inlet(self) if self.program.has("inlets") else None

    def _on_event(self, event):
        callback = Callback(self, "on " + event, "raises" if self.program.has("raises") else "plain")

        def on_event(client):
            callback.enter()
            if event == "connect":
                self.connects += 1
            elif event == "sync":
                self.syncs += 1
                self.program.check.synced(self)
            callback.misbehave()

        return on_event

    def register(self, variable):
        """Register a variable."""
        variable.changes += 1
        options = dict(variable.options)
        if variable.style:
            options["on_write"] = self._on_write(variable)
        if variable.read_every:
            options["on_read"] = self._on_read(variable)
            options["interval"] = variable.read_every
        chance = self.program.chance
        if variable.kind in COMPOSITES:
            import arduino_iot_cloud

            if chance.below(3):
                options.update(variable.value(chance))
                variable.assigned += 1
            self.client.register(getattr(arduino_iot_cloud, variable.kind)(variable.name, **options))
            return
        if variable.has_value and chance.below(4):
            options["value"] = variable.value(chance)
            variable.assigned += 1
        if variable.kind in ("Temperature", "Switch", "Counter"):
            import arduino_iot_cloud

            self.client.register(getattr(arduino_iot_cloud, variable.kind)(variable.name, **options))
        else:
            self.client.register(variable.name, **options)

    def _style(self, style):
        # What the world and the mode allow.
        program = self.program
        if style in ("coroutine", "endless") and (program.mode == "sync" or not program.has("coroutines")):
            return "plain"
        if style in ("raises", "blocks", "endless", "ends") and not program.has(style):
            return "plain"
        return style

    def _on_write(self, variable):
        callback = Callback(self, variable.name, self._style(variable.style))

        def on_write(client, value):
            variable.calls += 1
            callback.enter()
            if callback.style == "sets" and not self.program.calm and self.program.chance.one_in(3):
                self.assign(variable)
            callback.misbehave()

        async def on_write_later(client, value):
            variable.calls += 1
            callback.enter()
            await callback.linger()

        return on_write_later if callback.style in ("coroutine", "endless") else on_write

    def _on_read(self, variable):
        callback = Callback(self, variable.name, "plain", int(variable.read_every * 1000))
        self.callbacks.append(callback)

        def on_read(client):
            callback.enter()
            value = self.get(variable)
            if value is None or not self.program.calm:
                value = variable.value(self.program.chance)
            variable.assigned += 1
            variable.changes += 1
            variable.unpushed = True
            return value

        return on_read

    def _tasks(self):
        from arduino_iot_cloud import Task

        chance = self.program.chance
        for i in range(chance.below(4)):
            style = self._style(chance.choice(("plain", "plain", "coroutine", "raises", "blocks", "ends")))
            quick = (0.2, 1, 1) if self.program.has("quick") else (100, 300)
            # 700000 s are more than half a period of the ticks.
            slow = (10 * self.program.world.pace, 60, 600, 90000, 700000 if self.program.has("long") else 7000)
            interval = chance.choice(quick + slow)
            callback = Callback(self, "task %d" % i, style, int(interval * 1000))
            self.callbacks.append(callback)
            self.client.register(Task(callback.name, on_run=self._on_run(callback), interval=interval, args=i))

    @staticmethod
    def _on_run(callback):
        def on_run(client, args):
            callback.enter()
            callback.misbehave()

        async def on_run_later(client, args):
            callback.enter()
            await callback.linger()

        return on_run_later if callback.style == "coroutine" else on_run

    # What the program does with a variable

    def get(self, variable):
        """Return the value on the device, a scalar or a dict, or None."""
        if variable.name not in self.client.records:
            return None
        value = self.client.records[variable.name].value
        return dict(value) if isinstance(value, dict) else value

    def assign(self, variable):
        """Set a variable."""
        if variable.name not in self.client.records:
            return
        value = variable.value(self.program.chance)
        variable.assigned += 1
        variable.changes += 1
        variable.unpushed = True
        try:
            if isinstance(value, dict):
                self.client[variable.name].value = value
            else:
                self.client[variable.name] = value
        except MemoryError:
            pass
        self.program.world.disturbances.assigned(self.identity, variable)

    def push(self, variable):
        """Push a variable that is published on demand."""
        variable.changes += 1
        variable.unpushed = False
        self.client.push(variable.name)


class Program:
    """All clients of a program. `mode`: "async", "websocket", "sync" or "user"."""

    def __init__(self, world):
        self.world = world
        self.mode = world.mode
        self.check = world.check
        self.chance = Chance(world.seed, "program")
        self.devices = []
        self.users = []
        self.calm = False
        self.running = False
        self.since = 0  # when it was started
        self.traffic = 0  # the number of things to do so far
        self.endings = 0  # planned ends of runs
        self.generation = 0
        self.stopped = False  # in sync mode, where update() then does nothing
        self.by_start = False  # the next run is client.start(), not a coroutine of the program

    def has(self, feature):
        """Return whether the world has a feature."""
        return self.world.has(feature)

    def add(self, identity, host, port, number):
        """Add a device with this identity."""
        chance = self.chance
        plain = not self.has("policies")
        variables = [Variable("v%d" % i, chance, plain, self.world.pace) for i in range(chance.between(1, 9))]
        for variable in variables:
            variable.late = self.has("late") and chance.one_in(6)
            if variable.read_every and not self.has("quick"):
                variable.read_every = max(variable.read_every, 300)
        arguments = {
            "device_id": identity.device_id,
            "username": identity.device_id,
            "password": identity.secret,
            "ssl_params": None,
            "server": host,
            "port": port,
            "keepalive": chance.choice(_KEEPALIVES[self.world.pace]),
            "sync_mode": self.mode == "sync",
            "discovery": chance.choice(("both", "both", "command", "legacy")),
            "buffer": chance.choice((1024, 1024, 512, 4096)),
            "transport": "websocket" if self.mode == "websocket" else "tcp",
        }
        self.devices.append(Device(self, identity, variables, arguments))
        return variables

    # What it does by chance

    def act(self):
        """Do one thing. It may fail if memory is short."""
        try:
            self._act()
        except MemoryError:
            pass

    def _act(self):
        device = self.chance.choice(self.devices)
        variable = self.chance.choice(device.variables)
        self.traffic += 1
        what = self.chance.below(14)
        if variable.late and self.has("late") and variable.name not in device.client.records:
            self.world.note("registers %s" % variable.describe())
            self.check.registered(device)
            device.register(variable)
        elif what == 0 and variable.options.get("publish") == "demand":
            device.push(variable)
        elif what == 1 and self.mode != "sync":
            asyncio.create_task(self._flush(device))
        elif what == 12 and self.mode != "sync" and self.has("times"):
            asyncio.create_task(ask_time(device))
        elif what == 13 and self.has("inlets"):
            use_inlet(device)
        elif what < 4:
            for variable in device.variables:
                if variable.publishes:
                    device.assign(variable)
        elif variable.publishes or self.chance.one_in(10):
            device.assign(variable)

    async def _flush(self, device):
        # What flush() reports as arrived must have arrived.
        generation = self.generation
        client = device.client
        if await client.flush(self.chance.choice((1, 10, 60))) and generation == self.generation:
            self.check.flushed(device)

    async def quiet_flush(self, device):
        """In the quiet minute, note whether everything has arrived."""
        for variable in device.variables:
            # The cloud may also lack a value of the device that has won at a connection.
            unknown = variable.unpushed or variable.options.get("sync", "cloud") != "cloud"
            if variable.options.get("publish") == "demand" and unknown:
                if variable.name in device.client.records and variable.publishes:
                    device.push(variable)
        if self.mode != "sync":
            device.clean = await device.client.flush(55)

    # How it runs

    def may_start(self):
        """Return whether the program may consist of `client.start()`."""
        return len(self.devices) == 1 and self.mode in ("async", "websocket")

    def starts_anew(self, anew):
        """Return whether all clients are made again."""
        # In sync mode start() waits for one client, so the others would starve.
        return anew or self.mode == "sync" and len(self.devices) > 1

    def start(self, anew, kept):
        """Prepare a run with new clients, as after a reset, or with those that exist. `kept`: coroutines of the
        previous run may go on."""
        self.generation += 1
        for device in self.devices:
            self.check.by_hand(device.identity.device_id)
            if not device.client or self.starts_anew(anew):
                device.make()
        self.since = clock.now
        for device in self.devices:
            for callback in device.callbacks:
                callback.last = clock.now
                callback.called = None
                callback.blocked = clock.blocked
                callback.under_way = callback.under_way and kept
        self.running = True

    async def main(self):
        """Run in the modes with an event loop, until the world is over or an exception ends the program."""
        generation = self.generation
        for device in self.devices:
            device.task = asyncio.create_task(device.client.run())
        for user in self.users:
            asyncio.create_task(user.main(generation))
        await self._live(generation)
        if generation == self.generation:
            await self._stop()

    async def watch(self, generation):
        """Run beside client.start()."""
        self.devices[0].task = None
        await self._live(generation)
        if generation == self.generation:
            self.devices[0].client.stop()

    async def _live(self, generation):
        while generation == self.generation and not self.world.over and self.world.pause is None:
            wait = self.world.tick()
            for device in self.devices:
                if device.task and device.task.done():
                    clock.fail("run() of %s has ended" % device.identity.device_id)
                    clock.check()
            if self.world.over:
                break
            await asyncio.sleep(wait / 1000)

    async def _stop(self):
        # By stop(), or by cancelling the run while something wakes it.
        self.running = False
        self.stopped = len(self.devices) == 1
        cancels = Chance(self.world.seed, "cancels %d" % self.generation).one_in(3)
        for device in self.devices:
            if cancels:
                device.task.cancel()
                device.assign(device.variables[0])
            else:
                device.client.stop()
        for device in self.devices:
            before = clock.now
            longest = _STOP_MS * (len(self.devices) + len(self.users))
            clock.at(longest, self._must_end, device.task)
            try:
                await device.task
            except asyncio.CancelledError:
                pass
            if clock.now - before > longest:
                clock.fail("run() returned %d ms after stop()" % (clock.now - before))
        for user in self.users:
            await user.stop()

    def _must_end(self, task):
        if not task.done():
            clock.fail("run() goes on after stop() or its cancellation")

    def run_sync(self):
        """Run in sync mode."""
        due = clock.now
        pause = self.chance.choice({1: (100, 300, 1000), 4: (1000, 3000)}.get(self.world.pace, (3000,)))
        if len(self.devices) == 1 and self.chance.one_in(2) or self.stopped:
            self.stopped = False
            self.devices[0].client.start()
        while not self.world.over and self.world.pause is None:
            for device in self.devices:
                before = clock.now
                blocked = clock.blocked
                device.client.update()
                took = clock.now - before - (clock.blocked - blocked)
                if took > _UPDATE_MS:
                    clock.fail("update() took %d ms" % took)
                self.traffic += 1
            if clock.now >= due:
                due = clock.now + self.world.tick()
            clock.block(pause, False)
            clock.check()
            clock._interrupted()
        self.running = False
        self.stopped = len(self.devices) == 1
        for device in self.devices:
            device.client.stop()

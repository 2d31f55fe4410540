"""A whole board in one object: its settings, network, clock, watchdog and client. For its limits see docs/device.md."""

import asyncio
from sys import modules

from arduino_iot_cloud import ArduinoCloudClient
from arduino_iot_cloud.port import const, forget as forget_client, log, report, ticks_ms
from arduino_iot_cloud.stream import event_loop

from .link import forget, sleep_ms

_LOOK = const(250)  # ms between two checks of a link that is down
_TURN = const(1000)  # ms between two turns of the supervisor, at most
_SLOWEST = const(80)  # seconds between two steps of a healthy client: its longest pause and an attempt
_SET_UP = "detection settings key_store keys.files keys.nvs keys.secrets keys.bridge keys.der keys".split()
_LOOK_UP = const(15000)  # ms: longer than looking up a name takes if two name servers are silent
_NO_CABLE = const(11000)  # ms: longer than stm32 blocks without a cable
_DOUBTS = const(3)  # failed connections in a row before the link itself is checked

runs: list = []  # the devices that run, or that Ctrl-C has left behind


class Device:
    """The board that this program runs on, as a device of Arduino Cloud. Register its variables with `client`, an
    ArduinoCloudClient; then call `start()`, or `await run()`.

    board: the board's facts, as `detection.load()` returns them, which is the default.
    settings: a Settings of `settings.open()`; by default those that were provisioned.
    watchdog: False, True for the board's usual limit, or a limit in ms. It starts with `run` and stays on until the
      next reset, even if the program ends.
    offline: with the watchdog, hours without a link (above 0, up to 140) before the board is reset, since nothing else
      recovers a radio that hangs; None for never.
    link: keywords for `wifi.WiFi` or `ethernet.Ethernet`, such as hostname= or country=; or an object with their
      interface.

    Further keywords are those of ArduinoCloudClient, and override the settings.
    Raises ValueError for arguments out of range, RuntimeError if settings or networks are missing.
    """

    client: "ArduinoCloudClient"
    attempts = 0  # to connect to the cloud
    watchdog = None
    running = False
    loop = None  # the event loop of the run; None once that was taken down
    tasks: list = []
    leaving = False  # going to sleep

    def __init__(self, *, board=None, settings=None, watchdog=False, offline=2, link=None, **client):
        in_use = [name for name in _SET_UP if "arduino_cloud_board." + name in modules]
        if board is None:
            board = _load()
        self.board = board
        self._limit = 0
        if watchdog:
            from .watchdog import limit_of

            self._limit = limit_of(board, watchdog)
        if offline is not None and not (type(offline) in (int, float) and 0 < offline <= 140):
            raise ValueError("offline: hours above 0, up to 140, or None expected, not %r" % (offline,))
        self._offline = offline
        if settings is None:
            settings = _settings(board)
        arguments = settings.client_arguments()
        arguments.update(client)
        self.client = ArduinoCloudClient(**arguments)
        self.client._run(True)  # reads keys and certificates
        networks = settings.networks() if board.NETWORK and "wifi" in board.NETWORK else ()
        complaints = getattr(settings, "complaints", None)  # of those that cannot be used
        if "keyfile" not in (self.client.ssl_params or ()):
            # No chip has to sign, so the modules that read the settings can go, unless the program uses them too.
            del settings
            forget(*[name for name in _SET_UP if name not in in_use])
            forget_client("keys.", "keys")
        self.link = _link(board, networks, link or {}, complaints)
        wired = self.link and self.link.kind == "Ethernet" and board.PORT == "stm32"
        if wired and 0 < self._limit <= _NO_CABLE:
            raise ValueError("watchdog: above %d ms expected with Ethernet, not %d" % (_NO_CABLE, self._limit))
        forget("link.arguments")
        self.clock = None
        self._failures = 0
        self._ip = None
        self._doubt = False

    @property
    def cause(self) -> str:
        """Why the board started: "power", "reset", "watchdog", "deep sleep", "soft reset"; "" if that is unknown."""
        from .sleep import cause

        return cause()

    def start(self, interval: float = 1.0, backoff: float = 2.0):
        """Run until `stop()`, in a new event loop. Arguments as for `ArduinoCloudClient.run`."""
        try:
            asyncio.run(self.run(interval, backoff))
        finally:  # MicroPython leaves the tasks behind after Ctrl-C
            self._sweep()

    def stop(self):
        """Disconnect, switch the network off and let `run` or `start` return. A running watchdog stays on."""
        self.client.stop()

    def expect(self, name: str, seconds: float):
        """Have the watchdog watch a part of the program. Returns a function that the part has to call at least every
        `seconds` (above 0, up to 504000). Call this once `run` has started. Without a watchdog the function does
        nothing."""
        if not self.watchdog:
            return lambda: None
        return self.watchdog.part(name, seconds)

    def run(self, interval: float = 1.0, backoff: float = 2.0):
        """Bring up the network, the clock and the client, and keep them up until `stop()`, beside the program's own
        tasks. Await it. Arguments as for `ArduinoCloudClient.run`.

        What an interrupted program has left behind is taken down first. On MicroPython that means every earlier run,
        since Ctrl-C leaves it in the event loop. On CPython, a second run beside the first raises RuntimeError.
        """
        self._sweep()
        page = modules.get("arduino_cloud_board.setup_page")
        if page:
            page.sweep()
        return self._run(interval, backoff)

    def _sweep(self, begins=False):
        # Take down the runs that Ctrl-C has left behind.
        if runs:
            from .takeover import sweep

            sweep(runs, self, begins)
            del sweep
            forget("takeover")

    async def _run(self, interval, backoff):
        from .clock import Clock

        self._sweep(True)
        client = self.client
        client._run(True, (interval, backoff))  # reports a mistake before the watchdog starts
        driver = client.driver
        self.clock = Clock(client)
        if self._limit and not self.watchdog:
            from .watchdog import Watchdog

            self.watchdog = Watchdog(self._limit)
        if self.link:
            self.link.on_change = self._changed
            self.link.start()
        connect = driver.connect
        driver.connect = lambda: self._connect(driver, connect)
        self.running = True
        self._ip = None
        runs.append(self)
        self.loop = event_loop()
        self.tasks = [asyncio.current_task(), asyncio.create_task(self._supervise(driver))]
        try:
            await client.run(interval, backoff)
        except BaseException:  # the program was interrupted, and so were its parts
            if self.watchdog:
                self.watchdog.forget()
            raise
        finally:
            self.running = False
            runs.remove(self)
            driver.connect = connect
            if self.link:
                self.link.stop()
            try:
                if self.loop:
                    self.tasks[1].cancel()
            except RuntimeError:
                pass  # MicroPython takes the task that ran last before Ctrl-C for the one that asks
        while self.leaving:
            await sleep_ms(_LOOK)

    async def sleep(self, seconds: float, flush: float = 30):
        """Send what is still waiting (for at most `flush` seconds), switch the network off and put the board into deep
        sleep. After `seconds` it restarts and runs its program. Samples of a variable with `store=` are kept; others
        that the cloud has not acknowledged are lost.

        Raises ValueError for a time below 1 ms, NotImplementedError on boards without deep sleep.
        """
        from .sleep import sleep

        await sleep(self, seconds, flush)

    async def _connect(self, driver, connect):
        # Replaces the driver's `connect`: no attempt without a link, since looking up a name may then block for long.
        link = self.link
        while link and not link.connected and driver.running:
            self._alive()
            await driver.alarm.wait(_LOOK)
        if not driver.running:
            return
        self._ip = link and link.ip
        self.attempts += 1
        try:
            await self._find_name_server()
            if link and not link.connected:
                raise OSError("the link is down")
            if self._doubt:
                # A certificate seemed not to be valid yet, or no longer: perhaps the clock is wrong.
                self._doubt = False
                await self.clock.set()
            await connect()
        except ValueError:
            self._doubt = True
            raise
        except asyncio.CancelledError:  # the run ends, which says nothing about the link
            self._failures = -1
            raise
        finally:
            self._failures = 0 if driver.synced else self._failures + 1
            if self._failures >= _DOUBTS and driver.running and hasattr(link, "doubt"):
                link.doubt()

    async def _find_name_server(self):
        # Looking up a name blocks everything until the name server answers, even the feeding of the watchdog.
        if self.watchdog and self.watchdog.limit < _LOOK_UP:
            server = await self._silent_name_server()
            if server and self.client.driver.running:
                raise OSError("the name server %s does not answer" % server)

    async def _silent_name_server(self):
        from .link.name_server import silent

        try:
            return await silent(self.link, self.client.server)
        finally:
            del silent
            forget("link.name_server")

    def _changed(self, link):
        # The link came up, went down or got another address. A connection from the old address is dead, but silent.
        driver = self.client.driver
        if driver and driver.running and self._ip and link.ip != self._ip:
            self._ip = None
            driver.error = OSError("the link is down" if link.ip is None else "the address has changed")
            driver.wake()

    def _alive(self):
        """The client made a step. Replaced once there is a watchdog."""

    async def _supervise(self, driver):
        # Takes care of everything but the client: the clock, the watchdog, the link's own task.
        watchdog = self.watchdog
        link = self.link
        turn = _TURN
        linked = None
        if watchdog:
            turn = min(turn, watchdog.limit // 4)
            if self.client.keepalive:
                self._alive = watchdog.part("client", _SLOWEST + 2 * self.client.keepalive + self.client.ntp_timeout)
            if link and self._offline:
                linked = watchdog.part(link.kind, self._offline * 3600)
        mqtt = driver.mqtt
        before = None
        while True:
            try:
                now = ticks_ms()
                step = (driver.session.state, driver.connections, self.attempts, mqtt.last_tx, mqtt.wake)
                if step != before:
                    before = step
                    self._alive()
                up = not link or link.connected
                if up and linked:
                    linked()
                if watchdog:
                    watchdog.poll(now)
                may_block = not watchdog or watchdog.limit >= _LOOK_UP
                self.clock.poll(now, up and (driver.synced or may_block), driver.synced)
                if link:
                    _revive(link)
            except Exception as error:  # the next turn may succeed, when there is memory again
                report("Device", error)
            await sleep_ms(turn)


def _revive(link):
    # The link's own task never ends. If it failed all the same, start it again. An object of the program may have none.
    task = getattr(link, "_task", link)
    if task is None or task is not link and task.done():
        log(40, "%s: its task ended; starting it again." % link.kind)
        link.stop()
        link.start()


def _load():
    from .detection import load

    return load()


def _settings(board):
    from . import settings

    return settings.open(board)


def _link(board, networks, given, complaints):
    # The object that keeps the network up; None if the operating system does.
    if not isinstance(given, dict):
        return given
    kinds = board.NETWORK.split("+") if board.NETWORK else ()
    if "wifi" in kinds and (networks or "ethernet" not in kinds):
        if not networks:
            found = "Wi-Fi network that can be used (%s)" % "; ".join(complaints) if complaints else "Wi-Fi network"
            raise RuntimeError("the settings have no %s: provision the board, or use the set-up page" % found)
        from .link.wifi import WiFi

        made = WiFi(networks, **given)
        if complaints:
            made.complaints = complaints
        return made
    if "ethernet" in kinds:
        from .link.ethernet import Ethernet

        if "interface" not in given:  # the board knows its pins
            given = dict(given, interface=board.network_interface("ethernet"))
        return Ethernet(**given)
    return None

"""A whole board in one object: its settings, network, clock, watchdog and client. docs/device.md has its bounds."""

import asyncio
from sys import modules

from arduino_iot_cloud import ArduinoCloudClient
from arduino_iot_cloud.port import const, forget as forget_client, log, ticks_ms

from .link import forget, sleep_ms

_LOOK = const(250)  # ms between looks at a link that is down
_TURN = const(1000)  # ms between two turns of the supervisor, at most
_SLOWEST = const(80)  # seconds between two steps of a client that lives: its longest pause and an attempt
_SET_UP = "detection settings key_store keys.files keys.nvs keys.secrets keys.bridge keys.der keys".split()
_LOOK_UP = const(15000)  # ms: longer than a look-up of a name takes where two name servers are silent
_NO_CABLE = const(11000)  # ms: longer than stm32 stands still where the cable is out
_DOUBTS = const(3)  # failed connections in a row after which the link itself is looked into


class Device:
    """The board that this program runs on, on Arduino Cloud: `client` is its ArduinoCloudClient, to register the
    variables with. Then `start()`, or `await run()`.

    board: the facts of the board, as `detection.load()` gives them; found by itself.
    settings: what `settings.open()` gives; those that were provisioned.
    watchdog: False, True for the board's usual limit, or a limit in ms. It starts with `run` and stays on until the
      next reset, also where the program has ended.
    offline: with the watchdog, the hours without a link after which the board is reset, since nothing else frees a
      radio that hangs; None for never.
    link: keywords for `wifi.WiFi` or `ethernet.Ethernet`, as hostname= or country=; or an object with their face.

    Further keywords are ArduinoCloudClient's, and go before the settings.
    Raises ValueError for arguments out of range, RuntimeError where settings or networks are missing.
    """

    client: "ArduinoCloudClient"
    attempts = 0  # at a connection to the cloud
    watchdog = None
    running = False
    leaving = False  # to sleep

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
        if "keyfile" not in (self.client.ssl_params or ()):
            # No chip has to sign: what has read the settings has done its work, unless the program uses it, too.
            del settings
            forget(*[name for name in _SET_UP if name not in in_use])
            forget_client("keys.", "keys")
        self.link = _link(board, networks, link or {})
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
        """Why the board started: "power", "reset", "watchdog", "deep sleep", "soft reset"; "" where that is unknown."""
        from .sleep import cause

        return cause()

    def start(self, interval: float = 1.0, backoff: float = 2.0):
        """Run until `stop()`, in an event loop of its own. Arguments as for `ArduinoCloudClient.run`."""
        asyncio.run(self.run(interval, backoff))

    def stop(self):
        """Disconnect, switch the network off and let `run` or `start` return. The watchdog, once started, goes on."""
        self.client.stop()

    def expect(self, name: str, seconds: float):
        """Have the watchdog wait for a part of the program: returns a function that is to be called at least every
        `seconds` (above 0, up to 504000). To be used once `run` has begun; without a watchdog the function does
        nothing."""
        if not self.watchdog:
            return lambda: None
        return self.watchdog.part(name, seconds)

    async def run(self, interval: float = 1.0, backoff: float = 2.0):
        """Bring up the network, the clock and the client, and keep them up until `stop()`, beside the program's own
        tasks. Arguments as for `ArduinoCloudClient.run`. Raises RuntimeError if it runs already."""
        from .clock import Clock

        if self.running:
            raise RuntimeError("the device runs already")
        client = self.client
        client._run(True, (interval, backoff))  # a mistake is told before a watchdog is started
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
        supervisor = asyncio.create_task(self._supervise(driver))
        try:
            await client.run(interval, backoff)
        finally:
            self.running = False
            driver.connect = connect
            supervisor.cancel()
            if self.link:
                self.link.stop()
        while self.leaving:
            await sleep_ms(_LOOK)

    async def sleep(self, seconds: float, flush: float = 30):
        """Send what waits, for `flush` seconds at most, switch the network off and the board into deep sleep. After
        `seconds` it starts anew, with its program. Samples of a variable with `store=` are kept; others, which the
        cloud has not acknowledged, are lost.

        Raises ValueError for a time below 1 ms, NotImplementedError on boards without deep sleep.
        """
        from .sleep import sleep

        await sleep(self, seconds, flush)

    async def _connect(self, driver, connect):
        # In place of the driver's `connect`: no attempt without a link, where a look-up of a name may block for long.
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
            if self._doubt:
                # It looked as if a certificate had not begun, or had ended: perhaps the clock is wrong.
                self._doubt = False
                await self.clock.set()
            await connect()
        except ValueError:
            self._doubt = True
            raise
        finally:
            self._failures = 0 if driver.synced else self._failures + 1
            if self._failures >= _DOUBTS and hasattr(link, "doubt"):
                link.doubt()

    async def _find_name_server(self):
        # The look-up of a name blocks everything, the feeding of the watchdog too, until the name server has answered.
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
        # The link came, went or got another address: what stands on the old one is dead, though nobody says so.
        driver = self.client.driver
        if driver and driver.running and self._ip and link.ip != self._ip:
            self._ip = None
            driver.error = OSError("the link is down" if link.ip is None else "the address has changed")
            driver.wake()

    def _alive(self):
        """The client got a step on. Replaced once there is a watchdog."""

    async def _supervise(self, driver):
        # The turns of everything that is not the client's: clock, watchdog, the link's own task.
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
            now = ticks_ms()
            step = (driver.session.state, driver.connections, self.attempts, mqtt.last_tx, mqtt.wake)
            if step != before:
                before = step
                self._alive()
            up = not link or link.connected
            self.clock.poll(now, up and (driver.synced or not watchdog or watchdog.limit >= _LOOK_UP))
            if up and linked:
                linked()
            if link:
                _revive(link)
            if watchdog:
                watchdog.poll(now)
            await sleep_ms(turn)


def _revive(link):
    # The link's own task has no end: should it have failed all the same, it begins anew.
    task = getattr(link, "_task", None)
    if task and task.done():
        log(40, "%s: its task has ended; it is started again." % link.kind)
        link.stop()
        link.start()


def _load():
    from .detection import load

    return load()


def _settings(board):
    from . import settings

    return settings.open(board)


def _link(board, networks, given):
    # What keeps the network up; None where the system does.
    if not isinstance(given, dict):
        return given
    kinds = board.NETWORK.split("+") if board.NETWORK else ()
    if "wifi" in kinds and (networks or "ethernet" not in kinds):
        if not networks:
            raise RuntimeError("no Wi-Fi network is in the settings: provision the board, or use the set-up page")
        from .link.wifi import WiFi

        return WiFi(networks, **given)
    if "ethernet" in kinds:
        from .link.ethernet import Ethernet

        if "interface" not in given:  # a board may have its own pins for it
            given = dict(given, interface=board.network_interface("ethernet"))
        return Ethernet(**given)
    return None

"""ArduinoCloudClient: a device's variables, accessed like a dict, and the methods that run them."""

from .port import MICROPYTHON, forget, report, ticks_add, ticks_diff


class ArduinoCloudClient:
    """A device on Arduino Cloud. Register the variables, then `start()`.

    device_id: str or bytes, the device's UUID.
    username, password: str or bytes, the device id and its secret key. Without a password the
        device shows a certificate (`keyfile` and `certfile` in `ssl_params`).
    ssl_params: dict; by default the server is verified against the bundled root certificates: see
        `trust.context`. None means plain TCP, for tests.
    server, port: str and int, by default the cloud's.
    keepalive: int, in seconds (0 to 65535; 0 for none); a dead link is noticed within 1.5 times this.
    ntp_server, ntp_timeout: str ("name" or "name:port") and seconds (0.1 to 60), used if the clock is not set.
    sync_mode: bool; if true, the program calls `update()` often instead of using asyncio.
    discovery: "both", "command" or "legacy": how to ask the cloud for the thing.
    buffer: int, the largest packet in either direction, in bytes (128 to 16383).
    transport: "tcp", or "websocket" for networks that allow only HTTPS.

    The module `methods` has more methods. It is imported when a program uses one of them.
    """

    error = None  # why the link last failed
    paused = None  # the tick and the time at which the last run ended
    events = None  # a dict of their callbacks, once `on` was called
    transport = "tcp"

    # Defaults of `server` and `port`, and of the roots in `ssl_params`: None means `certificates.ROOTS`.
    SERVER = "iot.arduino.cc"
    PORTS = (8885, 8884, 8443)  # with a certificate, with a password, over WebSocket
    ROOTS = None

    def __init__(
        self,
        device_id,
        username=None,
        password=None,
        ssl_params={},
        server=None,
        port=None,
        keepalive=10,
        ntp_server="pool.ntp.org",
        ntp_timeout=3,
        sync_mode=False,
        discovery="both",
        buffer=1024,
        transport="tcp",
    ):
        from .arguments import check

        check(
            device_id, username, password, ssl_params, keepalive, discovery, buffer, transport, sync_mode, server, port,
            ntp_server, ntp_timeout
        )  # fmt: skip
        del check
        forget("arguments", "names")
        listener = 0 if password is None else 1
        if transport != "tcp":
            listener = 2
            self.transport = transport
        self.device_id = device_id if isinstance(device_id, str) else device_id.decode()
        self.username = username
        self.password = password
        self.ssl_params = ssl_params
        self.server = server or ("wss." + self.SERVER if listener > 1 else self.SERVER)
        self.port = port or self.PORTS[listener]
        self.keepalive = keepalive
        self.buffer = buffer
        self.ntp_server = ntp_server
        self.ntp_timeout = ntp_timeout
        self.async_mode = not sync_mode
        self.discovery = discovery
        self.records = {}
        self.runnable = []
        self.driver = None

    def __getattr__(self, name):
        # The class gets the methods that not every program uses when one of them is used.
        from .methods import add

        return add(ArduinoCloudClient, self, name)

    def __getitem__(self, key):
        if key in self.records:
            value = self.records[key].value
            return self.records[key] if isinstance(value, dict) else value
        if key in self:
            session = self.driver and self.driver.session
            # the zone is unknown until its end is known
            return getattr(session, key) if session and (session.tz_dst_until or key == "thing_id") else None
        raise KeyError(key)

    def __setitem__(self, key, value):
        self.records[key].value = value

    def __contains__(self, key):
        return key in self.records or key in "thing_id tz_offset tz_dst_until".split()

    def get(self, key, default=None):
        """Return the value of a variable, or `default` if there is no such variable or it has no value yet."""
        value = self[key] if key in self else None
        return default if value is None else value

    @property
    def state(self) -> str:
        """The state of the connection, in the C++ library's words: Init, ConnectPhy, SyncTime,
        ConnectMqttBroker, SendCapabilities, RequestLastValues, Connected, Disconnect."""
        return self.driver.session.state if self.driver else "Init"

    def register(self, aiotobj, coro=None, **kwargs):
        """Add a variable or a task: an object such as ArduinoCloudObject, Task or Location, or a name (str)
        and the arguments of ArduinoCloudObject. It replaces an earlier one of the same name.

        Raises TypeError or ValueError for a wrong name (text without ":"), callback, interval or factor."""
        from .registering import register

        register(self, aiotobj, coro, kwargs)
        if self.driver:
            del register
            forget("registering")

    def check(self, name: str, value):
        """Raise ValueError for a value that could never fit into a packet."""
        # On a board the exact check runs only if the estimate comes close to the limit.
        n = len(value) if isinstance(value, str) else 2
        if 4 * (len(name) + n) + 70 > self.buffer or isinstance(value, dict) or not MICROPYTHON:
            from .property.sizes import check

            check(self, name, value)

    def wake(self):
        """Have the driver look for changed values at once."""
        if self.driver:
            self.driver.wake()

    def on_value(self, p):
        """Call the `on_write` of a property that the cloud has written."""
        if p.on_write:
            self.tell(p, p.on_write, p if isinstance(p.value, dict) else p.value)

    def event(self, name: str):
        """Call the callback of an event, if it has one."""
        p = self.events and self.events.get(name)
        if p and p.on_run:
            self.tell(p, p.on_run)

    def poll(self, now: int) -> int:
        """Call the `on_run` and `on_read` that are due. Returns the ms until the next is due, at most a minute."""
        wait = 60000
        for p in self.runnable:
            try:
                left = self.look(p, now)
            except Exception as error:  # the program has set an attribute to nonsense
                report(p.name, error)
                left = 1000
            if left < wait:
                wait = left
        return wait

    def look(self, p, now: int) -> int:
        """Call the callbacks of one property if they are due. Returns the ms until they are due again."""
        left = ticks_diff(p.due, now)
        if p.busy:
            if left < 0:
                p.due = now  # so that it stays due, however long the coroutine takes
            return 60000
        if left > 0:
            return left
        far = p.far
        left = p.interval
        if far or left > 86400:  # a long interval is waited for in pieces
            from .pauses import piece

            left = piece(p)
            del piece
            forget("pauses")
        left = int(left * 1000)
        p.due = ticks_add(now, left)
        if far:
            return left
        if p.backoff:
            p.interval = min(p.interval * p.backoff, 5.0)
        if p.on_run:
            self.tell(p, p.on_run, p.args)
        if p.on_read:
            self.tell(p, p.on_read)
        return left

    def tell(self, p, callback, *args):
        """Call a callback of a property. Report what it raises, except KeyboardInterrupt and SystemExit."""
        try:
            result = callback(self, *args)
            if hasattr(result, "send"):
                self.driver.spawn(p, callback, result)
            elif callback == p.on_read:
                p.value = result
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            report(p.name, error)

    def _run(self, async_mode, pauses=None):
        if pauses:
            from .arguments import pauses as check

            check(*pauses)
            del check
            forget("arguments")
        if self.async_mode is not async_mode:
            from .arguments import refuse_mode

            refuse_mode(async_mode)
        if not self.driver:
            # Modules that stay are loaded before those that go, so that the free heap is in one piece afterwards.
            forget("names", "registering")
            if async_mode:
                from .loop import Driver
            forget()  # garbage only: the TLS context needs a large piece
            from .trust import context

            tls = context(self)
            del context
            forget("trust")
            if not async_mode:  # last, since umqtt may be missing: mistakes in the arguments are reported first
                from .sync import Driver
            self.driver = Driver(self, tls)
        return self.driver

    def run(self, interval: float = 1.0, backoff: float = 2.0):
        """Connect, stay connected and run the callbacks until `stop()`, beside the program's own tasks. Await it.

        interval: seconds before the first reconnection (0.01 to 86400).
        backoff: factor by which each further pause is longer (1 to 100), up to 32 s.
        Raises ValueError or TypeError at once for wrong arguments; when awaited, RuntimeError if it already runs.
        """
        return self._run(True, (interval, backoff)).run(interval, backoff)

    def start(self, interval: float = 1.0, backoff: float = 2.0):
        """Connect. In async mode, run the client until `stop()`; in sync mode, return once connected.

        Takes the arguments of `run`."""
        if self.async_mode:
            import asyncio

            try:
                asyncio.run(self.run(interval, backoff))
            finally:  # MicroPython leaves the tasks behind after Ctrl-C
                if self.driver and self.driver.running:
                    self.driver.stale = True
                    self.driver.sweep()
        else:
            self._run(False, (interval, backoff)).start(interval, backoff)

    def update(self):
        """Receive, call the callbacks that are due, and publish. In sync mode a program calls this often."""
        self._run(False).update()

    def stop(self):
        """Disconnect and let `run` or `start` return."""
        if self.driver:
            self.driver.stop()

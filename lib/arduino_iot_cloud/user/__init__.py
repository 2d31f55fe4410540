"""A user's connection, as in arduino-iot-js: receive what devices report and set their variables, over WebSocket.

    cloud = await ArduinoIoTCloud.connect(client_id="...", client_secret="...")
    temperature = cloud.property(thing_id, "temperature")
    temperature.subscribe(print)
    await cloud.property(thing_id, "led").publish(True)
"""

import asyncio

from ..loop import Driver
from ..mqtt import MQTTError
from ..port import forget, log
from ..stream import event_loop
from .connection import CloudError, Message, UserSession, encode


class ArduinoIoTCloud:
    """A user's connection to the cloud, kept up until `disconnect`. Make one with `connect`."""

    SERVER = "iot.arduino.cc"
    TOKEN_URL = "https://api2.arduino.cc/iot/v1/clients/token"
    AUDIENCE = "https://api2.arduino.cc/iot"
    ROOTS = None  # for `trust.context`: the bundled ones

    # Attributes of a client that `loop.Driver` and `diagnosis` need
    driver = None
    records: dict = {}
    runnable = ()
    ntp_server = "pool.ntp.org"
    ntp_timeout = 3
    paused = None
    discovery = "both"
    error = None

    def on_value(self, p):
        """Do nothing: no properties are registered."""

    def event(self, name):
        """Do nothing: only a device's session has events."""

    def poll(self, now: int) -> int:
        """Return the ms until the next call: there are no timed callbacks."""
        return 60000


    @classmethod
    async def connect(cls, **options):
        """Connect to the cloud. Returns an ArduinoIoTCloud.

        Pass one of: `client_id` and `client_secret` (an API key, which gets a new token for each connection); `token`
        (a user's JWT, or a function, possibly async, that returns one for each connection); `device_id` and
        `secret_key` (to connect as that device; `property` then takes only a name).
        server, port: by default wss.iot.arduino.cc:8443; for a device mqtts-up.iot.arduino.cc:8884.
        transport: by default "websocket"; for a device "tcp".
        ssl_params: as for ArduinoCloudClient. token_url, audience: where tokens come from, and what they are for.
        on_connected(), on_disconnect(why): called each time; may be coroutine functions.
        timeout: float, in seconds (0.1 to 86400): for the whole of `connect`. keepalive: int, in seconds (0 to 65535).
        buffer: int, in bytes (128 to 16383).
        mqtt_client_id: str, by default the user's id. Two connections with the same one cut each other off.

        Raises CloudError with the reason, TypeError or ValueError for wrong options.
        """
        cloud = cls(**options)
        await cloud._start()
        return cloud

    def __init__(
        self,
        client_id=None,
        client_secret=None,
        token=None,
        device_id=None,
        secret_key=None,
        server=None,
        port=None,
        transport=None,
        ssl_params={},
        token_url=None,
        audience=None,
        on_connected=None,
        on_disconnect=None,
        timeout=20,
        keepalive=30,
        buffer=1024,
        mqtt_client_id=None,
    ):
        from .arguments import check

        check(
            client_id, client_secret, token, device_id, secret_key, server, port, transport, ssl_params, token_url,
            audience, on_connected, on_disconnect, timeout, keepalive, buffer, mqtt_client_id
        )  # fmt: skip
        del check
        forget("user.arguments", "arguments")
        self._key = client_id and (token_url or self.TOKEN_URL, client_id, client_secret, audience or self.AUDIENCE)
        self._token = token
        self.transport = transport or ("tcp" if device_id else "websocket")
        self.server = server or ("mqtts-up." if device_id else "wss.") + self.SERVER
        self.port = port or (8884 if device_id else 8443)
        self.username = device_id
        self.password = secret_key or ""
        self._client_id = mqtt_client_id
        self.device_id = device_id  # the MQTT client identifier
        self.ssl_params = ssl_params
        self.keepalive = keepalive
        self.buffer = buffer
        self.timeout = timeout
        self._on_connected = Listener(self, None, "on_connected", on_connected)
        self._on_disconnect = Listener(self, None, "on_disconnect", on_disconnect)
        self.session = UserSession(device_id)
        self.session.on_value = _tell
        self.session.on_change = self._changed
        self._news = asyncio.Event()
        self._loop = None
        self._up = False
        self._task = None

    @property
    def connected(self) -> bool:
        """Whether values now go to the cloud and come from it."""
        return self.session.online

    @property
    def thing_id(self):
        """With a device's credentials: the id of the thing that it belongs to (str), or None."""
        return self.session.thing_id

    def property(self, thing_id: str, name: "str | None" = None):
        """Return a Property: a variable of a thing. With a device's credentials, call `property(name)`."""
        if name is None:
            thing_id, name = "", thing_id
        if bool(thing_id) is bool(self.session.device_id):
            raise TypeError(
                "a device's property takes only a name" if thing_id else "property takes a thing_id and a name"
            )
        if not isinstance(name, str) or not name:
            raise TypeError("name is the variable's name, not %r" % (name,))
        return Property(self, thing_id, name)

    def on_property_value(self, *arguments):
        """Subscribe: `on_property_value(thing_id, name, callback)` is
        `property(thing_id, name).subscribe(callback)`."""
        return self.property(*arguments[:-1]).subscribe(arguments[-1])

    async def send_property(self, *arguments, timestamp: int = 0) -> bool:
        """Publish a value: `send_property(thing_id, name, value)` is `property(thing_id, name).publish(value)`."""
        return await self.property(*arguments[:-1]).publish(arguments[-1], timestamp)

    async def disconnect(self):
        """Disconnect for good. Values that have not arrived yet are lost."""
        self.driver.stop()
        await self._task
        while self.session.queue:
            self.session.queue.pop(0).on_end(False)

    async def _start(self):
        from ..trust import context

        self._loop = event_loop()
        self.driver = _Driver(self, context(self), self.session)
        self._task = asyncio.create_task(self._run())
        try:
            await asyncio.wait_for(self._usable(), self.timeout)
        except BaseException as error:
            self._task.cancel()
            if not isinstance(error, asyncio.TimeoutError):
                raise
            raise CloudError(self.error or ("no thing for this device" if self.connected else "no answer"), 0)

    async def _usable(self):
        while not self.connected or self.session.device_id and not self.thing_id:
            if self.error:
                raise CloudError(self.error, 0)
            await self._news.wait()
            self._news.clear()

    async def _run(self):
        try:
            await self.driver.run(1.0, 2.0)
        finally:
            self._lost("disconnected")

    def _changed(self):
        self._tell_news()
        self.driver.wake()
        if not self._up:
            self._up = True
            self.error = None
            _tell(self._on_connected)

    def _tell_news(self):
        # The waiting task is in the event loop of `connect`: it must not be woken from another one.
        if self._loop is event_loop():
            self._news.set()

    def _lost(self, why):
        self.error = why
        self._tell_news()
        if self._up:
            self._up = False
            _tell(self._on_disconnect, why)

    async def _log_in(self):
        # Get a token for the next connection.
        from .token import fetch, user_of

        if self._key:
            token = await fetch(*self._key, self.ssl_params)
        else:
            token = self._token
            try:
                token = token() if callable(token) else token
                if hasattr(token, "send"):
                    token = await token
            except Exception as error:
                raise CloudError("no token: %s: %s" % (type(error).__name__, error), 0)
        self.password = token
        self.username = user_of(token)
        self.device_id = self._client_id or self.username


class _Driver(Driver):
    # loop.Driver for a user's session, with a new token for each connection.
    def open(self):
        return self._open(super().open)

    async def _open(self, open_link):
        if not self.session.device_id:
            await self.client._log_in()
        return await open_link()

    def explain(self, error):
        from ..diagnosis import diagnose

        cloud = self.client
        text, heals = diagnose(cloud, error)
        if isinstance(error, CloudError):
            text, heals = error.args[0], error.heals
        elif isinstance(error, MQTTError) and error.args[1] in (4, 5) and not self.session.device_id:
            text = "%s:%d refused the user's token." % (cloud.server, cloud.port)
            heals = cloud._token is None or callable(cloud._token)
        log(20 if text == cloud.error else 30 if heals else 40, text)
        cloud._lost(text)
        return heals


def _tell(listener, *arguments):
    # Call a listener's callback. If it returns coroutines, they run one after the other.
    if listener.callback:
        try:
            result = listener.callback(*arguments)
            if hasattr(result, "send"):
                listener.cloud.driver.spawn(listener, listener.callback, result)
        except Exception as error:
            from ..port import report

            report(listener.name, error)


class Listener:
    """A subscription to one variable. `unsubscribe()` ends it."""

    on_read = None
    busy = False

    def __init__(self, cloud, thing_id, name, callback):
        self.cloud = cloud
        self.thing_id = thing_id
        self.name = name
        self.callback = callback

    def unsubscribe(self):
        """Stop calling the callback."""
        self.callback = None
        self.cloud.session.ignore(self)
        self.cloud.driver.wake()


class Property:
    """One variable of one thing. It does not store the value."""

    def __init__(self, cloud, thing_id, name):
        self._cloud = cloud
        self._thing_id = thing_id
        self.name = name

    def subscribe(self, callback) -> Listener:
        """Call `callback(value)` for each value that arrives from now on; it may be a coroutine function.

        A value is a bool, int, float or str, or a dict of these by attribute. Raises TypeError for another callback."""
        if not callable(callback):
            raise TypeError("the callback of '%s' is a function, not %r" % (self.name, callback))
        listener = Listener(self._cloud, self._thing_id, self.name, callback)
        self._cloud.session.listen(listener)
        self._cloud.driver.wake()
        return listener

    async def publish(self, value, timestamp: int = 0, timeout: float = 10.0) -> bool:
        """Send a value (as for `subscribe`). Returns whether it arrived within `timeout` seconds (0 to 500000).

        timestamp: int, in Unix seconds, for a value from the past. Raises TypeError for other values, ValueError for
        one that is too long for a packet, CloudError for a device without a thing.
        """
        cloud = self._cloud
        if type(timeout) not in (int, float) or not 0 <= timeout <= 500000:
            from ..arguments import number

            number("timeout", timeout, 0, 500000)
        thing_id = self._thing_id or cloud.thing_id
        if not thing_id:
            raise CloudError("no thing for this device", 0)
        topic = "/a/t/%s/%s" % (thing_id, "e/o" if cloud.session.device_id else "e/i")
        payload = encode(self.name, value, timestamp)
        if len(topic) + len(payload) + 7 > cloud.buffer:
            raise ValueError("'%s': the value is too long for a packet" % self.name)
        done = asyncio.Event()
        result = []

        def on_end(arrived):
            result.append(arrived)
            done.set()

        message = Message(topic.encode(), payload, on_end)
        cloud.session.queue.append(message)
        cloud.driver.wake()
        try:
            await asyncio.wait_for(done.wait(), timeout)
        except asyncio.TimeoutError:
            pass
        finally:
            cloud.session.give_up(message)
        return result == [True]

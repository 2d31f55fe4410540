"""An MQTT connection in the event loop, with paho-mqtt, which leaves sockets and timers to its user."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Callable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from .address import Address, BadBroker, Lost

log = logging.getLogger(__name__)

KEEPALIVE = 15
TIMEOUT = 10
_PACKETS_AT_ONCE = 32
_TOPICS_AT_ONCE = 100
_NO_TOPIC = "local-cloud/nothing"


class Connection:
    """A connection to the broker. It calls `on_message` with each message, in order.

    It uses MQTT 3.1.1: with MQTT 5 paho takes twice as long for a message, and nothing here needs that.
    """

    def __init__(self, address: Address, client_id: str, *, session: bool = False) -> None:
        """With `session` the broker keeps the session, and `acknowledge` sends the acknowledgements."""
        self._address = address
        self._loop = asyncio.get_running_loop()
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=not session,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=session,
        )
        client.suppress_exceptions = False
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        if address.tls is not None:
            client.tls_set_context(address.tls)
        # No limit on unacknowledged messages: the broker's is enough.
        client.max_inflight_messages_set(0)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = lambda client, data, mid, codes, properties: self._answered(mid, codes)
        client.on_unsubscribe = lambda client, data, mid, codes, properties: self._answered(mid, codes)
        client.on_message = self._arrived
        client.on_socket_register_write = self._has_to_write
        client.on_socket_close = lambda client, data, sock: self._detach()
        self.on_message: Callable[[mqtt.MQTTMessage], None] = lambda message: None
        self.lost = asyncio.Event()
        """Set when the connection has ended for any reason."""
        self._open: asyncio.Future[bool] | None = None
        self._answers: dict[int, asyncio.Future[list[Any]]] = {}
        self._socket: Any = None
        self._packets = 0
        self._timer: asyncio.Task[None] | None = None

    async def open(self) -> bool:
        """Connect. Return whether the broker has kept the session. Raises `BadBroker` (refused) or `Lost`."""
        self._open = self._loop.create_future()
        try:
            await asyncio.to_thread(self._client.connect, self._address.host, self._address.port, KEEPALIVE)
        except OSError as error:
            raise Lost("%s: %s" % (self._address, error.strerror or type(error).__name__)) from None
        self._socket = self._client.socket()
        if self._socket is None:
            raise Lost("%s: closed at once" % self._address)
        self._loop.add_reader(self._socket, self._read)
        self._timer = asyncio.create_task(self._tick())
        # CONNECT was queued in the thread, before the socket existed.
        self._write()
        try:
            return await asyncio.wait_for(asyncio.shield(self._open), TIMEOUT)
        except asyncio.TimeoutError:
            self.abort()
            raise Lost("%s: no answer" % self._address) from None

    def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Send a message. It is lost if the connection ends now."""
        self._client.publish(topic, payload, qos, retain)

    def acknowledge(self, message: mqtt.MQTTMessage) -> None:
        """Acknowledge a message of the session, so that the broker forgets it."""
        if not self.lost.is_set():
            self._client.ack(message.mid, message.qos)

    async def subscribe(self, topics: list[str]) -> None:
        """Subscribe with QoS 1. Raises `BadBroker` if the broker refuses, or `Lost`."""
        for start in range(0, len(topics), _TOPICS_AT_ONCE):
            some = topics[start : start + _TOPICS_AT_ONCE]
            codes = await self._answer(self._client.subscribe([(topic, 1) for topic in some])[1])
            refused = [topic for topic, code in zip(some, codes) if code.is_failure]
            if refused:
                raise BadBroker("%s: not allowed to subscribe to %s" % (self._address, refused[0]))

    async def unsubscribe(self, topics: list[str]) -> None:
        """End subscriptions. Raises `Lost`."""
        if topics:
            await self._answer(self._client.unsubscribe(topics)[1])

    async def confirm(self) -> None:
        """Wait until the broker has taken everything sent so far: it answers in order. Raises `Lost`."""
        await self.unsubscribe([_NO_TOPIC])

    async def close(self) -> None:
        """Send what is queued and disconnect."""
        if not self.lost.is_set() and self._socket is not None:
            self._client.disconnect()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.lost.wait(), 1)
        self.abort()

    def abort(self) -> None:
        """Drop the connection. The broker sends unacknowledged messages again."""
        if self._socket is not None:
            self._detach()
            with suppress(OSError):
                self._socket.close()
        self._end()

    async def _answer(self, mid: int | None) -> list[Any]:
        if self.lost.is_set() or mid is None:
            raise Lost("%s: not connected" % self._address)
        future: asyncio.Future[list[Any]] = self._loop.create_future()
        self._answers[mid] = future
        try:
            return await asyncio.wait_for(future, TIMEOUT)
        except asyncio.TimeoutError:
            raise Lost("%s: no answer" % self._address) from None
        finally:
            self._answers.pop(mid, None)

    def _answered(self, mid: int, codes: list[Any]) -> None:
        future = self._answers.get(mid)
        if future is not None and not future.done():
            future.set_result(codes)

    def _connected(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        assert self._open is not None
        if self._open.done():
            return
        if code.is_failure:
            self._open.set_exception(BadBroker("%s refuses the worker: %s" % (self._address, code)))
        else:
            self._open.set_result(flags.session_present)

    def _disconnected(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        self._loop.call_soon_threadsafe(self._end)

    def _arrived(self, client: Any, data: Any, message: mqtt.MQTTMessage) -> None:
        self._packets += 1
        self.on_message(message)

    def _read(self) -> None:
        for _ in range(_PACKETS_AT_ONCE):
            before = self._packets
            self._client.loop_read()
            # The socket does not become readable for bytes that TLS has already decrypted.
            pending = getattr(self._socket, "pending", None)
            if self._client.socket() is None or (self._packets == before and not (pending and pending())):
                return
        self._loop.call_soon(self._read_more)

    def _read_more(self) -> None:
        if not self.lost.is_set():
            self._read()

    def _has_to_write(self, client: Any, data: Any, socket: Any) -> None:
        self._loop.call_soon_threadsafe(self._want_write)

    def _want_write(self) -> None:
        if self._socket is not None and not self.lost.is_set():
            self._write()

    def _write(self) -> None:
        self._client.loop_write()
        if self._client.socket() is None:
            return
        if self._client.want_write():
            self._loop.add_writer(self._socket, self._write)
        else:
            self._loop.remove_writer(self._socket)

    async def _tick(self) -> None:
        """Keep the connection alive."""
        while not self.lost.is_set():
            self._client.loop_misc()
            await asyncio.sleep(1)

    def _detach(self) -> None:
        with suppress(ValueError, OSError):
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)

    def _end(self) -> None:
        if self.lost.is_set():
            return
        self.lost.set()
        self._detach()
        if self._timer is not None:
            self._timer.cancel()
        gone = Lost("%s: connection lost" % self._address)
        waiting: list[asyncio.Future[Any]] = [*self._answers.values(), *([self._open] if self._open else [])]
        for future in waiting:
            if not future.done():
                future.set_exception(gone)
                future.exception()

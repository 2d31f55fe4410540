"""One client's connection: amqtt's protocol handler with a strictly ordered reader.

Differences from amqtt 0.12:

- PUBACK is sent only when the message has been stored. amqtt queues the message, acknowledges it, and
  shows it to plugins afterwards.
- Packets are handled one after the other. amqtt starts a task for each.
- A client that has been silent for one and a half times its keepalive is dropped. amqtt's broker
  notices the timeout but does nothing.
- The messages that wait for a client that does not read are limited.
- QoS 2 is not supported: no device library sends it, and the real cloud does not accept it either.
"""

import asyncio
import logging
from typing import Any, Protocol

from amqtt.adapters import BufferReader
from amqtt.mqtt import packet as packets, packet_class
from amqtt.mqtt.packet import MQTTFixedHeader, MQTTPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.puback import PubackPacket
from amqtt.mqtt.suback import SubackPacket
from amqtt.mqtt.unsuback import UnsubackPacket
from amqtt.session import Session

from ..store.redelivery import LATEST, Delivery, digest
from ..store.unwritable import NotWritable
from . import texts
from .deliveries import Deliveries
from .framing import ClientStream, EndOfStream, ProtocolViolation, read_packet
from .gatekeeper import Gatekeeper

log = logging.getLogger(__name__)

MAX_UNACKNOWLEDGED = LATEST
MAX_UNDELIVERED = 256
MAX_SUBSCRIPTIONS = 256
MAX_COMPLAINTS = 50
_SUBSCRIPTION_REFUSED = 0x80


class Registry(Protocol):
    """What a client needs from the broker, which keeps the subscriptions of all clients."""

    gatekeeper: Gatekeeper
    deliveries: Deliveries
    max_packet: int

    @property
    def subscriptions(self) -> dict[str, list[tuple[Session, int]]]:
        """The subscribers of each topic, with their QoS."""

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Subscribe to a topic with a QoS, and return the code for the SUBACK."""

    def forget_subscription(self, client: "ConnectedClient", topic: str) -> None:
        """End a subscription if it exists."""


class ConnectedClient(BrokerProtocolHandler):
    """A connected client. `device_id` is its proven identity, of a device or another client."""

    stream: ClientStream
    broker: Registry
    device_id: str
    session: Session

    def open(self, broker: Registry, stream: ClientStream, session: Session, device_id: str) -> None:
        """Bind the handler, which amqtt makes without arguments, to its connection."""
        self.broker = broker
        self.stream = stream
        self.device_id = device_id
        self.topics: set[str] = set()
        self.closed = asyncio.Event()
        self._dropped = asyncio.Event()
        self._complaints = 0
        self._deliveries: set[asyncio.Task[Any]] = set()
        self._to_acknowledge: asyncio.Queue[tuple[int | None, asyncio.Future[Any] | None]] = asyncio.Queue(
            MAX_UNACKNOWLEDGED
        )
        self._watch_timer: asyncio.TimerHandle | None = None
        self._last_heard = 0.0
        self.attach(session, stream, stream)  # type: ignore[arg-type]

    async def run(self) -> None:
        """Handle packets until the client disconnects. Raises `ProtocolViolation` if it misbehaves."""
        self._watch()
        acknowledger = asyncio.create_task(self._acknowledge())
        try:
            while True:
                header, body = await read_packet(self.stream, self.broker.max_packet)
                self._last_heard = self._loop.time()
                self.broker.gatekeeper.heard(self)
                if header.packet_type == packets.DISCONNECT:
                    return
                await self._handle(header, await self._parse(header, body))
        except EndOfStream:
            return
        finally:
            acknowledger.cancel()
            if self._watch_timer is not None:
                self._watch_timer.cancel()
            self._stop_waiters()
            for task in self._deliveries:
                task.cancel()

    def deliver(self, topic: str, payload: bytes) -> bool:
        """Send a message if the client has subscribed to the topic, without waiting. Return whether it has."""
        for session, qos in self.broker.subscriptions.get(topic, ()):
            if session is self.session:
                break
        else:
            return False
        if len(self._deliveries) >= MAX_UNDELIVERED:
            log.warning("%s does not read its messages: dropped", self.device_id)
            self.drop()
            return False
        task = asyncio.create_task(self.mqtt_publish(topic, payload, qos, retain=False))
        self._deliveries.add(task)
        task.add_done_callback(self._delivered)
        return True

    def complain(self, text: str, *arguments: object) -> None:
        """Log what the client did wrong in one line, a limited number of times."""
        self._complaints += 1
        if self._complaints <= MAX_COMPLAINTS:
            log.warning("%s " + text, self.device_id, *arguments)
        if self._complaints == MAX_COMPLAINTS:
            log.warning("%s: further complaints about it are not logged", self.device_id)

    def drop(self) -> None:
        """End the connection and discard what is still to be sent."""
        self._dropped.set()
        self.stream.abort()

    async def handle_connection_closed(self) -> None:
        """Drop the client. amqtt calls this when a write fails."""
        self.drop()

    def _delivered(self, task: "asyncio.Task[Any]") -> None:
        self._deliveries.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.info("a message to %s was not delivered: %s", self.device_id, task.exception())

    def _watch(self) -> None:
        """Drop the client once it has been silent for too long (MQTT 3.1.1, 3.1.2.10)."""
        if not self.session.keep_alive:
            return
        patience = 1.5 * self.session.keep_alive
        if not self._last_heard:
            self._last_heard = self._loop.time()
        silence = self._loop.time() - self._last_heard
        if silence >= patience:
            log.info("%s was silent for %d s: dropped", self.device_id, silence)
            self.drop()
            return
        self._watch_timer = self._loop.call_later(patience - silence + 0.01, self._watch)

    async def _parse(self, header: MQTTFixedHeader, body: bytes) -> MQTTPacket[Any, Any, Any]:
        texts.check(header.packet_type, body)
        try:
            packet = await packet_class(header).from_stream(BufferReader(body), fixed_header=header)
        except Exception as error:
            # On short or odd input amqtt's parsers raise any kind of exception.
            raise ProtocolViolation("malformed packet of type %d: %s" % (header.packet_type, error)) from None
        return packet

    async def _handle(self, header: MQTTFixedHeader, packet: Any) -> None:
        match header.packet_type:
            case packets.PUBLISH:
                await self._handle_publish(packet)
            case packets.PUBACK:
                await self.handle_puback(packet)
            case packets.SUBSCRIBE:
                await self._handle_subscribe(packet)
            case packets.UNSUBSCRIBE:
                await self._handle_unsubscribe(packet)
            case packets.PINGREQ:
                await self.handle_pingreq(packet)
            case other:
                raise ProtocolViolation("unexpected packet of type %d" % other)

    async def _handle_publish(self, packet: Any) -> None:
        qos, topic = packet.qos, packet.topic_name
        if qos > 1:
            raise ProtocolViolation("PUBLISH with QoS %d" % qos)
        if qos and not packet.variable_header.packet_id:
            raise ProtocolViolation("PUBLISH with packet identifier 0")
        accepted = self._take(packet, topic, packet.data or b"")
        await self._acknowledge_later((packet.variable_header.packet_id if qos else None, accepted))

    async def _acknowledge_later(self, what: "tuple[int | None, asyncio.Future[Any] | None]") -> None:
        """Queue an acknowledgement. Waits if too much is unacknowledged, which slows the client down."""
        if not self._to_acknowledge.full():
            self._to_acknowledge.put_nowait(what)
            return
        # While nothing can be stored this takes long. The connection may have to end meanwhile.
        queued = asyncio.ensure_future(self._to_acknowledge.put(what))
        dropped = asyncio.ensure_future(self._dropped.wait())
        try:
            await asyncio.wait((queued, dropped), return_when=asyncio.FIRST_COMPLETED)
            if not queued.done():
                raise EndOfStream
        finally:
            queued.cancel()
            dropped.cancel()

    def _take(self, packet: Any, topic: str, payload: bytes) -> "asyncio.Future[Any] | None":
        """Pass a message on, unless it has been sent again and was taken before."""
        deliveries, packet_id = self.broker.deliveries, packet.variable_header.packet_id
        if packet.dup_flag and deliveries.has(self.device_id, packet_id, topic, payload):
            return deliveries.taken(self.device_id, packet_id)
        delivery = None
        if packet.qos:
            # After a restart only the store may still know the message.
            delivery = Delivery(self.device_id, packet_id, digest(topic, payload), packet.dup_flag)
        accepted = self.broker.gatekeeper.received(self, topic, payload, delivery)
        future = None if accepted is None else asyncio.ensure_future(accepted)
        if packet.qos:
            deliveries.note(self.device_id, packet_id, topic, payload, future)
        return future

    async def _acknowledge(self) -> None:
        """Send PUBACKs in the order of the PUBLISHes, each once its message is stored."""
        while True:
            packet_id, accepted = await self._to_acknowledge.get()
            if accepted is not None:
                try:
                    await asyncio.shield(accepted)
                except Exception as error:
                    # Not stored, so not acknowledged: the device sends it again after it reconnects.
                    if not isinstance(error, NotWritable):  # said once for all
                        log.error("message of %s not stored: %s", self.device_id, str(error).partition("\n")[0])
                    self.drop()
                    return
            if packet_id is not None:
                await self._send_packet(PubackPacket.build(packet_id))

    async def _handle_subscribe(self, packet: Any) -> None:
        requested = packet.payload.topics
        if not requested or any(qos > 2 for _, qos in requested):
            raise ProtocolViolation("SUBSCRIBE without topic or with a wrong QoS")
        granted = []
        codes = []
        for topic, qos in requested:
            code = _SUBSCRIPTION_REFUSED
            if topic in self.topics or len(self.topics) < MAX_SUBSCRIPTIONS:
                # A second SUBSCRIBE replaces the first (3.8.4); amqtt keeps the old QoS.
                self.broker.forget_subscription(self, topic)
                code = await self.broker.add_subscription((topic, min(qos, 1)), self.session)
            if code == _SUBSCRIPTION_REFUSED:
                self.complain("may not subscribe to %.80r", topic)
            else:
                self.topics.add(topic)
                granted.append(topic)
            codes.append(code)
        await self._send_packet(SubackPacket.build(packet.variable_header.packet_id, codes))
        for topic in granted:
            self.broker.gatekeeper.subscribed(self, topic)

    async def _handle_unsubscribe(self, packet: Any) -> None:
        for topic in packet.payload.topics:
            self.broker.forget_subscription(self, topic)
        await self._send_packet(UnsubackPacket.build(packet.variable_header.packet_id))

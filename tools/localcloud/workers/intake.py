"""Take the messages of one partition's devices in order, and acknowledge them when they are stored.

The broker keeps a session for each partition, with the topics of its devices. The worker that holds the
partition connects to that session. If a worker is killed, the broker sends unacknowledged messages again to
the next one, marked as duplicates (DUP), and the store knows which of them it has.
"""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any

import paho.mqtt.client as mqtt

from ..protocol import topics
from ..protocol.conversation import Conversation
from ..protocol.lateness import Lateness
from ..store import catalogue
from ..store.database import Store, is_final
from ..store.redelivery import LATEST, Delivery, digest
from ..traffic.exchange import Exchange
from .address import Address, BadBroker, Lost
from .connection import Connection
from .presence import LOG_TOPIC, Presence
from .roster import Roster

log = logging.getLogger(__name__)

_AGAIN_S = 1
_LEAVE_S = 2
_MAX_COMPLAINTS = 50


class Outlet:
    """Sends messages to devices over the worker's current connection."""

    def __init__(self) -> None:
        self.connection: Connection | None = None

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send a message. Return False if the broker is not connected."""
        if self.connection is None or self.connection.lost.is_set():
            return False
        self.connection.publish(topic, payload, retain=retain)
        return True


class DeviceSender:
    """The sender of a message (see traffic.exchange.Sender): a device, or a device's thing."""

    complaints = 0

    def __init__(self, device_id: str, outlet: Outlet) -> None:
        self.device_id = device_id
        self._outlet = outlet

    def deliver(self, topic: str, payload: bytes) -> bool:
        """Answer on the topic."""
        return self._outlet.publish(topic, payload)

    def complain(self, text: str, *arguments: object) -> None:
        """Log what the device did wrong, a limited number of times for all devices together."""
        DeviceSender.complaints += 1
        if DeviceSender.complaints <= _MAX_COMPLAINTS:
            log.warning("%s " + text, self.device_id, *arguments)


def topics_of(device_id: str, thing_id: str | None) -> set[str]:
    """Return the topics on which a device sends. `thing_id` is that of its thing, or None."""
    found = {topics.device(device_id, channel) for channel in (topics.COMMANDS_UP, topics.EVENTS_OUT)}
    if thing_id is not None:
        found |= {topics.thing(thing_id, channel) for channel in (topics.EVENTS_OUT, topics.SHADOW_OUT)}
    return found


class Intake:
    """One partition's session, while this worker holds the partition."""

    def __init__(
        self,
        partition: int,
        worker_id: str,
        address: Address,
        store: Store,
        exchange: Exchange,
        roster: Roster,
        presence: Presence,
        outlet: Outlet,
    ) -> None:
        self._partition = partition
        self._name = "local-cloud-partition-%d" % partition
        self._worker_id = worker_id
        self._address = address
        self._store = store
        self._exchange = exchange
        self._roster = roster
        self._presence = presence
        self._outlet = outlet
        self._connection: Connection | None = None
        # Brokers send more unacknowledged messages than they should (mosquitto 2.0 its whole queue), but the store
        # remembers only the latest ones. Therefore no more than that may be stored but not confirmed.
        self._room = asyncio.Semaphore(LATEST)
        self._unconfirmed = 0
        self._confirming: asyncio.Task[None] | None = None
        self._lateness: dict[str, Lateness] = {}
        self._messages: asyncio.Queue[tuple[Connection, mqtt.MQTTMessage]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take over the session. Raises `Lost` or `BadBroker`."""
        await self._store.claim(self._name, self._worker_id)
        self._connection = await self._connect()
        self._tasks = [
            asyncio.create_task(self._stay_connected(), name=self._name),
            asyncio.create_task(self._handle_messages(), name=self._name + " messages"),
        ]

    async def stop(self) -> None:
        """Leave the session to the next worker, which gets the unacknowledged messages again.

        Messages with QoS 0 are not sent again, so those that have arrived are handled first.
        """
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._messages.join(), _LEAVE_S)
        tasks = [*self._tasks, *([self._confirming] if self._confirming else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    async def change_topics(self, added: set[str], removed: set[str]) -> None:
        """Change the topics that the session receives. Raises `Lost` or `BadBroker`."""
        if self._connection is None:
            raise Lost("partition %d: not connected" % self._partition)
        await self._connection.subscribe(sorted(added))
        await self._connection.unsubscribe(sorted(removed))

    async def _connect(self) -> Connection:
        connection = Connection(self._address, self._name, session=True)
        connection.on_message = lambda message: self._messages.put_nowait((connection, message))
        kept = await connection.open()
        log.info("partition %d taken%s", self._partition, "" if kept else ", with a new session")
        if not kept:
            known = await self._roster.topics(self._partition)
            wanted = sorted(topic for each in known for topic in topics_of(*each))
            # One partition's session also receives the broker's log.
            if self._partition == 0 and self._address.administered:
                wanted.append(LOG_TOPIC)
            await connection.subscribe(wanted)
        return connection

    async def _stay_connected(self) -> None:
        while True:
            assert self._connection is not None
            await self._connection.lost.wait()
            log.warning("partition %d: connection to the broker lost", self._partition)
            self._connection.abort()
            # Wake up a message that waits for room, so that it notices the lost connection.
            self._room.release()
            while True:
                await asyncio.sleep(_AGAIN_S)
                try:
                    self._room, self._unconfirmed = asyncio.Semaphore(LATEST), 0
                    self._connection = await self._connect()
                    break
                except (Lost, BadBroker) as error:
                    log.warning("partition %d: %s", self._partition, error)

    async def _handle_messages(self) -> None:
        while True:
            await self._handle(*await self._messages.get())
            self._messages.task_done()

    async def _handle(self, connection: Connection, message: mqtt.MQTTMessage) -> None:
        has_values = topics.thing_of(message.topic, topics.EVENTS_OUT) is not None
        room = self._room
        if has_values and not connection.lost.is_set():
            await room.acquire()
        # Messages of an older connection come again on the new one.
        if connection.lost.is_set():
            return
        try:
            pending = await self._take(message)
        except Exception as error:
            self._failed(connection, message, has_values, error)
            return
        if pending is None:
            self._acknowledge(connection, message, has_values)
        else:
            future = asyncio.ensure_future(pending)
            future.add_done_callback(
                lambda done, c=connection, m=message, v=has_values: self._stored(done, c, m, v)
            )

    async def _take(self, message: mqtt.MQTTMessage) -> Any:
        topic, payload = message.topic, bytes(message.payload)
        if message.retain:
            # Sent before the subscription, and retained at a device's request.
            return None
        if topic == LOG_TOPIC:
            self._presence.take_line(payload.decode("utf-8", "replace"))
            return None
        parsed = topics.parse(topic)
        if parsed is None:
            return None
        if parsed.kind == "t":
            delivery = Delivery(self._name, message.mid, digest(topic, payload), message.dup, self._worker_id)
            sender = DeviceSender("the device of thing " + parsed.id, self._outlet)
            # The broker has checked that the device may publish here.
            talk = Conversation("", parsed.id, self._lateness_of(parsed.id))
            return self._exchange.take(sender, talk, topic, payload, delivery)
        device_id = parsed.id
        thing = await self._store.read(lambda session: catalogue.thing_of_device(session, device_id))
        lateness = self._lateness_of(thing.id) if thing else None
        talk = Conversation(device_id, thing.id if thing else None, lateness)
        return self._exchange.take(DeviceSender(device_id, self._outlet), talk, topic, payload, None)

    def _lateness_of(self, thing_id: str) -> Lateness:
        """Return what is known about the connection of a thing's device, from which a message has just come."""
        ticks = time.monotonic()
        lateness = self._lateness.get(thing_id)
        if lateness is None:
            lateness = self._lateness[thing_id] = Lateness(ticks, begins_with_question=True)
        self._exchange.agreement.heard_at_times(thing_id, lateness, ticks)
        return lateness

    def _stored(
        self,
        done: "asyncio.Future[Any]",
        connection: Connection,
        message: mqtt.MQTTMessage,
        has_values: bool,
    ) -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            self._acknowledge(connection, message, has_values)
        else:
            self._failed(connection, message, has_values, error)

    def _acknowledge(self, connection: Connection, message: mqtt.MQTTMessage, has_values: bool) -> None:
        if connection.lost.is_set():
            return
        connection.acknowledge(message)
        if has_values:
            self._unconfirmed += 1
            if self._confirming is None or self._confirming.done():
                self._confirming = asyncio.create_task(self._confirm(connection, self._room))

    async def _confirm(self, connection: Connection, room: asyncio.Semaphore) -> None:
        """Make room once the broker certainly has the acknowledgements."""
        while self._unconfirmed and not connection.lost.is_set():
            count, self._unconfirmed = self._unconfirmed, 0
            try:
                await connection.confirm()
            except Lost:
                return
            for _ in range(count):
                room.release()

    def _failed(
        self, connection: Connection, message: mqtt.MQTTMessage, has_values: bool, error: BaseException
    ) -> None:
        """Reconnect after a message was not stored, so that the broker sends it again.

        A message that can never be stored is dropped. Otherwise it would come again forever and block the
        partition's other devices.
        """
        if connection.lost.is_set():
            return
        reason = str(error).partition("\n")[0] or type(error).__name__
        if is_final(error):
            sender = DeviceSender("partition %d:" % self._partition, self._outlet)
            sender.complain("message on %.80r dropped, it can never be stored: %s", message.topic, reason)
            self._acknowledge(connection, message, has_values)
        else:
            log.error("partition %d: message not stored: %s", self._partition, reason)
            connection.abort()

"""One worker: takes its share of what devices send, tells the broker about devices, and sends to devices."""

import asyncio
import logging
import uuid
from contextlib import suppress
from typing import Any

from ..audit import Audit
from ..identity.hashed_secrets import SecretHash
from ..identity.key_files import KeyFiles
from ..protocol import topics
from ..protocol.conversation import Conversation, Send
from ..store.database import Store
from ..traffic.exchange import Exchange
from ..traffic.live import Live
from . import roster
from .address import Address, BadBroker, Lost
from .connection import Connection
from .coordination import PARTITIONS, Coordination, partition_of
from .events import TOPIC, Events
from .intake import Intake, Outlet, topics_of
from .presence import Presence
from .roster import Entry, Roster
from .security import DynamicSecurity, ElsewhereSecurity

log = logging.getLogger(__name__)

_AGAIN_S = 1
_TOLD_WITHIN_S = 15
_LOOK_AGAIN_S = 1
CHANGED, TOLD = "changed", "told"


class Worker:
    """Connects the exchange and the store to the shared broker (see traffic.exchange.Devices)."""

    def __init__(self, address: Address, store: Store, exchange: Exchange, live: Live, audit: Audit) -> None:
        if store.url.get_backend_name() != "postgresql":
            raise BadBroker("--broker needs --database postgresql://…, which the workers share")
        self._id = str(uuid.uuid4())
        self._address = address
        self._store = store
        self._exchange = exchange
        self._outlet = Outlet()
        self._audit = audit
        self._presence = Presence(self._note_connection)
        self._events = Events(self._id, live, self._presence.take_event)
        self._roster = Roster(store)
        self._intakes: dict[int, Intake] = {}
        self._coordination = Coordination(store.url, self._take, self._give, self._on_news)
        self._security: DynamicSecurity | ElsewhereSecurity | None = None
        self._bring_in_line = asyncio.Event()
        self._news = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        exchange.devices = self

    async def connect(self) -> None:
        """Connect to the broker. From now on it gets the store's changes. Raises `BadBroker` or `Lost`."""
        await self._open()
        self._store.settle = self._settle

    async def start(self) -> None:
        """Take a share of the work. Return when the broker knows all devices, or after a time limit."""
        await self._roster.take_over()
        await self._store.read(self._presence.load)
        self._tasks = [
            asyncio.create_task(self._stay_connected(), name="broker"),
            asyncio.create_task(self._keep_in_line(), name="roster"),
        ]
        await self._coordination.start()
        try:
            async with asyncio.timeout(_TOLD_WITHIN_S):
                while await self._roster.pending(set(range(PARTITIONS))):
                    await self._wait_for_news()
        except asyncio.TimeoutError:
            log.warning("the broker does not know all devices yet: some of them cannot connect")

    def renew(self, certificate: KeyFiles) -> None:
        """Do nothing: mosquitto reads the server's certificate by itself, when it gets SIGHUP."""

    async def stop(self) -> None:
        """Give up the share of the work and disconnect from the broker."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._coordination.stop()
        if self._outlet.connection is not None:
            await self._outlet.connection.close()

    def _note_connection(self, device_id: str, connected: bool, address: str) -> None:
        self._exchange.note_connection(device_id, connected)
        if connected:
            self._audit.note("device connected", by="device " + device_id, address=address)

    # For the exchange, to reach devices.

    def is_online(self, device_id: str) -> bool:
        """Return whether the device is connected, according to the broker."""
        return device_id in self._presence.online

    def send(self, device_id: str, send: Send) -> bool:
        """Send a message to the device. Return False if the broker is not connected."""
        return self._outlet.publish(send.topic, send.payload)

    def drop(self, device_id: str) -> None:
        """Do nothing: the broker ended the connection when it was told about the change."""

    def conversation(self, device_id: str) -> Conversation | None:
        """Return None: the worker that holds the device's partition tells the device."""
        return None

    # The worker's own connection: to devices, other workers, and the broker's dynamic security.

    async def _open(self) -> None:
        connection = Connection(self._address, "local-cloud-worker-" + self._id)
        await connection.open()
        security = DynamicSecurity(connection) if self._address.administered else ElsewhereSecurity()
        connection.on_message = lambda message: self._arrived(security, message.topic, bytes(message.payload))
        await connection.subscribe([TOPIC])
        await security.open()
        self._security = security
        self._outlet.connection = self._events.connection = connection

    def _arrived(self, security: DynamicSecurity | ElsewhereSecurity, topic: str, payload: bytes) -> None:
        try:
            self._events.take(topic, payload) or security.take(topic, payload)
        except (ValueError, KeyError) as error:
            log.warning("malformed message on %.80r: %s", topic, type(error).__name__)

    async def _stay_connected(self) -> None:
        while True:
            assert self._outlet.connection is not None
            await self._outlet.connection.lost.wait()
            log.warning("connection to the broker lost")
            while True:
                await asyncio.sleep(_AGAIN_S)
                try:
                    await self._open()
                    break
                except (Lost, BadBroker) as error:
                    log.warning("%s", error)

    # Partitions.

    async def _take(self, partition: int) -> None:
        intake = Intake(
            partition,
            self._id,
            self._address,
            self._store,
            self._exchange,
            self._roster,
            self._presence,
            self._outlet,
        )
        await intake.start()
        self._intakes[partition] = intake
        self._bring_in_line.set()

    async def _give(self, partition: int) -> None:
        intake = self._intakes.pop(partition, None)
        if intake is not None:
            await intake.stop()
            log.info("partition %d given up", partition)

    # Telling the broker about devices.

    async def _settle(self, info: dict[Any, Any]) -> None:
        """Apply a change of devices or things at the broker, before its request is answered."""
        touched = roster.touched_in(info)
        if not touched:
            return
        assert self._security is not None
        for device_id, secret_hash in touched.items():
            if isinstance(secret_hash, SecretHash):
                await self._security.set_secret(device_id, secret_hash.secret)
            elif secret_hash == roster.NO_SECRET:
                await self._security.set_secret(device_id, None)
        if not self._tasks:
            return
        await self._coordination.tell(CHANGED)
        waiting = set(touched)
        try:
            async with asyncio.timeout(_TOLD_WITHIN_S):
                while waiting := await self._roster.waiting(waiting):
                    await self._wait_for_news()
        except asyncio.TimeoutError:
            log.error("the broker does not know of changes to %d devices yet", len(waiting))

    async def _wait_for_news(self) -> None:
        async with self._news:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), _LOOK_AGAIN_S)

    def _on_news(self, news: str) -> None:
        if news == CHANGED:
            self._bring_in_line.set()
        else:
            asyncio.ensure_future(self._wake_waiters())

    async def _wake_waiters(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _keep_in_line(self) -> None:
        while True:
            await self._bring_in_line.wait()
            self._bring_in_line.clear()
            try:
                while entries := await self._roster.pending(set(self._intakes)):
                    for entry in entries:
                        await self._tell_broker(entry)
                    await self._coordination.tell(TOLD)
            except Exception as error:
                log.warning("cannot tell the broker now, trying again: %s", error)
                await asyncio.sleep(_AGAIN_S)
                self._bring_in_line.set()

    async def _tell_broker(self, entry: Entry) -> None:
        """Tell the broker and the device what the entry says. It can be repeated."""
        assert self._security is not None
        intake = self._intakes[partition_of(entry.device_id)]
        before = set() if entry.is_new else topics_of(entry.device_id, entry.told_thing_id)
        now = topics_of(entry.device_id, entry.thing_id) if entry.exists else set()
        # First subscribe, then let the device send.
        await intake.change_topics(now - before, before - now)
        record = topics.device(entry.device_id, topics.EVENTS_IN)
        if not entry.may_connect:
            await self._security.shut_out(entry.device_id, for_good=not entry.exists)
            self._outlet.publish(record, b"", retain=True)
        else:
            await self._security.let_in(entry.device_id, entry.thing_id)
            self._tell_device(entry)
        await self._roster.note_known(entry)

    def _tell_device(self, entry: Entry) -> None:
        """Tell a connected device its thing. One that connects later gets the retained record."""
        talk = Conversation(entry.device_id, entry.told_thing_id)
        if entry.thing_id is not None:
            command, record = talk.attach(entry.thing_id)
        elif entry.told_thing_id is not None:
            command, record = talk.detach()
        else:
            command, record = None, talk.subscribed(topics.device(entry.device_id, topics.EVENTS_IN))[0]
        if command is not None and entry.thing_id != entry.told_thing_id:
            self._outlet.publish(command.topic, command.payload)
        if entry.is_new or entry.thing_id != entry.told_thing_id:
            self._outlet.publish(record.topic, record.payload, retain=True)

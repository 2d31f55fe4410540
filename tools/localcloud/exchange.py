"""The exchange of values between devices, store and watchers: the application behind the broker."""

import asyncio
import logging
import time
from collections import Counter
from typing import Any, Awaitable, Callable

from sqlalchemy.orm import Session

from . import time_zone
from .broker.embedded import Credentials, IdentifierRefused
from .broker.link import Link
from .credentials import Verifier
from .live import Live
from .property_types import PROPERTY_TYPES, READ_WRITE, ValueRefused
from .protocol import commands, senml, topics
from .protocol.cbor import MalformedPayload
from .protocol.conversation import (
    Action,
    AnswerLastValues,
    AnswerTimeZone,
    Conversation,
    Record,
    Send,
)
from .protocol.conversation import (
    Store as StoreValues,
)
from .protocol.senml import Value
from .store import catalogue
from .store.database import Store
from .store.models import Variable, now_us
from .store.values import Outcome, RefusedValue, StoredValue, ValueWrite

log = logging.getLogger(__name__)


class Exchange:
    """Admits devices, speaks the device protocol with them, stores what they report (`gate` asks and tells)."""

    def __init__(self, store: Store, live: Live) -> None:
        self.counts: Counter[str] = Counter()
        """How often: stored, refused, malformed, forbidden."""
        self.on_report: Callable[[str, bytes], None] = lambda topic, payload: None
        """Called with each message in which a device reports values of its thing."""
        self.on_record: Callable[[str, str], Awaitable[Any] | None] = lambda device_id, name: None
        """Called with the device and the name of each command whose facts have been kept."""
        self._store = store
        self._live = live
        self._verifier = Verifier()
        self._links: dict[str, set[Link]] = {}
        self._conversations: dict[str, Conversation] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Finish what is being stored or answered."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        self._verifier.close()

    def is_online(self, device_id: str) -> bool:
        """Is the device connected now?"""
        return device_id in self._links

    # What the broker asks and tells about devices (see broker.embedded.Gatekeeper).

    async def admit(self, credentials: Credentials) -> str | None:
        """Return the device id that the credentials prove; None to refuse."""
        device_id = credentials.common_name if credentials.by_certificate else credentials.username
        if not device_id:
            return None
        secret_hash = await self._store.read(lambda session: _secret_hash(session, device_id))
        if secret_hash is None:
            return None
        if credentials.by_certificate:
            if credentials.client_id != device_id:
                raise IdentifierRefused
            return device_id
        if not await self._verifier.verify(device_id, credentials.password or "", secret_hash):
            return None
        return device_id

    async def connected(self, link: Link) -> None:
        """A device is there."""
        device_id = link.device_id
        self._links.setdefault(device_id, set()).add(link)
        conversation = self._conversations.setdefault(device_id, Conversation(device_id, None))
        thing = await self._store.read(lambda session: catalogue.thing_of_device(session, device_id))
        conversation.thing_id = thing.id if thing else None
        log.info("device %s connected", device_id)
        self._start(self._store.write(lambda session: catalogue.record_connection(session, device_id, True)))
        self._tell_device(device_id)

    def disconnected(self, link: Link) -> None:
        """A device is gone."""
        device_id = link.device_id
        links = self._links.get(device_id, set())
        links.discard(link)
        if links:
            return
        self._links.pop(device_id, None)
        self._conversations.pop(device_id, None)
        log.info("device %s disconnected", device_id)
        self._start(self._store.write(lambda session: catalogue.record_connection(session, device_id, False)))
        self._tell_device(device_id)

    def may_subscribe(self, link: Link, topic: str) -> bool:
        """May the device subscribe to the topic?"""
        thing_id = self._conversations[link.device_id].thing_id
        return topics.may_subscribe(topic, link.device_id, thing_id)

    def subscribed(self, link: Link, topic: str) -> None:
        """The device has subscribed."""
        for action in self._conversations[link.device_id].subscribed(topic):
            self._do(link, action)

    def received(self, link: Link, topic: str, payload: bytes) -> Awaitable[Any] | None:
        """Take a message of a device; what is returned is done when all of it is stored."""
        device_id = link.device_id
        conversation = self._conversations[device_id]
        if not topics.may_publish(topic, device_id, conversation.thing_id):
            self.counts["forbidden"] += 1
            link.complain("may not publish on %.80r: dropped", topic)
            return None
        try:
            actions = conversation.received(topic, payload, time.time())
        except MalformedPayload as error:
            self.counts["malformed"] += 1
            link.complain("sent a malformed payload on %s: %s", topic, error)
            return None
        pending = None
        if topics.thing_of(topic, topics.EVENTS_OUT) is not None:
            self.on_report(topic, payload)
        for action in actions:
            pending = self._do(link, action) or pending
        return pending

    # What the cloud side asks.

    async def set_value(self, thing_id: str, key: str, value: object) -> StoredValue:
        """Set a variable from the cloud's side: store it, send it to the device."""
        variable, device_id = await self._store.read(
            lambda session: (
                catalogue.get_variable(session, thing_id, key),
                catalogue.get_thing(session, thing_id).device_id,
            )
        )
        if variable.permission != READ_WRITE:
            raise ValueRefused("the variable %s is read-only" % variable.variable_name)
        coerced = PROPERTY_TYPES[variable.type].coerce(value, variable.last_value)
        self.check_limits(variable, coerced)
        write = ValueWrite(thing_id, variable.variable_name, coerced, now_us())
        (outcome,) = await self._store.append([write])
        if isinstance(outcome, RefusedValue):
            raise ValueRefused(outcome.reason)
        self.tell_value(outcome, "cloud")
        if device_id is not None:
            self.send_value(device_id, outcome)
        return outcome

    def check_limits(self, variable: Variable, value: Value) -> None:
        """Raise `ValueRefused` for a number outside the variable's limits."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if variable.min_value is not None and value < variable.min_value:
                raise ValueRefused("below the variable's minimum")
            if variable.max_value is not None and value > variable.max_value:
                raise ValueRefused("above the variable's maximum")

    def send_value(self, device_id: str, stored: StoredValue) -> None:
        """Send a value to the device if it is there."""
        complete = PROPERTY_TYPES[stored.type].complete(stored.value)
        payload = senml.encode([senml.Update(stored.variable_name, complete)])
        self.send(device_id, Send(topics.thing(stored.thing_id, topics.EVENTS_IN), payload))

    async def attach(self, thing_id: str, device_id: str | None) -> None:
        """Attach the device to the thing (None: detach), and tell all devices concerned."""
        previous, _ = await self._store.write(
            lambda session: catalogue.attach_device(session, thing_id, device_id)
        )
        self.tell_attached(thing_id, previous, device_id)

    def tell_attached(self, thing_id: str, previous: str | None, device_id: str | None) -> None:
        """Tell all devices concerned that the thing now has `device_id` in place of `previous`."""
        if previous is not None and previous != device_id and previous in self._conversations:
            for action in self._conversations[previous].detach():
                self.send(previous, action)
        if device_id is not None and device_id in self._conversations:
            for action in self._conversations[device_id].attach(thing_id):
                self.send(device_id, action)
        self.tell_change()

    def tell_change(self) -> None:
        """Tell watchers that things, devices or variables came, went or changed."""
        self._live.tell({"event": "project"})

    # Doing what the conversation says.

    def _do(self, link: Link, action: Action) -> Awaitable[Any] | None:
        match action:
            case Send(topic, payload):
                link.deliver(topic, payload)
            case StoreValues(thing_id, updates):
                return self._store_updates(link, thing_id, updates)
            case Record(name, facts):
                return self._start(self._record(link.device_id, name, facts))
            case AnswerLastValues(thing_id, topic):
                self._start(self._answer_last_values(link, thing_id, topic))
            case AnswerTimeZone(thing_id, topic):
                self._start(self._answer_time_zone(link, thing_id, topic))
        return None

    def _store_updates(
        self, link: Link, thing_id: str, updates: list[senml.Update]
    ) -> "asyncio.Future[list[Outcome]]":
        arrival = now_us()
        writes = [
            ValueWrite(
                thing_id,
                update.name,
                update.value,
                arrival if update.time is None else int(update.time * 1_000_000),
            )
            for update in updates
        ]
        future = self._store.append(writes)
        future.add_done_callback(lambda done: self._stored(link, done))
        return future

    def _stored(self, link: Link, done: "asyncio.Future[list[Outcome]]") -> None:
        if done.cancelled() or done.exception() is not None:
            return
        for outcome in done.result():
            if isinstance(outcome, StoredValue):
                self.counts["stored"] += 1
                self.tell_value(outcome, "device")
            else:
                self.counts["refused"] += 1
                link.complain(
                    "sent a value of %.64r that is not stored: %s", outcome.variable_name, outcome.reason
                )

    async def _record(self, device_id: str, name: str, facts: dict[str, Any]) -> None:
        await self._store.write(lambda session: catalogue.record_facts(session, device_id, name, facts))
        if (more := self.on_record(device_id, name)) is not None:
            await more

    async def _answer_last_values(self, link: Link, thing_id: str, topic: str) -> None:
        # What the device published just before belongs into the answer.
        await self._store.append([])
        records = await self._store.read(lambda session: _last_values(session, thing_id))
        if topic.endswith(topics.COMMANDS_DOWN):
            records = commands.last_values_update(records)
        link.deliver(topic, records)

    async def _answer_time_zone(self, link: Link, thing_id: str | None, topic: str) -> None:
        offset, until = await self._store.read(lambda session: _zone(session, thing_id))
        link.deliver(topic, commands.timezone_down(offset, until))

    def send(self, device_id: str, send: Send) -> bool:
        """Send a message to the device; False if it is not there."""
        return any([link.deliver(send.topic, send.payload) for link in self._links.get(device_id, ())])

    def drop(self, device_id: str) -> None:
        """End the connections of a device whose credentials no longer hold."""
        for link in self._links.get(device_id, ()):
            link.stream.abort()

    def tell_value(self, stored: StoredValue, source: str) -> None:
        """Tell watchers of a value that was stored."""
        self._live.tell(
            {
                "event": "value",
                "source": source,
                "thing_id": stored.thing_id,
                "variable_id": stored.variable_id,
                "variable_name": stored.variable_name,
                "value": stored.value,
                "time_us": stored.time_us,
                "is_last": stored.is_last,
            }
        )

    def _tell_device(self, device_id: str) -> None:
        self._live.tell({"event": "device", "device_id": device_id, "online": self.is_online(device_id)})

    def _start(self, work: Any) -> "asyncio.Task[Any]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background work failed: %r", task.exception())


def _secret_hash(session: Session, device_id: str) -> str | None:
    """Return the hash of the device's secret, "" if it has none, None if there is no device."""
    try:
        return catalogue.get_device(session, device_id).secret_hash or ""
    except catalogue.NotFound:
        return None


def _zone(session: Session, thing_id: str | None) -> tuple[int, int]:
    name = catalogue.get_thing(session, thing_id).timezone if thing_id else "UTC"
    return time_zone.offset_and_until(name, time.time())


def _last_values(session: Session, thing_id: str) -> bytes:
    """Return a SenML array of every last value with its time, and the time zone."""
    updates = []
    for variable in catalogue.list_variables(session, thing_id):
        if variable.last_value is not None and variable.value_updated_at is not None:
            value = PROPERTY_TYPES[variable.type].complete(variable.last_value)
            updates.append(senml.Update(variable.variable_name, value, variable.value_updated_at / 1_000_000))
    offset, until = _zone(session, thing_id)
    updates.append(senml.Update("tz_offset", offset, time.time()))
    updates.append(senml.Update("tz_dst_until", until))
    return senml.encode(updates)

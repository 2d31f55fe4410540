"""The exchange of values between devices, store and watchers: the application behind the broker."""

import asyncio
import logging
import time
from collections import Counter
from typing import Any, Awaitable, Callable, Protocol

from sqlalchemy.orm import Session

from .. import clock, time_zone
from ..property_types import PROPERTY_TYPES
from ..protocol import commands, senml, topics
from ..protocol.cbor import MalformedPayload
from ..protocol.conversation import (
    Action,
    AnswerLastValues,
    AnswerTimeZone,
    Conversation,
    Record,
    Send,
    StoreValues,
)
from ..protocol.lateness import Lateness
from ..store import catalogue
from ..store.database import Store
from ..store.redelivery import Delivery
from ..store.unwritable import NotWritable
from ..store.values import Outcome, StoredValue, ValueWrite
from .agreement import Agreement
from .live import Live

log = logging.getLogger(__name__)


class Sender(Protocol):
    """The sender of a message, at either broker."""

    device_id: str

    def deliver(self, topic: str, payload: bytes) -> bool:
        """Answer on the topic if the sender has subscribed to it. Return whether it has, as far as known."""

    def complain(self, text: str, *arguments: object) -> None:
        """Log what the sender did wrong."""


class Devices(Protocol):
    """Access to the devices at the embedded broker, or at one that several workers share."""

    def is_online(self, device_id: str) -> bool:
        """Return whether the device is connected now."""

    def send(self, device_id: str, send: Send) -> bool:
        """Send a message to the device. Return False if it is known to be offline."""

    def drop(self, device_id: str) -> None:
        """End the connections of a device whose credentials are no longer valid."""

    def conversation(self, device_id: str) -> Conversation | None:
        """Return the state of the conversation with the device if it is kept here, otherwise None."""


class Exchange:
    """Takes what devices report, answers them, and tells them and the watchers about changes."""

    devices: Devices
    """Set by the devices' side before anything else is called."""

    def __init__(self, store: Store, live: Live, counts: "Counter[str] | None" = None) -> None:
        self.counts = Counter() if counts is None else counts
        """The numbers of values "stored" and "refused" and of messages "malformed" and "forbidden"."""
        self.on_report: Callable[[str, bytes], None] = lambda topic, payload: None
        """Called with the topic and payload of each message in which a device reports values of its thing."""
        self.on_record: Callable[[str, str], Awaitable[Any] | None] = lambda device_id, name: None
        """Called with the device and the name of each command once its facts are stored."""
        self._store = store
        self._live = live
        self.agreement = Agreement(store, self.send)
        """What devices have seen of their last values."""
        self._tasks: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Finish storing and answering, within a second."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        await self.agreement.close()

    # From devices.

    def take(
        self, sender: Sender, talk: Conversation, topic: str, payload: bytes, delivery: Delivery | None
    ) -> Awaitable[Any] | None:
        """Take a message on a topic that the device may use. What is returned is done when all is stored."""
        try:
            actions = talk.received(topic, payload, clock.now_s(), time.monotonic())
        except MalformedPayload as error:
            self.counts["malformed"] += 1
            sender.complain("sent a malformed payload on %s: %s", topic, error)
            return None
        pending = None
        if topics.thing_of(topic, topics.EVENTS_OUT) is not None:
            self.on_report(topic, payload)
        for action in actions:
            pending = self.do(sender, action, delivery) or pending
        return pending

    def note_connection(self, device_id: str, connected: bool) -> None:
        """Record, and tell watchers, that the device has connected or disconnected."""
        log.info("device %s %s", device_id, "connected" if connected else "disconnected")
        self._start(
            self._store.write(lambda session: catalogue.record_connection(session, device_id, connected))
        )
        self.tell_device(device_id)

    # Attaching devices to things.

    async def attach(self, thing_id: str, device_id: str | None) -> None:
        """Attach the device to the thing (None: detach its device), and tell the devices concerned."""
        previous, _ = await self._store.write(
            lambda session: catalogue.attach_device(session, thing_id, device_id)
        )
        self.tell_attached(thing_id, previous, device_id)

    def tell_attached(self, thing_id: str, previous: str | None, device_id: str | None) -> None:
        """Tell the devices concerned that the thing now has `device_id` instead of `previous`."""
        if previous is not None and previous != device_id:
            if (talk := self.devices.conversation(previous)) is not None:
                for action in talk.detach():
                    self.send(previous, action)
        if device_id is not None and (talk := self.devices.conversation(device_id)) is not None:
            talk.lateness = Lateness(time.monotonic())
            for action in talk.attach(thing_id):
                self.send(device_id, action)
        self.tell_change()

    def tell_change(self) -> None:
        """Tell watchers that things, devices or variables were made, deleted or changed."""
        self._live.tell({"event": "project"})

    # Carrying out the conversation's actions.

    def do(
        self, sender: Sender, action: Action, delivery: Delivery | None = None
    ) -> Awaitable[Any] | None:
        """Carry out an action for the sender of a message. What is returned is done when it is stored."""
        match action:
            case Send(topic, payload):
                sender.deliver(topic, payload)
            case StoreValues():
                return self._store_updates(sender, action, delivery)
            case Record(name, facts):
                return self._start(self._record(sender.device_id, name, facts))
            case AnswerLastValues(thing_id, topic):
                self._start(self._answer_last_values(sender, thing_id, topic))
            case AnswerTimeZone(thing_id, topic):
                self._start(self._answer_time_zone(sender, thing_id, topic))
        return None

    def _store_updates(
        self, sender: Sender, values: StoreValues, delivery: Delivery | None
    ) -> "asyncio.Future[list[Outcome]]":
        arrival = clock.now_us()
        writes = [
            ValueWrite(
                values.thing_id,
                update.name,
                update.value,
                arrival if update.time is None else int(update.time * 1_000_000),
                place,
                by_device=True,
            )
            for update, place in zip(values.updates, values.places, strict=True)
        ]
        future = self._store.append(writes, delivery, hold=True)
        future.add_done_callback(lambda done: self._stored(sender, done))
        return future

    def _stored(self, sender: Sender, done: "asyncio.Future[list[Outcome]]") -> None:
        if done.cancelled() or done.exception() is not None:
            return
        for outcome in done.result():
            if isinstance(outcome, StoredValue):
                self.counts["stored"] += 1
                self.agreement.stored(outcome)
                self.tell_value(outcome, "device")
            else:
                self.counts["refused"] += 1
                sender.complain(
                    "sent a value of %.64r that is not stored: %s", outcome.variable_name, outcome.reason
                )

    async def _record(self, device_id: str, name: str, facts: dict[str, Any]) -> None:
        try:
            await self._store.write(lambda session: catalogue.record_facts(session, device_id, name, facts))
        except NotWritable:
            # A device says this again when it connects. Until then it should be able to do everything else.
            self.counts["facts not stored"] += 1
        if (more := self.on_record(device_id, name)) is not None:
            await more

    async def _answer_last_values(self, sender: Sender, thing_id: str, topic: str) -> None:
        # The answer must include what the device has just published.
        await self._store.append([])
        records = await self._store.read(lambda session: _last_values(session, thing_id))
        if topic.endswith(topics.COMMANDS_DOWN):
            records = commands.last_values_update(records)
        sender.deliver(topic, records)

    async def _answer_time_zone(self, sender: Sender, thing_id: str | None, topic: str) -> None:
        offset, until = await self._store.read(lambda session: _zone(session, thing_id))
        sender.deliver(topic, commands.timezone_down(offset, until))

    # To devices and watchers.

    def is_online(self, device_id: str) -> bool:
        """Return whether the device is connected now."""
        return self.devices.is_online(device_id)

    def send(self, device_id: str, send: Send) -> bool:
        """Send a message to the device. Return False if it is known to be offline."""
        return self.devices.send(device_id, send)

    def drop(self, device_id: str) -> None:
        """End the connections of a device whose credentials are no longer valid."""
        self.devices.drop(device_id)

    def tell_value(self, stored: StoredValue, source: str) -> None:
        """Tell watchers about a stored value. `source` is "device" or "cloud"."""
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
                "number": stored.number,
            }
        )

    def tell_device(self, device_id: str) -> None:
        """Tell watchers whether the device is connected."""
        self._live.tell({"event": "device", "device_id": device_id, "online": self.is_online(device_id)})

    def _start(self, work: Any) -> "asyncio.Task[Any]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        if isinstance(task.exception(), NotWritable):
            self.counts["facts not stored"] += 1
        else:
            log.error("background work failed: %r", task.exception())


def _zone(session: Session, thing_id: str | None) -> tuple[int, int]:
    name = catalogue.get_thing(session, thing_id).timezone if thing_id else "UTC"
    return time_zone.offset_and_until(name, clock.now_s())


def _last_values(session: Session, thing_id: str) -> bytes:
    """Return a SenML array with all last values and their times, and the time zone."""
    updates = []
    for variable in catalogue.list_variables(session, thing_id):
        if variable.last_value is not None and variable.value_updated_at is not None:
            value = PROPERTY_TYPES[variable.type].complete(variable.last_value)
            updates.append(senml.Update(variable.variable_name, value, variable.value_updated_at / 1_000_000))
    offset, until = _zone(session, thing_id)
    updates.append(senml.Update("tz_offset", offset, clock.now_s()))
    updates.append(senml.Update("tz_dst_until", until))
    return senml.encode(updates)

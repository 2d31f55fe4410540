"""Keep device and cloud at the same last value when late samples meet what others have set.

A late sample does not replace a value that somebody else set while the device was away. So the cloud has to know
which values the device has seen, and the device has to get the value that stands once its samples have been sent.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Callable

from sqlalchemy.orm import Session

from ..property_types import PROPERTY_TYPES, READ_WRITE
from ..protocol import senml, topics
from ..protocol.conversation import Send
from ..protocol.lateness import Lateness
from ..protocol.senml import Value
from ..store import catalogue, seen
from ..store.database import Store
from ..store.models import Variable
from ..store.values import StoredValue

log = logging.getLogger(__name__)

SETTLE_S = 3.0
"""After this long without a further late sample the device gets the value that stands."""
_NOTE_EVERY_S = 10.0


@dataclass
class _Known:
    """What a device that is connected has seen, as far as the store does not say it yet."""

    sent: dict[str, int] = field(default_factory=dict)
    """The numbers of the values sent since the device was last heard from, by variable."""
    heard: dict[str, int] = field(default_factory=dict)
    """Likewise those before which it was heard from."""
    noted_at: float | None = None
    """When all values of its thing were last noted as seen."""
    writing: bool = False


class Agreement:
    """What devices have seen, and what they still have to be told."""

    def __init__(self, store: Store, send: Callable[[str, Send], bool]) -> None:
        self._store = store
        self._send = send
        self._known: dict[str, _Known] = {}
        self._overruled: dict[str, dict[str, Value]] = {}
        self._newer: dict[str, set[str]] = {}
        """The variables that got a newer value while a thing's last values are read for its device."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Note what devices have seen, and forget what they have not been told yet."""
        for timer in self._timers.values():
            timer.cancel()
        for device_id in list(self._known):
            self.disconnected(device_id)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)

    # Which values a device has seen.

    def connected(self, device_id: str) -> None:
        """Begin a connection of a device. What an earlier one did not prove as seen remains unseen."""
        self.disconnected(device_id)
        self._known[device_id] = _Known()

    def disconnected(self, device_id: str) -> None:
        """End the device's connection."""
        known = self._known.pop(device_id, None)
        if known is not None and known.heard:
            self._note(known, None)

    def send_value(self, device_id: str, variable: "StoredValue | Variable", value: Value, number: int) -> None:
        """Send a last value to the device if it is connected."""
        self._newer.get(variable.thing_id, set()).add(variable.variable_name)
        complete = PROPERTY_TYPES[variable.type].complete(value)
        payload = senml.encode([senml.Update(variable.variable_name, complete)])
        if self._send(device_id, Send(topics.thing(variable.thing_id, topics.EVENTS_IN), payload)):
            if (known := self._known.get(device_id)) is not None:
                id = variable.variable_id if isinstance(variable, StoredValue) else variable.id
                known.sent[id] = number

    def heard(self, device_id: str, thing_id: str | None, lateness: Lateness, ticks: float) -> None:
        """Note that a packet has come from a connected device: it is there, and sees what it was sent before."""
        known = self._known.get(device_id)
        if known is None:
            return
        if known.sent:
            known.heard.update(known.sent)
            known.sent.clear()
        # Samples may still come that are older than what the device has seen meanwhile.
        if known.writing or not lateness.is_over(ticks):
            return
        if known.noted_at is None and thing_id is not None:
            known.noted_at = ticks
            self._note(known, thing_id)
        elif known.heard:
            self._note(known, None)

    def heard_at_times(self, thing_id: str, lateness: Lateness, ticks: float) -> None:
        """Note that a thing's device was heard from, where its connection and its packets are not seen."""
        known = self._known.setdefault(thing_id, _Known())
        due = known.noted_at is None or ticks - known.noted_at >= _NOTE_EVERY_S
        if due and not known.writing and lateness.is_over(ticks):
            known.noted_at = ticks
            self._note(known, thing_id)

    def _note(self, known: _Known, thing_id: str | None) -> None:
        numbers, known.heard, known.writing = known.heard, {}, True
        task = asyncio.ensure_future(self._write(known, numbers, thing_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, known: _Known, numbers: dict[str, int], thing_id: str | None) -> None:
        def write(session: Session) -> None:
            if thing_id is not None:
                seen.note_all(session, thing_id)
            else:
                seen.note_values(session, numbers)

        try:
            await self._store.write(write)
        except Exception as error:
            # They remain unseen, so that late samples do not replace them.
            log.error("not noted which values a device has seen: %s", type(error).__name__)
        finally:
            known.writing = False

    # What a device still has to be told.

    def stored(self, value: StoredValue) -> None:
        """Take a device's value that has been stored."""
        waiting = self._overruled.get(value.thing_id)
        if value.is_last:
            self._newer.get(value.thing_id, set()).add(value.variable_name)
        if value.is_overruled:
            self._overruled.setdefault(value.thing_id, {})[value.variable_name] = value.value
            if (timer := self._timers.pop(value.thing_id, None)) is not None:
                timer.cancel()
            loop = asyncio.get_running_loop()
            self._timers[value.thing_id] = loop.call_later(SETTLE_S, self._settle, value.thing_id)
        elif waiting and value.is_last:
            waiting.pop(value.variable_name, None)

    def _settle(self, thing_id: str) -> None:
        del self._timers[thing_id]
        values = self._overruled.pop(thing_id)
        if values:
            task = asyncio.ensure_future(self._tell(thing_id, values))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, thing_id: str, values: dict[str, Value]) -> None:
        """Send the last values that stand instead of the device's."""

        def read(session: Session) -> tuple[str | None, list[Variable]]:
            return (
                catalogue.get_thing(session, thing_id).device_id,
                catalogue.list_variables(session, thing_id),
            )

        self._newer[thing_id] = set()
        try:
            device_id, variables = await self._store.read(read)
        except catalogue.NotFound:
            return
        except Exception as error:
            log.error("a device is not told the values that stand: %s", type(error).__name__)
            return
        finally:
            newer = self._newer.pop(thing_id, set())
        for each in variables:
            if each.variable_name in newer:
                continue  # what was read is outdated, and the device knows the newer one
            unlike = each.variable_name in values and each.last_value != values[each.variable_name]
            if unlike and each.last_value is not None and each.permission == READ_WRITE and device_id:
                last: Any = each.last_value
                self.send_value(device_id, each, last, each.value_number or 0)

"""Values that users set and publish: stored, and sent to the device where it takes them."""

from ..property_types import PROPERTY_TYPES, READ_WRITE, ValueRefused
from ..protocol import senml, topics
from ..protocol.conversation import Send
from ..protocol.senml import Value
from ..store import catalogue
from ..store.database import Store
from ..store.models import Variable, now_us
from ..store.values import RefusedValue, StoredValue, ValueWrite
from .exchange import Exchange


class Publisher:
    """Publishes into variables that the caller has a right to."""

    def __init__(self, store: Store, exchange: Exchange) -> None:
        self._store = store
        self._exchange = exchange

    async def set_value(self, thing_id: str, key: str, value: object) -> StoredValue:
        """Set a READ_WRITE variable, named by its id or its name on the wire; the device gets the value."""
        variable, device_id = await self._store.read(
            lambda session: (
                catalogue.get_variable(session, thing_id, key),
                catalogue.get_thing(session, thing_id).device_id,
            )
        )
        if variable.permission != READ_WRITE:
            raise ValueRefused("the variable %s is read-only" % variable.variable_name)
        # Not completed here: others may write the rest of it before it is stored.
        part = PROPERTY_TYPES[variable.type].coerce(value)
        _check_limits(variable, part)
        (stored,) = await self._append(
            [ValueWrite(thing_id, variable.variable_name, part, now_us())], "cloud"
        )
        if device_id is not None:
            self._send(device_id, stored)
        return stored

    async def publish(
        self, thing_id: str, variable_id: str, value: object, *, as_device: bool
    ) -> StoredValue:
        """Store one value; `as_device`: as if the device had sent it, so it does not go there.

        From the cloud's side a read-only variable takes a value too, but its device is not told.
        """
        values = [(variable_id, now_us(), value)]
        (stored,) = await self.publish_all(thing_id, values, as_device=as_device)
        return stored

    async def publish_all(
        self, thing_id: str, values: list[tuple[str, int, object]], *, as_device: bool
    ) -> list[StoredValue]:
        """Store values, each with its variable's id and its time, all or none.

        The device gets what becomes the last value of a variable.
        """
        ids = {variable_id for variable_id, _, _ in values}
        variables, device_id = await self._store.read(
            lambda session: (
                {id: catalogue.get_variable(session, thing_id, id) for id in ids},
                catalogue.get_thing(session, thing_id).device_id,
            )
        )
        writes = []
        whole = {id: variable.last_value for id, variable in variables.items()}
        parts: dict[str, Value] = {}
        for variable_id, time_us, value in values:
            variable = variables[variable_id]
            type = PROPERTY_TYPES[variable.type]
            # Refused is what the whole value makes too much. But only what was said is queued: the store completes
            # it, from what others may have written until then.
            whole[variable_id] = type.coerce(value, whole[variable_id])
            parts[variable_id] = part = type.coerce(value, parts.get(variable_id))
            _check_limits(variable, part)
            writes.append(ValueWrite(thing_id, variable.variable_name, part, time_us))
        stored = await self._append(writes, "device" if as_device else "cloud")
        if device_id and not as_device:
            latest = {each.variable_id: each for each in stored if each.is_last}
            for id, each in latest.items():
                if variables[id].permission == READ_WRITE:
                    self._send(device_id, each)
        return stored

    async def _append(self, writes: list[ValueWrite], source: str) -> list[StoredValue]:
        """Store values and tell watchers of each; raises `ValueRefused` at the first that the store refuses."""
        stored = []
        for outcome in await self._store.append(writes):
            if isinstance(outcome, RefusedValue):
                raise ValueRefused(outcome.reason)
            self._exchange.tell_value(outcome, source)
            stored.append(outcome)
        return stored

    def _send(self, device_id: str, stored: StoredValue) -> None:
        """Send a value to the device if it is there."""
        complete = PROPERTY_TYPES[stored.type].complete(stored.value)
        payload = senml.encode([senml.Update(stored.variable_name, complete)])
        self._exchange.send(device_id, Send(topics.thing(stored.thing_id, topics.EVENTS_IN), payload))


def _check_limits(variable: Variable, value: Value) -> None:
    """Raise `ValueRefused` for a number outside the variable's limits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if variable.min_value is not None and value < variable.min_value:
            raise ValueRefused("below the variable's minimum")
        if variable.max_value is not None and value > variable.max_value:
            raise ValueRefused("above the variable's maximum")

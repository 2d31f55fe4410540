"""Values that users publish: stored, and sent to the device where it takes them."""

from ..property_types import PROPERTY_TYPES, READ_WRITE, ValueRefused
from ..protocol.senml import Value
from ..store import catalogue
from ..store.database import Store
from ..store.models import now_us
from ..store.values import RefusedValue, StoredValue, ValueWrite
from .exchange import Exchange


class Publisher:
    """Publishes into variables that the caller has a right to."""

    def __init__(self, store: Store, exchange: Exchange) -> None:
        self._store = store
        self._exchange = exchange

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
            self._exchange.check_limits(variable, part)
            writes.append(ValueWrite(thing_id, variable.variable_name, part, time_us))
        stored = []
        latest: dict[str, StoredValue] = {}
        for outcome in await self._store.append(writes):
            if isinstance(outcome, RefusedValue):
                raise ValueRefused(outcome.reason)
            stored.append(outcome)
            self._exchange.tell_value(outcome, "device" if as_device else "cloud")
            if outcome.is_last:
                latest[outcome.variable_id] = outcome
        if device_id and not as_device:
            for id, outcome in latest.items():
                if variables[id].permission == READ_WRITE:
                    self._exchange.send_value(device_id, outcome)
        return stored

"""Values that users publish: stored, and sent to the device where it takes them."""

from .exchange import Exchange
from .property_types import PROPERTY_TYPES, READ_WRITE, ValueRefused
from .store import catalogue
from .store.database import Store
from .store.models import now_us
from .store.values import RefusedValue, StoredValue, ValueWrite


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
        (stored,) = await self.publish_all(thing_id, variable_id, [(now_us(), value)], as_device=as_device)
        return stored

    async def publish_all(
        self, thing_id: str, variable_id: str, values: list[tuple[int, object]], *, as_device: bool
    ) -> list[StoredValue]:
        """Store values with their times, all or none; the device gets what becomes the last value."""
        variable, device_id = await self._store.read(
            lambda session: (
                catalogue.get_variable(session, thing_id, variable_id),
                catalogue.get_thing(session, thing_id).device_id,
            )
        )
        kind, name = PROPERTY_TYPES[variable.type], variable.variable_name
        writes = [
            ValueWrite(thing_id, name, kind.coerce(value, variable.last_value), time_us)
            for time_us, value in values
        ]
        for write in writes:
            self._exchange.check_limits(variable, write.value)
        stored = []
        for outcome in await self._store.append(writes):
            if isinstance(outcome, RefusedValue):
                raise ValueRefused(outcome.reason)
            stored.append(outcome)
            self._exchange.tell_value(outcome, "device" if as_device else "cloud")
        last = next((each for each in reversed(stored) if each.is_last), None)
        if last and device_id and not as_device and variable.permission == READ_WRITE:
            self._exchange.send_value(device_id, last)
        return stored

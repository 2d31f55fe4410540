"""Store the values that users set and publish, and send them to the device if it accepts them."""

from ..clock import now_us
from ..property_types import PROPERTY_TYPES, READ_WRITE, ValueRefused
from ..protocol.lateness import Place
from ..protocol.senml import Value
from ..store import catalogue
from ..store.database import Store
from ..store.models import Variable
from ..store.values import RefusedValue, StoredValue, ValueWrite
from .exchange import Exchange


class Publisher:
    """Sets and publishes values of variables. Callers must have checked the user's rights."""

    def __init__(self, store: Store, exchange: Exchange) -> None:
        self._store = store
        self._exchange = exchange

    async def set_value(self, thing_id: str, key: str, value: object, *, hold: bool = False) -> StoredValue:
        """Set a READ_WRITE variable, given by its id or its name on the wire. The device gets the value.

        With `hold` it waits while nothing can be stored. Raises `ValueRefused`, `NotFound` or, without `hold`,
        `NotWritable`.
        """
        variable, device_id = await self._store.read(
            lambda session: (
                catalogue.get_variable(session, thing_id, key),
                catalogue.get_thing(session, thing_id).device_id,
            )
        )
        if variable.permission != READ_WRITE:
            raise ValueRefused("the variable %s is read-only" % variable.variable_name)
        # Not completed here: its other members may change before it is stored.
        part = PROPERTY_TYPES[variable.type].coerce(value)
        _check_limits(variable, part)
        (stored,) = await self._append(
            [ValueWrite(thing_id, variable.variable_name, part, now_us())], "cloud", hold=hold
        )
        if device_id is not None:
            self._send(device_id, stored)
        return stored

    async def publish(
        self, thing_id: str, variable_id: str, value: object, *, as_device: bool
    ) -> StoredValue:
        """Store one value. With `as_device` it counts as sent by the device, which does not get it.

        The cloud can publish to a read-only variable too, but the device does not get that value.
        """
        values = [(variable_id, now_us(), value)]
        (stored,) = await self.publish_all(thing_id, values, as_device=as_device)
        return stored

    async def publish_all(
        self, thing_id: str, values: list[tuple[str, int, object]], *, as_device: bool, dated: bool = False
    ) -> list[StoredValue]:
        """Store values, each given as (variable's id, time in microseconds, value), all or none.

        With `dated` the times are those of samples, and may be later than now. The device gets those that become
        last values.
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
            # The whole value is checked, but only the given part is queued: the store completes it with what others
            # may have written until then.
            whole[variable_id] = type.coerce(value, whole[variable_id])
            parts[variable_id] = part = type.coerce(value, parts.get(variable_id))
            _check_limits(variable, part)
            name = variable.variable_name
            if dated:
                at = min(time_us, now_us())
                write = ValueWrite(thing_id, name, part, at, Place.DATED, as_device, time_us)
            else:
                write = ValueWrite(thing_id, name, part, time_us, by_device=as_device)
            writes.append(write)
        stored = await self._append(writes, "device" if as_device else "cloud")
        if device_id and not as_device:
            latest = {each.variable_id: each for each in stored if each.is_last}
            for id, each in latest.items():
                if variables[id].permission == READ_WRITE:
                    self._send(device_id, each)
        return stored

    async def _append(
        self, writes: list[ValueWrite], source: str, *, hold: bool = False
    ) -> list[StoredValue]:
        """Store values and tell watchers about each. Raises `ValueRefused` at the first refused one."""
        stored = []
        for outcome in await self._store.append(writes, hold=hold):
            if isinstance(outcome, RefusedValue):
                raise ValueRefused(outcome.reason)
            self._exchange.tell_value(outcome, source)
            stored.append(outcome)
        return stored

    def _send(self, device_id: str, stored: StoredValue) -> None:
        """Send a value to the device if it is online."""
        self._exchange.agreement.send_value(device_id, stored, stored.value, stored.number)


def _check_limits(variable: Variable, value: Value) -> None:
    """Raise `ValueRefused` for a number outside the variable's limits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if variable.min_value is not None and value < variable.min_value:
            raise ValueRefused("below the variable's minimum")
        if variable.max_value is not None and value > variable.max_value:
            raise ValueRefused("above the variable's maximum")

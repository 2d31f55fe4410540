"""Store property values in one transaction, and decide which one is the last.

One rule holds for all ways in. Values count in the order in which they are stored, which the row's lock makes one
order for all workers. Times only label them: the host's clock and the devices' may say anything.
"""

import re
from dataclasses import dataclass
from typing import Any, Iterable

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update

from ..property_types import PROPERTY_TYPES, ValueRefused
from ..protocol.lateness import Place
from ..protocol.senml import Value
from .models import Sample, Thing, Variable

# For a last value of an older local cloud, only times tell whether a late sample is newer. A time stamp in whole
# seconds may be earlier than that of an older value.
_STAMP_SLACK_US = 1_000_000
_NAMES_PER_QUERY = 500
# Other names cannot be variables, and no database accepts some of them (with a NUL) even in a query.
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class ValueWrite:
    """A value to store. `time_us` is in microseconds since 1970."""

    thing_id: str
    variable_name: str
    value: Value
    time_us: int
    place: Place = Place.LIVE
    by_device: bool = False
    """Whether it counts as sent by the thing's device."""
    stated_us: int | None = None
    """The time of a dated value as it was stated, which may be later than now."""


@dataclass(frozen=True)
class StoredValue:
    """A stored value, complete and of its variable's type."""

    thing_id: str
    variable_id: str
    variable_name: str
    type: str
    value: Value
    time_us: int
    is_last: bool
    number: int
    """The number of the variable's last value, this one or the one that stands."""
    is_overruled: bool = False
    """Whether it is a device's sample that did not become the last value, which the device may not know."""


@dataclass(frozen=True)
class RefusedValue:
    """A value that was not stored, and why."""

    thing_id: str
    variable_name: str
    reason: str


Outcome = StoredValue | RefusedValue

_UPDATE_LAST = (
    update(Variable)
    .where(Variable.id == bindparam("variable_id"))
    .values(
        last_value=bindparam("value"),
        value_updated_at=bindparam("time_us"),
        value_number=bindparam("number"),
        value_from=bindparam("source"),
        value_unseen=bindparam("unseen"),
    )
)


def store_values(connection: Connection, writes: list[ValueWrite]) -> list[Outcome]:
    """Store the values in order, each in its variable's history and, if its place is there, as last value."""
    variables = _variables(connection, writes)
    outcomes: list[Outcome] = []
    samples: list[dict[str, Any]] = []
    changed: dict[str, dict[str, Any]] = {}
    for write in writes:
        variable = variables.get((write.thing_id, write.variable_name))
        outcome = _outcome(write, variable)
        outcomes.append(outcome)
        if variable is None or isinstance(outcome, RefusedValue):
            continue
        if outcome.is_last:
            variable["last_value"], variable["value_updated_at"] = outcome.value, outcome.time_us
            variable["value_number"] = outcome.number
            variable["value_from"] = (variable["device_id"] or "") if write.by_device else ""
            variable["value_unseen"] = not write.by_device
            changed[outcome.variable_id] = {
                "variable_id": outcome.variable_id,
                "value": outcome.value,
                "time_us": outcome.time_us,
                "number": outcome.number,
                "source": variable["value_from"],
                "unseen": variable["value_unseen"],
            }
        if variable["persist"]:
            samples.append(_sample(outcome))
    if samples:
        connection.execute(insert(Sample), samples)
    if changed:
        connection.execute(_UPDATE_LAST, list(changed.values()))
    return outcomes


def _variables(connection: Connection, writes: Iterable[ValueWrite]) -> dict[tuple[str, str], dict[str, Any]]:
    wanted = sorted(
        {
            (write.thing_id, write.variable_name)
            for write in writes
            if _VARIABLE_NAME.fullmatch(write.variable_name)
        }
    )
    found = {}
    for start in range(0, len(wanted), _NAMES_PER_QUERY):
        pairs = wanted[start : start + _NAMES_PER_QUERY]
        query = select(
            Variable.id,
            Variable.thing_id,
            Variable.variable_name,
            Variable.type,
            Variable.persist,
            Variable.last_value,
            Variable.value_updated_at,
            Variable.value_number,
            Variable.value_from,
            Variable.value_unseen,
            Thing.device_id,
        ).join(Thing, Thing.id == Variable.thing_id)
        query = query.where(tuple_(Variable.thing_id, Variable.variable_name).in_(pairs))
        # Lock the rows if several workers write: otherwise a value in parts would be completed from an outdated
        # one. The order is always the same, so that no two workers wait for each other.
        query = query.order_by(Variable.thing_id, Variable.variable_name)
        query = query.with_for_update(key_share=True, of=Variable)
        for row in connection.execute(query).mappings():
            found[row["thing_id"], row["variable_name"]] = dict(row)
    return found


def _outcome(write: ValueWrite, variable: dict[str, Any] | None) -> Outcome:
    if variable is None:
        return RefusedValue(write.thing_id, write.variable_name, "no such variable")
    try:
        value = PROPERTY_TYPES[variable["type"]].coerce(write.value, variable["last_value"])
    except ValueRefused as error:
        return RefusedValue(write.thing_id, write.variable_name, str(error))
    is_last = _becomes_last(write, variable)
    return StoredValue(
        write.thing_id,
        variable["id"],
        write.variable_name,
        variable["type"],
        value,
        write.time_us,
        is_last,
        (variable["value_number"] or 0) + is_last,
        not is_last and write.place in (Place.LATE, Place.OLD),
    )


def _becomes_last(write: ValueWrite, variable: dict[str, Any]) -> bool:
    label = variable["value_updated_at"]
    if write.place is Place.LIVE or label is None:
        return True
    if write.place is Place.OLD:
        return False
    if write.place is Place.DATED:
        stated = write.time_us if write.stated_us is None else write.stated_us
        return bool(stated >= label)
    source = variable["value_from"]
    if source is None:
        return bool(write.time_us >= label - _STAMP_SLACK_US)
    # What somebody else set before the device went away gives way to what it has measured since.
    return source == variable["device_id"] or source == "" and not variable["value_unseen"]


def _sample(stored: StoredValue) -> dict[str, Any]:
    number = float(stored.value) if isinstance(stored.value, (bool, int, float)) else None
    return {
        "variable_id": stored.variable_id,
        "time_us": stored.time_us,
        "value": stored.value,
        "number": number,
    }

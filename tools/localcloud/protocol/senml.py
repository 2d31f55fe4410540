"""SenML records in CBOR (RFC 8428), the form in which devices send and expect property values.

Accepted: definite and indefinite arrays, integer and text labels, all float widths, base name,
base value and base time (in seconds, or in milliseconds as the JavaScript device sends it).
Written: a definite array, integer labels, the attributes of a property one after the other, no base
name.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Iterable

from . import cbor
from .cbor import MalformedPayload

BASE_TIME, NAME, VALUE, STRING_VALUE, BOOL_VALUE = -3, 0, 2, 3, 4

# A property's value in a message is a scalar or a dict of attributes.
Scalar = bool | int | float | str
Value = Scalar | dict[str, Scalar]

MAX_PROPERTIES = 500
MAX_NAME = 128
LAST_VALUES_REQUEST = ("r:m", "getLastValues")

_LABELS = {
    "bver": -1, "bn": -2, "bt": -3, "bu": -4, "bv": -5, "bs": -6,
    "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4, "s": 5, "t": 6, "ut": 7, "vd": 8,
}  # fmt: skip
# Times at or below 2**28 are relative to the arrival (RFC 8428, 4.5.3).
_ABSOLUTE_TIME = 2**28
# No device sends seconds of the year 5138. The JavaScript device sends milliseconds.
_MILLISECONDS = 100_000_000_000


@dataclass
class Update:
    """One property in a message, with a scalar or the attributes that the message contained."""

    name: str
    value: Value
    time: float | None = None
    """The device's Unix time in seconds, at most that of the arrival; None means the time of arrival."""
    stated: float | None = None
    """The time as the device stated it, which may be later."""


@dataclass
class Message:
    """A payload's content: property updates in order, and whether it asks for last values."""

    updates: list[Update] = field(default_factory=list)
    asks_last_values: bool = False


def decode(payload: bytes, now: float) -> Message:
    """Decode a SenML payload that arrived at `now` (Unix seconds). Raises MalformedPayload."""
    records = cbor.decode(payload)
    if not isinstance(records, list):
        raise MalformedPayload("not an array of records")
    message = Message()
    base: dict[int, Any] = {}
    for record in records:
        _read_record(_labels(record), base, now, message)
        if len(message.updates) > MAX_PROPERTIES:
            raise MalformedPayload("more than %d properties" % MAX_PROPERTIES)
    return message


def encode(updates: Iterable[Update]) -> bytes:
    """Encode updates. A time becomes the base time of the property's first record."""
    records = []
    for update in updates:
        attributes: list[tuple[str, Scalar]]
        if isinstance(update.value, dict):
            attributes = [("%s:%s" % (update.name, key), value) for key, value in update.value.items()]
        else:
            attributes = [(update.name, update.value)]
        for index, (name, value) in enumerate(attributes):
            record: dict[int, Any] = {}
            if index == 0 and update.time is not None:
                record[BASE_TIME] = float(update.time)
            record[NAME] = name
            record[_value_label(value)] = value
            records.append(record)
    return cbor.encode(records)


def _value_label(value: Scalar) -> int:
    if isinstance(value, bool):
        return BOOL_VALUE
    return STRING_VALUE if isinstance(value, str) else VALUE


def _labels(record: object) -> dict[int, Any]:
    """Return the record with integer labels, without unknown text labels."""
    if not isinstance(record, dict):
        raise MalformedPayload("a record is not a map")
    labels = {}
    for key, value in record.items():
        if isinstance(key, str):
            if key.endswith("_"):
                raise MalformedPayload("record with the mandatory extension %.16r" % key)
            key = _LABELS.get(key)
        elif isinstance(key, bool) or not isinstance(key, int):
            raise MalformedPayload("a label is neither an integer nor text")
        if key is not None:
            labels[key] = value
    return labels


def _number(value: object, what: str) -> float | int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise MalformedPayload("%s is not a number" % what)
    return value


def _read_record(record: dict[int, Any], base: dict[int, Any], now: float, message: Message) -> None:
    """Read one record into the message, and update and apply the base attributes."""
    if -2 in record and not isinstance(record[-2], str):
        raise MalformedPayload("base name is not text")
    for label in (-3, -5):
        if label in record:
            _number(record[label], "base time" if label == -3 else "base value")
    if -1 in record and not isinstance(record[-1], int):
        raise MalformedPayload("version is not an integer")
    base.update((label, value) for label, value in record.items() if label < 0)

    name = record.get(NAME, "")
    if isinstance(name, bool) or not isinstance(name, (str, int)):
        raise MalformedPayload("name is neither text nor an integer")
    value = _value(record, base)
    if value is None:
        return
    if isinstance(name, int):
        # Light payload: the property's number, plus 256 times the attribute's.
        name = "#%d:#%d" % (name & 0xFF, name >> 8) if name >> 8 else "#%d" % name
    name = base.get(-2, "") + name
    if not name:
        raise MalformedPayload("a record without a name")
    if len(name) > MAX_NAME:
        raise MalformedPayload("a name longer than %d" % MAX_NAME)
    if name == LAST_VALUES_REQUEST[0]:
        message.asks_last_values |= value == LAST_VALUES_REQUEST[1]
        return
    _assemble(message.updates, name, value, _time(record, base, now), now)


def _value(record: dict[int, Any], base: dict[int, Any]) -> Scalar | None:
    """Return the record's value, or None if it has none that a property could have."""
    # All are checked, so that a record cannot contain garbage beside a good value.
    number, text, boolean = record.get(VALUE), record.get(STRING_VALUE), record.get(BOOL_VALUE)
    if number is not None or VALUE in record:
        number = _number(number, "value")
        if -5 in base:
            number += base[-5]
    if STRING_VALUE in record and not isinstance(text, str):
        raise MalformedPayload("string value is not text")
    if BOOL_VALUE in record and not isinstance(boolean, bool):
        raise MalformedPayload("boolean value is not a boolean")
    for value in (number, text, boolean):
        if value is not None:
            return value
    return None


def _time(record: dict[int, Any], base: dict[int, Any], now: float) -> float | None:
    """Return the record's time in Unix seconds, or None if it has none."""
    stated = base.get(-3, 0) + _number(record.get(6, 0), "time")
    if stated == 0:
        return None
    if not math.isfinite(stated):
        raise MalformedPayload("time is not finite")
    if stated >= _MILLISECONDS:
        stated = stated / 1000
    elif stated < _ABSOLUTE_TIME:
        stated = now + stated
    return max(stated, 0)


def _assemble(updates: list[Update], name: str, value: Scalar, stated: float | None, now: float) -> None:
    """Append the record, or add it to the attributes of the same property in earlier records."""
    # A fast clock must not put samples into the future.
    time = None if stated is None else min(stated, now)
    prop, colon, attribute = name.partition(":")
    if not colon:
        updates.append(Update(prop, value, time, stated))
        return
    for update in reversed(updates):
        if update.name == prop:
            if isinstance(update.value, dict) and attribute not in update.value:
                update.value[attribute] = value
                update.time = _later(update.time, time)
                update.stated = _later(update.stated, stated)
                return
            break
    updates.append(Update(prop, {attribute: value}, time, stated))


def _later(one: float | None, other: float | None) -> float | None:
    return other if one is None else max(one, other or 0)

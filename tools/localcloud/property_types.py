"""Types of cloud variables: their values, and how these look on the wire."""

import math
import re
from dataclasses import dataclass

from .protocol.senml import Scalar, Value

READ_ONLY, READ_WRITE = "READ_ONLY", "READ_WRITE"
MAX_TEXT = 4096
MAX_MEMBERS = 32
_INT64 = 2**63


class ValueRefused(ValueError):
    """The value does not fit the variable; `str()` says why."""


@dataclass(frozen=True)
class PropertyType:
    """A type. `kind` is bool, int, float or str; for objects it is None, and `members` have kinds."""

    name: str
    kind: type | None
    members: dict[str, type] | None = None

    @property
    def is_object(self) -> bool:
        """Whether values have named members, like a coloured light's."""
        return self.kind is None

    def coerce(self, value: object, previous: object = None) -> Value:
        """Convert a value to this type. Missing members of an object come from `previous`.

        Raises ValueRefused.
        """
        if self.kind is not None:
            return _scalar(self.kind, value)
        if not isinstance(value, dict) or not value:
            raise ValueRefused("%s needs an object with members" % self.name)
        complete = dict(previous) if isinstance(previous, dict) else {}
        for key, member in value.items():
            complete[key] = self._member(key, member)
        if self.members is None:
            if len(complete) > MAX_MEMBERS:
                raise ValueRefused("more than %d members" % MAX_MEMBERS)
            return complete
        # Always in the order of the table, which is the order on the wire.
        return {key: complete[key] for key in self.members if key in complete}

    def restore(self, value: Value) -> Value:
        """Convert a value from the store to this type: SQLite stores 1.0 as 1."""
        return float(value) if self.kind is float and isinstance(value, int) else value

    def complete(self, value: Value) -> Value:
        """Return a value from the store with all members, because devices do not accept partial objects."""
        if self.members is None or not isinstance(value, dict):
            return self.restore(value)
        return {key: value.get(key, kind()) for key, kind in self.members.items()}

    def _member(self, key: object, value: object) -> Scalar:
        if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z0-9_.#-]{1,32}", key):
            raise ValueRefused("bad member name")
        if self.members is None:
            return _plain(value)
        if key not in self.members:
            raise ValueRefused("%s has no member %s" % (self.name, key))
        try:
            return _scalar(self.members[key], value)
        except ValueRefused as error:
            raise ValueRefused("%s: %s" % (key, error)) from None


def _plain(value: object) -> Scalar:
    """Return a scalar of any kind unchanged, within bounds."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return _scalar(kind, value)
    raise ValueRefused("not a number, text or boolean")


def _scalar(kind: type, value: object) -> Scalar:
    if kind is str:
        if not isinstance(value, str):
            raise ValueRefused("not text")
        if len(value) > MAX_TEXT:
            raise ValueRefused("text longer than %d characters" % MAX_TEXT)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueRefused("not valid Unicode text") from None
        return value
    if kind is bool:
        # The C++ library accepts the numbers 0 and 1 as booleans.
        if isinstance(value, bool) or (isinstance(value, (int, float)) and value in (0, 1)):
            return bool(value)
        raise ValueRefused("not a boolean")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueRefused("not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueRefused("not a finite number")
    if not -_INT64 <= value < _INT64 and (kind is int or isinstance(value, int)):
        raise ValueRefused("out of range")
    # Integer variables truncate, as in the device libraries.
    return int(value) if kind is int else float(value)


_BOOL = """STATUS HOME_LIGHT HOME_CONTACT_SENSOR HOME_MOTION_SENSOR HOME_SMART_PLUG HOME_SWITCH"""
_INT = """INT COUNT INFORMATION_CONTENT TIME"""
_FLOAT = """
FLOAT ENERGY FORCE TEMPERATURE POWER ELECTRIC_CURRENT ELECTRIC_POTENTIAL ELECTRICAL_RESISTANCE
CAPACITANCE FREQUENCY DATA_RATE ACCELERATION AREA LENGTH VELOCITY MASS VOLUME FLOW_RATE ANGLE
ILLUMINANCE LUMINOUS_FLUX LUMINANCE LUMINOUS_INTENSITY LOGARITHMIC_QUANTITY PRESSURE PERCENTAGE
PERCENTAGE_RELATIVE_HUMIDITY HEART_BEATS
LENGHT_C LENGHT_I LENGHT_M TEMPERATURE_C TEMPERATURE_F KILOGRAM GRAM AMPERE KELVIN CANDELA MOLE
HERTZ RADIAN STERADIAN NEWTON PASCAL JOULE WATT COULOMB VOLT FARAD OHM SIEMENS WEBER TESLA HENRY
LUMEN LUX BECQUEREL GRAY SIEVERT KATAL SQUARE_METER CUBIC_METER LITER METER_PER_SECOND
METER_PER_SQUARE_SECOND CUBIC_METER_PER_SECOND LITER_PER_SECOND WATT_PER_SQUARE_METER
CANDELA_PER_SQUARE_METER BIT BIT_PER_SECOND DEGREES_LATITUDE DEGREES_LONGITUDE PH_VALUE DECIBEL
DECIBEL_1W BEL RATIO_DIV PERCENTAGE_BATTERY_LEVEL SECONDS_BATTERY_LEVEL EVENT_RATE_SECOND
EVENT_RATE_MINUTE HEART_RATE SIEMENS_PER_METER HOME_TEMPERATURE_C HOME_TEMPERATURE_F
ANALOG COLOR_RGB DEGREES_CELSIUS METER SECOND RATIO_MOD HOME_TEMPERATURE
"""
_COLOR: dict[str, type] = {"hue": float, "sat": float, "bri": float}
_OBJECTS: dict[str, dict[str, type] | None] = {
    "COLOR_HSB": _COLOR,
    "HOME_COLORED_LIGHT": {"swi": bool, **_COLOR},
    "HOME_DIMMED_LIGHT": {"swi": bool, "bri": float},
    "LOCATION": {"lat": float, "lon": float},
    "HOME_TELEVISION": {"swi": bool, "vol": int, "mut": bool, "pbc": int, "inp": int, "cha": int},
    "SCHEDULE": {"frm": int, "to": int, "len": int, "msk": int},
    "GENERIC_COMPLEX_PROPERTY": None,
}
_ASSISTANT_PREFIXES = ("GOOGLE_HOME_", "SMART_HOME_")
_ASSISTANT_TYPES = """COLORED_LIGHT CONTACT_SENSOR DIMMED_LIGHT LIGHT MOTION_SENSOR SMART_PLUG SWITCH
TEMPERATURE TEMPERATURE_C TEMPERATURE_F TELEVISION"""


def _table() -> dict[str, PropertyType]:
    table = {name: PropertyType(name, bool) for name in _BOOL.split()}
    table.update((name, PropertyType(name, int)) for name in _INT.split())
    table.update((name, PropertyType(name, float)) for name in _FLOAT.split())
    table["CHARSTRING"] = PropertyType("CHARSTRING", str)
    table.update((name, PropertyType(name, None, members)) for name, members in _OBJECTS.items())
    for prefix in _ASSISTANT_PREFIXES:
        for suffix in _ASSISTANT_TYPES.split():
            if prefix + suffix != "GOOGLE_HOME_TELEVISION":
                like = table["HOME_" + suffix]
                table[prefix + suffix] = PropertyType(prefix + suffix, like.kind, like.members)
    return table


PROPERTY_TYPES = _table()

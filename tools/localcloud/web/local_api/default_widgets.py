"""The dashboard that a click makes for a thing: one or two widgets for each variable."""

import uuid
from typing import Any

from ...property_types import PROPERTY_TYPES, READ_WRITE
from ...store.models import Variable

COLUMNS, MOBILE_COLUMNS = 24, 8
# Width and height on a large screen; height on a phone, where each takes the whole width.
_SIZES = {
    "Chart": (12, 7, 7),
    "Map": (12, 8, 8),
    "Messenger": (12, 7, 8),
    "Scheduler": (12, 7, 10),
    "ColoredLight": (6, 7, 7),
    "Color": (6, 7, 6),
    "Gauge": (6, 5, 5),
    "Percentage": (6, 5, 5),
    "TimePicker": (6, 5, 5),
}
_USUAL_SIZE = (6, 4, 4)
_BY_TYPE = {"TIME": "TimePicker", "SCHEDULE": "Scheduler", "LOCATION": "Map", "COLOR_HSB": "Color"}
Json = dict[str, Any]


def default_widgets(variables: list[Variable]) -> list[Json]:
    """Return widgets for a thing's variables: small ones first, then charts, maps and the like."""
    wanted = [(kind, variable) for variable in variables for kind in _kinds(variable)]
    wanted.sort(key=lambda each: _SIZES.get(each[0], _USUAL_SIZE))
    place, mobile_y = _Places(), 0
    widgets = []
    for kind, variable in wanted:
        width, height, mobile_height = _SIZES.get(kind, _USUAL_SIZE)
        x, y = place.next(width, height)
        widgets.append(
            {
                "id": str(uuid.uuid4()),
                "type": kind,
                "name": variable.name,
                "options": _options(kind, variable),
                "variables": [variable.id],
                **{"x": x, "y": y, "width": width, "height": height},
                **{"x_mobile": 0, "y_mobile": mobile_y},
                **{"width_mobile": MOBILE_COLUMNS, "height_mobile": mobile_height},
            }
        )
        mobile_y += mobile_height
    return widgets


class _Places:
    """Places widgets as far up as possible, then as far left."""

    def __init__(self) -> None:
        self._free_from = [0] * COLUMNS

    def next(self, width: int, height: int) -> tuple[int, int]:
        y, x = min((max(self._free_from[x : x + width]), x) for x in range(0, COLUMNS - width + 1, 2))
        self._free_from[x : x + width] = [y + height] * width
        return x, y


def _kinds(variable: Variable) -> list[str]:
    writable = variable.permission == READ_WRITE
    for suffix, widget in (("COLORED_LIGHT", "ColoredLight"), ("DIMMED_LIGHT", "DimmedLight")):
        if variable.type.endswith(suffix):
            return [widget]
    if variable.type in _BY_TYPE:
        return [_BY_TYPE[variable.type]]
    kind = PROPERTY_TYPES[variable.type].kind
    if kind is bool:
        return ["Switch" if writable else "LED"]
    if kind is str and writable:
        return ["Messenger"]
    if kind in (int, float):
        return [_number(variable, writable)] + ["Chart"] * (not writable)
    return ["Value"]


def _number(variable: Variable, writable: bool) -> str:
    limits = _limits(variable)
    if writable:
        return "Slider" if limits else "Stepper"
    if variable.type.startswith("PERCENTAGE"):
        return "Percentage"
    return "Gauge" if limits else "Value"


def _limits(variable: Variable) -> tuple[float, float] | None:
    if variable.min_value is not None and variable.max_value is not None:
        return variable.min_value, variable.max_value
    return (0, 100) if variable.type.startswith("PERCENTAGE") else None


def _options(kind: str, variable: Variable) -> Json:
    limits = _limits(variable)
    if kind in ("Slider", "Gauge", "Percentage") and limits:
        return {"min": limits[0], "max": limits[1]}
    return {}

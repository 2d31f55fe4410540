"""The list of property types: `/v1/property_types`."""

from typing import Any

from fastapi import APIRouter

from ....property_types import PROPERTY_TYPES
from ..services import UserId

# Accepted when a property is made, but no longer listed.
_LEGACY = frozenset(
    "ANALOG COLOR_RGB DEGREES_CELSIUS METER SECOND RATIO_MOD HOME_TEMPERATURE".split()
)
_LEGACY_PREFIXES = ("GOOGLE_HOME_", "SMART_HOME_")
_DECLARATIONS = {bool: "bool", int: "int", float: "float", str: "String"}
_OBJECTS = {
    "COLOR_HSB": "CloudColor",
    "HOME_COLORED_LIGHT": "CloudColoredLight",
    "HOME_DIMMED_LIGHT": "CloudDimmedLight",
    "HOME_TELEVISION": "CloudTelevision",
    "LOCATION": "CloudLocation",
    "SCHEDULE": "CloudSchedule",
}
_NAMES = {
    "FLOAT": "Floating Point Number",
    "INT": "Integer Number",
    "STATUS": "Boolean",
    "CHARSTRING": "Character String",
}
_BASIC = ("FLOAT", "INT", "STATUS", "CHARSTRING")


def router() -> APIRouter:
    """Return the route."""
    routes = APIRouter(prefix="/v1", tags=["property types"])

    @routes.get("/property_types")
    async def list_property_types(user: UserId) -> list[dict[str, Any]]:
        """List the types that a variable can have."""
        return [_describe(name) for name in PROPERTY_TYPES if not _is_legacy(name)]

    return routes


def _is_legacy(name: str) -> bool:
    return name in _LEGACY or name.startswith(_LEGACY_PREFIXES)


def _describe(name: str) -> dict[str, Any]:
    kind = PROPERTY_TYPES[name].kind
    if kind is not None:
        declaration = _DECLARATIONS[kind]
        if name not in _BASIC and kind is not str:
            declaration = "Cloud" + "".join(part.capitalize() for part in name.split("_"))
    else:
        declaration = _OBJECTS.get(name, "")
    group = "basic" if name in _BASIC else "home" if name.startswith("HOME_") else "specialized"
    return {
        "assistants": ["ALEXA", "GOOGLE"] if group == "home" else [],
        "declaration": declaration,
        "deprecated": False,
        "name": _NAMES.get(name) or name.replace("_", " ").capitalize(),
        "rw": True,
        "tags": [group],
        "type": name,
        "units": [],
    }

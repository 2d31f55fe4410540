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
_NAMES = {
    "FLOAT": "Floating Point Number",
    "INT": "Integer Number",
    "STATUS": "Boolean",
    "CHARSTRING": "Character String",
}
_BASIC = {"FLOAT": "float", "INT": "int", "STATUS": "bool", "CHARSTRING": "String"}  # in C++


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


def _declaration(name: str) -> str:
    """Return the type of such a variable in a C++ program, "" if it has none."""
    if name in _BASIC:
        return _BASIC[name]
    if PROPERTY_TYPES[name].is_object:
        if PROPERTY_TYPES[name].members is None:
            return ""
        name = name.removeprefix("HOME_").removesuffix("_HSB")
    return "Cloud" + "".join(part.capitalize() for part in name.split("_"))


def _describe(name: str) -> dict[str, Any]:
    group = "basic" if name in _BASIC else "home" if name.startswith("HOME_") else "specialized"
    return {
        "assistants": ["ALEXA", "GOOGLE"] if group == "home" else [],
        "declaration": _declaration(name),
        "deprecated": False,
        "name": _NAMES.get(name) or name.replace("_", " ").capitalize(),
        "rw": True,
        "tags": [group],
        "type": name,
        "units": [],
    }

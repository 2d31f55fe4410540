"""`local-cloud things export`: write what a cloud has as a project file."""

import io
from pathlib import Path
from typing import Any

from ..finding import everything
from ..pending_file import pending
from . import keeping_tags
from .plan import CREATED_VARIABLE
from .project import KEY_TAG, Existing

_VARIABLE = ("type", "permission", "update_strategy", "update_parameter", "variable_name", "persist", "tag",
             "min_value", "max_value")  # fmt: skip
_USUAL = {**CREATED_VARIABLE, "update_parameter": 0, "persist": True}
_WIDGET = (
    "name",
    "type",
    "x",
    "y",
    "width",
    "height",
    "x_mobile",
    "y_mobile",
    "width_mobile",
    "height_mobile",
)


async def export(api: Any) -> str:
    """Return the text of a project file that describes the whole cloud."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.width = 110
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(described(await everything(api)), text)
    return text.getvalue()


def write(path: Path, text: str) -> None:
    """Write the file, completely or not at all. Raises CommandError."""
    with pending(path) as temporary:
        temporary.write_text(text, "utf-8")


def described(existing: Existing) -> dict[str, Any]:
    """Return what a project file says about these resources."""
    return {
        "devices": [_device(each) for each in _by_name(existing.devices)],
        "things": [_thing(each) for each in _by_name(existing.things)],
        "dashboards": [_dashboard(each) for each in _by_name(existing.dashboards)],
    }


def _by_name(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(resources, key=lambda each: each["name"])


def _tagged(resource: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    tags = dict(resource.get("tags") or {})
    key = tags.pop(KEY_TAG, None)
    if key is not None:
        entry["key"] = key
    if tags:
        entry["tags"] = tags
    return entry


def _device(device: dict[str, Any]) -> dict[str, Any]:
    entry = {
        name: device[name]
        for name in ("name", "type", "fqbn", "connection_type", "serial")
        if device.get(name)
    }
    return _tagged(device, entry)


def _thing(thing: dict[str, Any]) -> dict[str, Any]:
    entry = {"name": thing["name"]}
    if thing.get("device_name"):
        entry["device"] = thing["device_name"]
    entry["timezone"] = thing["timezone"]
    tags = dict(thing.get("tags") or {})
    entry.update(keeping_tags.taken_from(tags))
    properties = [_variable(each, tags) for each in thing.get("properties") or ()]
    _tagged({**thing, "tags": tags}, entry)
    entry["properties"] = properties
    return entry


def _variable(variable: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    entry = {"name": variable["name"]}
    for name in _VARIABLE:
        if variable.get(name) is not None and variable[name] != _USUAL.get(name):
            entry[name] = variable[name]
    entry.update(keeping_tags.taken_from(tags, variable.get("variable_name")))
    return entry


def _dashboard(dashboard: dict[str, Any]) -> dict[str, Any]:
    entry = {"name": dashboard["name"]}
    if dashboard.get("cover_image"):
        entry["cover_image"] = dashboard["cover_image"]
    entry["widgets"] = [_widget(each) for each in dashboard.get("widgets") or ()]
    return entry


def _widget(widget: dict[str, Any]) -> dict[str, Any]:
    entry = {name: widget[name] for name in _WIDGET if widget.get(name) is not None}
    if widget.get("options"):
        entry["options"] = widget["options"]
    linked = ["%s/%s" % (each["thing_name"], each["name"]) for each in widget.get("variables") or ()]
    if linked:
        entry["variables"] = linked
    return entry

"""Compare the widgets of a project file with a dashboard's: what matches, what differs, where new ones go."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .project import Widget

COLUMNS = 24
SIZE = 6
_GEOMETRY = ("x", "y", "width", "height")
_REQUEST = (
    "id",
    "name",
    "type",
    "options",
    *_GEOMETRY,
    "x_mobile",
    "y_mobile",
    "width_mobile",
    "height_mobile",
    "page_id",
)
Ids = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Reference:
    """Takes the place of a variable's id in a request until the variable is made."""

    thing: str
    variable: str


@dataclass
class Merged:
    """The widgets for a request. `says` describes the differences; `kept` names those not in the file."""

    widgets: list[dict[str, Any]] = field(default_factory=list)
    says: tuple[str, ...] = ()
    kept: list[str] = field(default_factory=list)


def merged_widgets(wanted: Iterable[Widget], existing: list[dict[str, Any]], ids: Ids, prune: bool) -> Merged:
    """Return the widgets that a dashboard needs. If `says` is empty, it already has them."""
    there = dict(
        zip(_identities((each.get("name"), each["type"]) for each in existing), existing, strict=True)
    )
    merged = Merged()
    new = []
    wanted = list(wanted)
    for identity, widget in zip(_identities((each.name, each.type) for each in wanted), wanted, strict=True):
        found = there.pop(identity, None)
        called = widget.name or widget.type
        if found is None:
            new.append(_new(widget, ids))
            merged.widgets.append(new[-1])
            merged.says += ("new widget %s" % called,)
            continue
        changed, names = _changed(widget, found, ids)
        merged.widgets.append(changed)
        if names:
            merged.says += ("widget %s: %s" % (called, ", ".join(names)),)
    for found in there.values():
        called = found.get("name") or found["type"]
        if prune:
            merged.says += ("without widget %s" % called,)
        else:
            merged.widgets.append(as_request(found))
            merged.kept.append(called)
    _place(new, merged.widgets)
    return merged


def _identities(names: Iterable[tuple[str | None, str]]) -> list[tuple[str, str, int]]:
    # Name and type, and a number to tell equal ones apart.
    seen: Counter[tuple[str, str]] = Counter()
    identities = []
    for name, kind in names:
        identities.append((name or "", kind, seen[name or "", kind]))
        seen[name or "", kind] += 1
    return identities


def _new(widget: Widget, ids: Ids) -> dict[str, Any]:
    body = {"id": str(uuid.uuid4()), "type": widget.type, "options": {}, **widget.fields}
    if widget.name is not None:
        body["name"] = widget.name
    body["variables"] = _linked(widget, ids)
    return body


def _linked(widget: Widget, ids: Ids) -> list[str | Reference]:
    return [ids.get(reference) or Reference(*reference) for reference in widget.variables or ()]


def as_request(found: dict[str, Any]) -> dict[str, Any]:
    """Turn a widget of an answer into one of a request: variables by id, without what the cloud added."""
    body = {name: found[name] for name in _REQUEST if found.get(name) is not None}
    body["variables"] = [each["id"] for each in found.get("variables") or ()]
    return body


def _changed(widget: Widget, found: dict[str, Any], ids: Ids) -> tuple[dict[str, Any], list[str]]:
    body = as_request(found)
    names = []
    for name, value in widget.fields.items():
        if name == "options":
            # The page adds its own options, which the file need not repeat.
            value = {**(found.get("options") or {}), **value}
        if body.get(name) != value:
            body[name] = value
            names.append(name)
    if widget.variables is not None and body["variables"] != _linked(widget, ids):
        body["variables"] = _linked(widget, ids)
        names.append("variables")
    return body, names


def _place(new: list[dict[str, Any]], everything: list[dict[str, Any]]) -> None:
    """Place new widgets without coordinates in rows below the others."""
    placed = [each for each in everything if "x" in each and "y" in each]
    x, y = 0, max((each["y"] + each.get("height", SIZE) for each in placed), default=0)
    row = 0
    for widget in new:
        widget.setdefault("width", SIZE)
        widget.setdefault("height", SIZE)
        if "x" in widget and "y" in widget:
            continue
        if x and x + widget["width"] > COLUMNS:
            x, y, row = 0, y + row, 0
        widget["x"], widget["y"] = x, y
        x += widget["width"]
        row = max(row, widget["height"])

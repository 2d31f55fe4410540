"""Read project files from YAML. docs/command-line.md describes the format for users."""

import difflib
import re
import zoneinfo
from pathlib import Path
from typing import Any

from ...property_types import PROPERTY_TYPES
from .. import yaml_file
from ..exits import USAGE, CommandError
from ..yaml_file import Check, Document, anything, elements, flag, mapping, number, one_of, plain, text, whole
from . import keeping_tags
from .project import Dashboard, Device, Project, Thing, Variable, Widget

MOST_COPIES = 1000

_WORD = text(64, r"[a-zA-Z0-9_.@-]+", "letters, digits and _.@-,")
THING_NAME = text(64, r"[a-zA-Z0-9_. -]+", "letters, digits, spaces and _.-,")
# The API takes others too, but a device's name is also the name of its secrets file.
DEVICE_NAME = text(64, r"[a-zA-Z0-9_@-][a-zA-Z0-9_.@ -]*", "letters, digits, spaces and _.@-,")
_COORDINATE = whole(0, 100_000)


def _zone(value: Any) -> str | None:
    try:
        zoneinfo.ZoneInfo(value)
    except (TypeError, ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return "a time zone such as Europe/Rome"
    return None


def _type(value: Any) -> str | None:
    if value in PROPERTY_TYPES:
        return None
    near = difflib.get_close_matches(str(value).upper(), PROPERTY_TYPES, 3) or ["FLOAT", "INT", "STATUS"]
    return "a variable's type, such as " + ", ".join(near)


_DEVICE = {
    "name": DEVICE_NAME,
    "key": _WORD,
    "type": text(64, r"[a-z0-9_]+", "a type of device"),
    "fqbn": text(128),
    "connection_type": text(32),
    "serial": text(64),
    "tags": anything,
    "count": whole(1, MOST_COPIES),
}
_THING = {
    "name": THING_NAME,
    "key": _WORD,
    "device": text(64),
    "timezone": _zone,
    "tags": anything,
    "properties": anything,
    "count": whole(1, MOST_COPIES),
    **keeping_tags.CHECKS,
}
_VARIABLE = {
    "name": text(64),
    "type": _type,
    "permission": one_of("READ_ONLY", "READ_WRITE"),
    "update_strategy": one_of("ON_CHANGE", "TIMED"),
    "update_parameter": number,
    "variable_name": text(64, r"[a-zA-Z_][a-zA-Z0-9_]*", "an identifier"),
    "persist": flag,
    "tag": whole(0, 2**31 - 1),
    "min_value": number,
    "max_value": number,
    **keeping_tags.CHECKS,
}
_DASHBOARD = {
    "name": text(64),
    "cover_image": text(1024),
    "widgets": anything,
    "count": whole(1, MOST_COPIES),
}
_WIDGET = {
    "name": text(128),
    "type": text(64),
    "options": lambda value: None if isinstance(value, dict) else "a mapping",
    "variables": anything,
    "count": whole(1, MOST_COPIES),
    **dict.fromkeys(("x", "y", "x_mobile", "y_mobile"), _COORDINATE),
    **dict.fromkeys(("width", "height", "width_mobile", "height_mobile"), whole(1, 1000)),
}
_ALL: dict[str, Check] = {"devices": anything, "things": anything, "dashboards": anything}
_NUMBERED = re.compile(r"\{n(?::(0?\d))?\}")


def load(path: Path) -> Project:
    """Read and check a project file. Raises CommandError that lists all mistakes."""
    document = yaml_file.read(path)
    root = document.root if document.root is not None else {}
    mapping(document, root, "", _ALL)
    project = Project(
        devices=tuple(_entries(document, root, "devices", _device)),
        things=tuple(_entries(document, root, "things", _thing)),
        dashboards=tuple(_entries(document, root, "dashboards", _dashboard)),
    )
    document.finish()
    return project


def numbered(pattern: str, n: int) -> str:
    """Return the name with its number in place of `{n}`, or of `{n:02}` with at least two digits."""
    return _NUMBERED.sub(lambda found: format(n, found.group(1) or ""), pattern)


def is_numbered(pattern: str) -> bool:
    """Return whether the name has a place for a number."""
    return _NUMBERED.search(pattern) is not None


def names_of(option: str, pattern: str, count: int, check: yaml_file.Check) -> list[str]:
    """Return the names for a command's copies. Raises CommandError."""
    if count > MOST_COPIES:
        raise CommandError("--count: expected at most %d, got %d" % (MOST_COPIES, count), USAGE)
    if count > 1 and not is_numbered(pattern):
        message = "%s: with --count expected a place for the number, such as '%s {n:02}', got %r"
        raise CommandError(message % (option, pattern, pattern), USAGE)
    names = [numbered(pattern, n) for n in range(1, count + 1)]
    expected = check(names[-1])
    if expected:
        raise CommandError("%s: expected %s, got %r" % (option, expected, names[-1]), USAGE)
    return names


def _entries(document, root, group, read):
    seen = {}
    for entry, where in elements(document, root, group, ""):
        for copy in _copies(document, entry, where, distinct=True):
            made = read(document, copy, where)
            if made is None:
                continue
            for kind in ("name", "key"):
                word = getattr(made, kind, None)
                if word is not None and seen.setdefault((kind, word), made) is not made:
                    document.complain(
                        entry,
                        kind,
                        "%s.%s" % (where, kind),
                        "a %s that is unique among the %s" % (kind, group),
                        word,
                    )
            yield made


def _copies(document, entry, where, *, distinct):
    count = entry.get("count") if isinstance(entry, dict) else None
    if whole(1, MOST_COPIES)(count):
        return [entry]
    if distinct and not is_numbered(str(entry.get("name"))):
        expected = "a name with a place for the number (because of count), such as 'Station {n:02}'"
        document.complain(entry, "name", where + ".name", expected, entry.get("name"))
        return []
    return [_filled(entry, n) for n in range(1, count + 1)]


def _filled(value, n):
    """Return a copy of a part of the document with its number filled in; it keeps its line numbers."""
    if isinstance(value, str):
        return numbered(value, n)
    if isinstance(value, dict):
        filled = type(value)((key, _filled(each, n)) for key, each in value.items())
    elif isinstance(value, list):
        filled = type(value)(_filled(each, n) for each in value)
    else:
        return value
    filled._yaml_line_col = value.lc
    return filled


def _device(document: Document, entry: Any, where: str) -> Device | None:
    good = mapping(document, entry, where, _DEVICE, required=("name",))
    tags = _tags(document, entry, where)
    if "name" not in good:
        return None
    return Device(good["name"], good.get("key"), _without(good, "name", "key", "tags", "count"), tags)


def _thing(document: Document, entry: Any, where: str) -> Thing | None:
    good = mapping(document, entry, where, _THING, required=("name",))
    tags = {**_tags(document, entry, where), **keeping_tags.of_thing(good)}
    variables: list[Variable] = []
    for each, called in elements(document, entry, "properties", where):
        fields = mapping(document, each, called, _VARIABLE, required=("name", "type"))
        if "name" not in fields:
            continue
        if any(fields["name"] == other.name for other in variables):
            document.complain(
                each, "name", called + ".name", "a name that is unique among the properties", fields["name"]
            )
        tags.update(keeping_tags.of_variable(document, each, called, fields))
        variables.append(Variable(fields["name"], plain(_without(fields, "name", *keeping_tags.CHECKS))))
    if "name" not in good:
        return None
    fields = _without(good, "name", "key", "device", "tags", "properties", "count", *keeping_tags.CHECKS)
    return Thing(good["name"], good.get("key"), good.get("device"), fields, tags, tuple(variables))


def _tags(document: Document, entry: Any, where: str) -> dict[str, str]:
    tags = entry.get("tags") if isinstance(entry, dict) else None
    if tags is None:
        return {}
    if not isinstance(tags, dict):
        document.complain(entry, "tags", where + ".tags", "a mapping of words", tags)
        return {}
    for key, value in tags.items():
        expected = _WORD(key) or _WORD(value)
        if expected:
            document.complain(tags, key, "%s.tags.%s" % (where, key), expected, value)
    return {str(key): str(value) for key, value in tags.items()}


def _dashboard(document: Document, entry: Any, where: str) -> Dashboard | None:
    good = mapping(document, entry, where, _DASHBOARD, required=("name",))
    widgets = [
        _widget(document, copy, called)
        for each, called in elements(document, entry, "widgets", where)
        for copy in _copies(document, each, called, distinct=False)
    ]
    if "name" not in good:
        return None
    fields = _without(good, "name", "widgets", "count")
    return Dashboard(good["name"], fields, None if entry.get("widgets") is None else tuple(widgets))


def _widget(document: Document, entry: Any, where: str) -> Widget:
    good = mapping(document, entry, where, _WIDGET, required=("type",))
    variables = []
    for each, called in elements(document, entry, "variables", where):
        thing, slash, name = each.partition("/") if isinstance(each, str) else ("", "", "")
        if not (thing and slash and name):
            document.complain(entry, "variables", called, "thing/property, by their names", each)
        variables.append((thing, name))
    given = isinstance(entry, dict) and entry.get("variables") is not None
    fields = plain(_without(good, "type", "name", "variables", "count"))
    return Widget(str(good.get("type")), good.get("name"), tuple(variables) if given else None, fields)


def _without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: plain(value) for name, value in fields.items() if name not in names}

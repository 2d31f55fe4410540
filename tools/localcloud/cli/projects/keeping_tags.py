"""How long values are kept, in a project file: `keep` and `thin` of things and properties are tags of the thing."""

from collections.abc import Callable
from typing import Any

from ...store.keeping import KEEP_TAG, THIN_TAG, BadTime, keep_of, thinning_of
from ..yaml_file import Check, Document

_TAGS = {"keep": KEEP_TAG, "thin": THIN_TAG}
_LONGEST_KEY = 64


def _check(meaning: Callable[[str], Any], expected: str) -> Check:
    def check(value: Any) -> str | None:
        try:
            meaning(value) if isinstance(value, str) else meaning("")
        except BadTime:
            return expected
        return None

    return check


CHECKS: dict[str, Check] = {
    "keep": _check(keep_of, "a time of at least 1h such as 36h, 90d, 12w or 1y, or forever"),
    "thin": _check(thinning_of, "an interval and an age such as 1m-after-7d, or forever"),
}
"""Checks for the two keys."""


def of_thing(fields: dict[str, Any]) -> dict[str, str]:
    """Return the tags for a thing's `keep` and `thin`."""
    return {tag: fields[key] for key, tag in _TAGS.items() if key in fields}


def of_variable(document: Document, entry: Any, where: str, fields: dict[str, Any]) -> dict[str, str]:
    """Return the tags of the thing for a property's `keep` and `thin`."""
    if not any(key in fields for key in _TAGS):
        return {}
    # The store's packages take a while to import.
    from ...store.catalogue import derive_variable_name

    name = fields.get("variable_name") or derive_variable_name(fields["name"])
    tags = {"%s.%s" % (tag, name): fields[key] for key, tag in _TAGS.items() if key in fields}
    if any(len(key) > _LONGEST_KEY for key in tags):
        most = _LONGEST_KEY - len(KEEP_TAG) - 1
        expected = "a variable_name of at most %d characters, because of keep and thin" % most
        document.complain(entry, "name", where + ".name", expected, name)
    return tags


def taken_from(tags: dict[str, str], variable_name: str | None = None) -> dict[str, str]:
    """Take the tags of a thing, or of its variable, out of `tags`, and return what a project file says instead."""
    suffix = "" if variable_name is None else "." + variable_name
    return {key: tags.pop(tag + suffix) for key, tag in _TAGS.items() if tag + suffix in tags}

"""The facts in the boards' own files below boards/."""

import ast
from typing import Any

from localcloud.cli.exits import USAGE, CommandError
from toolchain.paths import ROOT

from . import source

BOARDS = ROOT / "boards"
# Boards whose TLS can sign with the key in their SE05x, in MicroPython 1.26.1: ports/stm32/boards/*/mpconfigboard.mk
TLS_SIGNS = ("ARDUINO_NICLA_VISION", "ARDUINO_PORTENTA_H7")


def facts(name: str) -> dict[str, Any]:
    """Return the constants of a board's `board.py`. Raises CommandError for an unknown board."""
    path = BOARDS / name / "board.py"
    if not name.isidentifier() or not path.is_file():
        raise CommandError("unknown board %r; known boards: %s" % (name, ", ".join(names())), USAGE)
    try:
        return facts_of(path.read_bytes())
    except SyntaxError as error:
        raise CommandError("%s:%d: not valid Python" % (path, error.lineno or 1), USAGE) from None


def facts_of(data: bytes) -> dict[str, Any]:
    """Return the constants in the bytes of a `board.py`. Raises SyntaxError if it is not valid Python."""
    found = {}
    for node in source.parsed(data).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError):
                continue  # only the board can evaluate it
    return found


def check_chip(name: str) -> None:
    """Raise CommandError for a board whose TLS cannot use a key in a secure chip."""
    if name in TLS_SIGNS:
        return
    chip = facts(name).get("SECURE_ELEMENT")
    why = "the TLS of its firmware cannot use the %s's key" % chip[0] if chip else "it has no secure chip"
    raise CommandError("--keys: %s: %s (docs/keys.md)" % (name, why), USAGE)


def names() -> list[str]:
    """Return the names of all boards."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.py"))

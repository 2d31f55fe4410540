"""Which serial port has the board: by the USB ids that the boards' own files name."""

import ast
from collections.abc import Iterable
from typing import Any

from localcloud.cli.exits import USAGE, CommandError
from toolchain.paths import ROOT

BOARDS = ROOT / "boards"
# Whose TLS can sign with the key of their chip (an SE05x), in MicroPython 1.26.1: ports/stm32/boards/*/mpconfigboard.mk
TLS_SIGNS = ("ARDUINO_NICLA_VISION", "ARDUINO_PORTENTA_H7")


def facts(name: str) -> dict[str, Any]:
    """Return the constants of a board's `board.py`. Raises CommandError for a board that there is not."""
    path = BOARDS / name / "board.py"
    if not name.isidentifier() or not path.is_file():
        raise CommandError("no board %r; there are %s" % (name, ", ".join(names())), USAGE)
    return facts_of(path.read_text("utf-8"))


def facts_of(text: str) -> dict[str, Any]:
    """Return the constants of the text of a `board.py`. Raises SyntaxError, ValueError for no Python."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # what only the board can work out
    return found


def check_chip(name: str) -> None:
    """Raise CommandError for a board whose TLS cannot use a key in a secure chip."""
    if name in TLS_SIGNS:
        return
    chip = facts(name).get("SECURE_ELEMENT")
    why = "TLS of its firmware cannot use the %s's key" % chip[0] if chip else "it has no secure chip"
    raise CommandError("--keys: %s: %s (docs/keys.md)" % (name, why), USAGE)


def names() -> list[str]:
    """Return the names of all boards."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.py"))


def find(wanted: str | None, board: str | None, ports: Iterable[Any] | None = None) -> str:
    """Return the port to open: `wanted`, else the one whose USB ids are a board's (or those of `board` alone).

    `ports`: what pyserial's `comports` gives, by default what there is. Raises CommandError.
    """
    if wanted:
        return wanted
    if ports is None:
        from serial.tools.list_ports import comports

        ports = comports()
    ports = [each for each in ports if each.vid is not None]
    known = {ids: name for name in names() for ids in facts(name).get("USB", ()) if board in (None, name)}
    found = [each for each in ports if (each.vid, each.pid) in known]
    # A serial bridge says nothing of the board behind it: alone, it is taken, and the board asked.
    found = found or (ports if len(ports) == 1 else [])
    if len(found) == 1:
        return found[0].device
    listed = ", ".join("%s (%04x:%04x)" % (each.device, each.vid, each.pid) for each in found or ports)
    if found:
        raise CommandError("several boards are there: %s; say which by --port" % listed)
    if ports:
        raise CommandError("no port has a known board; USB ports: %s; say which by --port" % listed)
    raise CommandError("no board is there: connect one by USB, or give --port")

"""Find the serial port of the board, by the USB ids in the boards' board.py files."""

import ast
from collections.abc import Iterable
from typing import Any

from localcloud.cli.exits import USAGE, CommandError
from toolchain.paths import ROOT

BOARDS = ROOT / "boards"
# Boards whose TLS can sign with the key in their SE05x, in MicroPython 1.26.1: ports/stm32/boards/*/mpconfigboard.mk
TLS_SIGNS = ("ARDUINO_NICLA_VISION", "ARDUINO_PORTENTA_H7")


def facts(name: str) -> dict[str, Any]:
    """Return the constants of a board's `board.py`. Raises CommandError for an unknown board."""
    path = BOARDS / name / "board.py"
    if not name.isidentifier() or not path.is_file():
        raise CommandError("unknown board %r; known boards: %s" % (name, ", ".join(names())), USAGE)
    return facts_of(path.read_text("utf-8"))


def facts_of(text: str) -> dict[str, Any]:
    """Return the constants in the text of a `board.py`. Raises SyntaxError or ValueError if it is not valid Python."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
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


def find(wanted: str | None, board: str | None, ports: Iterable[Any] | None = None) -> str:
    """Return the port to open: `wanted`, or the one with the USB ids of a known board (of `board`, if given).

    `ports`: the result of pyserial's `comports`, which is called by default. Raises CommandError.
    """
    if wanted:
        return wanted
    if ports is None:
        from serial.tools.list_ports import comports

        ports = comports()
    ports = [each for each in ports if each.vid is not None]
    known = {ids: name for name in names() for ids in facts(name).get("USB", ()) if board in (None, name)}
    found = [each for each in ports if (each.vid, each.pid) in known]
    # A serial bridge does not identify the board behind it. If it is the only port, use it and ask the board.
    found = found or (ports if len(ports) == 1 else [])
    if len(found) == 1:
        return found[0].device
    listed = ", ".join("%s (%04x:%04x)" % (each.device, each.vid, each.pid) for each in found or ports)
    if found:
        raise CommandError("several boards are connected: %s; choose one with --port" % listed)
    if ports:
        raise CommandError("no known board is connected; USB ports: %s; choose one with --port" % listed)
    raise CommandError("no board found: connect one by USB, or give --port")

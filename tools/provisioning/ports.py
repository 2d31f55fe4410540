"""Find the serial port of the board, by the USB ids in the boards' board.py files."""

from collections.abc import Iterable
from typing import Any

from localcloud.cli.exits import CommandError

from . import boards

_ANY_PROGRAM = ((0x303A, 0x1001),)  # the serial unit of an ESP32-C3, which has these ids whatever runs there


def find(wanted: str | None, board: str | None, ports: Iterable[Any] | None = None) -> str:
    """Return the port to open: `wanted`, or the one with the USB ids of a known board (of `board`, if given).

    `ports`: the result of pyserial's `comports`, which is called by default. Raises CommandError.
    """
    if wanted:
        return wanted
    ports = connected() if ports is None else [each for each in ports if each.vid is not None]
    known = _known(board)
    found = [each for each in ports if (each.vid, each.pid) in known]
    # A serial bridge does not identify the board behind it. If it is the only port, use it and ask the board.
    waiting = [each.device for each in ports if (each.vid, each.pid) in _known(board, "USB_BOOTLOADER")]
    if not found and waiting:
        raise CommandError("the board at %s is in its boot loader; press its reset button" % ", ".join(waiting))
    found = found or (ports if len(ports) == 1 else [])
    if len(found) == 1:
        return found[0].device
    listed = ", ".join("%s (%04x:%04x)" % (each.device, each.vid, each.pid) for each in found or ports)
    if found:
        raise CommandError("several boards are connected: %s; choose one with --port" % listed)
    if ports:
        raise CommandError("no known board is connected; USB ports: %s; choose one with --port" % listed)
    raise CommandError(
        "no board found: connect one by USB, or give --port; without MicroPython, a board may show a drive and no port"
    )


def connected() -> list[Any]:
    """Return the ports that are at USB."""
    from serial.tools.list_ports import comports

    return [each for each in comports() if each.vid is not None]


def board_at(port: str, ports: Iterable[Any] | None = None) -> tuple[bool, bool]:
    """Return whether the USB ids of this port are those of MicroPython, and of a boot loader, on a known board."""
    there = connected() if ports is None else ports
    ids = next(((each.vid, each.pid) for each in there if each.device == port), None)
    return ids in _known(None) and ids not in _ANY_PROGRAM, ids in _known(None, "USB_BOOTLOADER")


def _known(board: str | None, fact: str = "USB") -> dict[tuple[int, int], str]:
    found = {}
    for name in boards.names():
        try:
            ids = boards.facts(name).get(fact, ()) if board in (None, name) else ()
        except CommandError:
            continue  # somebody's own board, with a mistake that is told when it is used
        found.update(dict.fromkeys(ids, name))
    return found

"""Find the serial port of the board, by the USB ids in the boards' board.py files."""

from collections.abc import Iterable
from typing import Any

from localcloud.cli.exits import CommandError

from . import boards


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
    known = {ids: name for name in boards.names() for ids in boards.facts(name).get("USB", ()) if board in (None, name)}
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

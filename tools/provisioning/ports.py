"""Which serial port has the board: by the USB ids that the boards' own files name."""

from collections.abc import Iterable
from typing import Any

from localcloud.cli.exits import CommandError

from . import boards


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
    known = {ids: name for name in boards.names() for ids in boards.facts(name).get("USB", ()) if board in (None, name)}
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

"""How a running local cloud is found on this machine: a file in its data folder says all about it.

Workers share the folder, and each has a file of its own there: whichever ends, the others are still found.
"""

import json
import os
import socket
import urllib.parse
from pathlib import Path
from typing import Any

from ..files import write_whole

_NAME = "running.json"
_WORKERS = "running-*.json"
_CONNECT_S = 2.0


def default_data_folder() -> Path:
    """Return the folder used when none is given."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "arduino-local-cloud"


def leave(description: dict[str, Any]) -> None:
    """Write the description, with its keys, for the owner only."""
    path = _path(description)
    # Files that a kill has left behind: who is here alone has no workers beside it, and the other way round.
    for stale in path.parent.glob(_WORKERS if path.name == _NAME else _NAME):
        stale.unlink(missing_ok=True)
    write_whole(path, json.dumps(description, indent=1).encode())


def remove(description: dict[str, Any]) -> None:
    """The local cloud is about to stop."""
    _path(description).unlink(missing_ok=True)


def _path(description: dict[str, Any]) -> Path:
    # Workers on several machines may have the same port, and one folder.
    port = urllib.parse.urlsplit(description["https"]).port
    name = _WORKERS.replace("*", "%s-%d" % (socket.gethostname(), port)) if "broker" in description else _NAME
    return Path(description["data"]) / name


def running(folder: Path) -> dict[str, Any] | None:
    """Return what a cloud with its data in the folder says about itself, or None if none runs."""
    found = map(_answering, [folder / _NAME, *sorted(folder.glob(_WORKERS))])
    return next((about for about in found if about is not None), None)


def _answering(path: Path) -> dict[str, Any] | None:
    try:
        about = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    # After a kill the file is still there. Whoever may answer at the port by then: TLS tells if it is the cloud.
    address = urllib.parse.urlsplit(about["https"])
    try:
        socket.create_connection((address.hostname, address.port), _CONNECT_S).close()
    except OSError:
        return None
    return about

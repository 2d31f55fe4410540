"""How commands find a local cloud that runs on this machine: by a file in its data folder that describes it.

Workers share the folder, and each writes its own file. If one ends, the others are still found.
"""

import json
import os
import socket
import urllib.parse
from pathlib import Path
from typing import Any

from ..files import Unusable, write_whole
from ..running import ALONE, WORKERS

_CONNECT_S = 2.0


def default_data_folder() -> Path:
    """Return the data folder that is used if none is given."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "arduino-local-cloud"


def leave(description: dict[str, Any]) -> None:
    """Write the description. It has keys, so only the file's owner can read it."""
    path = _path(description)
    # Remove what killed processes left behind: a cloud on its own has no workers beside it, and vice versa.
    for stale in path.parent.glob(WORKERS if path.name == ALONE else ALONE):
        stale.unlink(missing_ok=True)
    write_whole(path, json.dumps(description, indent=1).encode())


def remove(description: dict[str, Any]) -> None:
    """Remove the description of a local cloud that is about to stop."""
    _path(description).unlink(missing_ok=True)


def _path(description: dict[str, Any]) -> Path:
    # Workers on several machines may have the same port and share the folder.
    port = urllib.parse.urlsplit(description["https"]).port
    name = WORKERS.replace("*", "%s-%d" % (socket.gethostname(), port)) if "broker" in description else ALONE
    return Path(description["data"]) / name


def running(folder: Path) -> dict[str, Any] | None:
    """Return the description of a running cloud that has its data in the folder, or None. Raises `files.Unusable`."""
    found = map(_answering, [folder / ALONE, *sorted(folder.glob(WORKERS))])
    return next((about for about in found if about is not None), None)


def _answering(path: Path) -> dict[str, Any] | None:
    try:
        about = json.loads(path.read_bytes())
        address = urllib.parse.urlsplit(about["https"])
        is_whole = isinstance(about, dict) and bool(address.hostname and address.port)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        # To take it for a cloud that does not run could send the command to another one.
        raise Unusable("%s is garbled: start the local cloud again, or remove the file if none runs" % path)
    # A killed cloud leaves its file behind. If another program answers at the port by then, TLS finds out.
    try:
        socket.create_connection((address.hostname, address.port), _CONNECT_S).close()
    except OSError:
        return None
    return about

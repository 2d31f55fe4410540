"""How a running local cloud is found on this machine: a file in its data folder says all about it."""

import json
import os
import socket
import urllib.parse
from pathlib import Path
from typing import Any

from ..files import write_whole

_NAME = "running.json"
_CONNECT_S = 2.0


def default_data_folder() -> Path:
    """Return the folder used when none is given."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "arduino-local-cloud"


def leave(description: dict[str, Any]) -> None:
    """Write the description, with its keys, for the owner only."""
    write_whole(Path(description["data"]) / _NAME, json.dumps(description, indent=1).encode())


def remove(description: dict[str, Any]) -> None:
    """The local cloud is about to stop."""
    (Path(description["data"]) / _NAME).unlink(missing_ok=True)


def running(folder: Path) -> dict[str, Any] | None:
    """Return what a cloud with its data in the folder says about itself, or None if none runs."""
    try:
        about = json.loads((folder / _NAME).read_bytes())
    except FileNotFoundError:
        return None
    # After a kill the file is still there. Whoever may answer at the port by then: TLS tells if it is the cloud.
    address = urllib.parse.urlsplit(about["https"])
    try:
        socket.create_connection((address.hostname, address.port), _CONNECT_S).close()
    except OSError:
        return None
    return about

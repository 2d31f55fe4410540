"""How a running local cloud is found on this machine: a file in its data folder says all about it."""

import json
import os
from pathlib import Path
from typing import Any

from ..files import write_whole

_NAME = "running.json"


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


def read(folder: Path) -> dict[str, Any] | None:
    """Return what `leave` wrote, or None. After a kill it may describe a cloud that runs no more."""
    try:
        return json.loads((folder / _NAME).read_bytes())
    except FileNotFoundError:
        return None

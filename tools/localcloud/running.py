"""The files in the data folder that describe its running processes to the commands of this machine."""

import json
from pathlib import Path
from typing import Any

from .files import write_whole

ALONE = "running.json"
WORKERS = "running-*.json"


def renew(folder: Path, changes: dict[str, Any]) -> None:
    """Change what the description of each running process says, such as a secret that was replaced."""
    for path in (folder / ALONE, *sorted(folder.glob(WORKERS))):
        try:
            about = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        write_whole(path, json.dumps({**about, **changes}, indent=1).encode())

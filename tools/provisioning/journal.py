"""What is known of a board that is being provisioned: on the disk before the next step relies on it.

One file for each board and cloud, readable by its owner alone, since the device's secret is in it: the cloud never
tells it again. It stays when all is done, so that a board whose flash was erased becomes the same device again.
"""

import fcntl
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, TextIO

from localcloud.cli.connection import Connection
from localcloud.cli.exits import CommandError
from localcloud.files import make_private_folder, write_whole


def default_folder() -> Path:
    """Return where journals are unless told otherwise."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "arduino-provision"


class Journal:
    """The notes on one board for one cloud; in `with`, so that two runs do not meet. `values` are the notes.

    `device_name`, `device_id`, `secret`: of the device. `secret_set`: the cloud has taken it.
    `keys`: hashes of the public keys that its certificates were asked for. `main`, `board`: hashes of the main.py
    and the board.py that were installed: two, while the second takes the place of the first.
    """

    def __init__(self, folder: Path, unique_id: str, connection: Connection, *, dry_run: bool = False) -> None:
        cloud = "%s %s" % (connection.title, connection.organization or "")
        name = re.sub(r"[^0-9A-Za-z]", "_", unique_id)[:64]
        self.path = folder / ("%s-%s.json" % (name, hashlib.sha256(cloud.encode()).hexdigest()[:8]))
        self.values: dict[str, Any] = {}
        self._cloud = connection.title
        self._dry_run = dry_run
        self._lock: TextIO | None = None

    def __enter__(self) -> "Journal":
        if not self._dry_run:
            if not self.path.parent.is_dir():
                make_private_folder(self.path.parent)
            self._lock = open(self.path.with_suffix(".lock"), "a")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._lock.close()
                raise CommandError("another run provisions this board") from None
        try:
            self.values = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            pass
        except ValueError:
            raise CommandError("%s is damaged; move it away" % self.path) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    def get(self, name: str) -> Any:
        """Return a note, None where there is none."""
        return self.values.get(name)

    def note(self, **values: Any) -> None:
        """Write notes to the disk; None forgets one."""
        before = self.values
        self.values = {key: value for key, value in {**before, **values}.items() if value is not None}
        if not self._dry_run and self.values != before:
            write_whole(self.path, json.dumps({**self.values, "cloud": self._cloud}, indent=1).encode())

    def forget(self) -> None:
        """The device is not this board's any more."""
        self.note(**{key: None for key in self.values if key not in ("main", "board", "cloud")})

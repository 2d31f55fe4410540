"""The state of a board's provisioning, written to the disk before the next step relies on it.

Each board and cloud has a file. Only its owner can read it, since it has the device's secret, which the cloud never
shows again. It stays when all is done, so that a board whose flash was erased becomes the same device again.
"""

import errno
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

_LISTS = ("keys", "main", "board")
_KINDS: dict[str, type] = {
    **dict.fromkeys(("device_name", "device_id", "secret", "thing"), str),
    **dict.fromkeys(_LISTS, list),
    "secret_set": bool,
}


def default_folder() -> Path:
    """Return the default folder of the journals."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "arduino-provision"


class Journal:
    """The notes on one board for one cloud, in `values`. To be used in `with`, which locks out other runs.

    `device_name`, `device_id`, `secret`: of the device. `secret_set`: the cloud has accepted the secret.
    `keys`: hashes of the public keys that certificates were requested for. `main`, `board`: hashes of the installed
    main.py and board.py; two while the second replaces the first.
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
            except OSError as error:
                self._lock.close()
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    raise CommandError("another run is provisioning this board") from None
                raise CommandError("%s cannot be locked: %s" % (self.path.parent, error.strerror)) from None
        try:
            self.values = self._read()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            raise CommandError("%s is damaged: it is not JSON; move it away" % self.path) from None
        if not isinstance(found, dict):
            raise CommandError("%s is damaged: it has no notes; move it away" % self.path)
        for name, value in found.items():
            good = isinstance(value, _KINDS.get(name, object))
            if not good or (name in _LISTS and not all(isinstance(each, str) for each in value)):
                raise CommandError("%s is damaged: the note %r; correct it, or move the file away" % (self.path, name))
        return found

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    def get(self, name: str) -> Any:
        """Return a note, None if it does not exist."""
        return self.values.get(name)

    def note(self, **values: Any) -> None:
        """Write notes to the disk; None removes one."""
        before = self.values
        self.values = {key: value for key, value in {**before, **values}.items() if value is not None}
        if not self._dry_run and self.values != before:
            write_whole(self.path, json.dumps({**self.values, "cloud": self._cloud}, indent=1).encode())

    def forget(self) -> None:
        """Remove all notes on the device, which is no longer this board's."""
        self.note(**{key: None for key in self.values if key not in ("main", "board", "cloud")})

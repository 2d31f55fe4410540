"""A folder with a file of secrets for each device, ready to copy onto its board as secrets.py.

While a device is being made, `NAME.part` records how far that is. `NAME.py` appears once all is done.
Both are written completely or not at all, readable only by their owner, and synced to the disk before the
next request.
"""

import ast
import fcntl
import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...files import make_private_folder, write_whole
from ..exits import USAGE, CommandError


@dataclass(frozen=True)
class Begun:
    """What is known so far about a device that is being made."""

    device_id: str | None = None
    secret: str | None = None


class SecretsFolder:
    """The folder. `with` locks it, so that two runs cannot use it at once; raises CommandError."""

    def __init__(self, path: Path, cloud: dict[str, Any] | None) -> None:
        """Open the folder, or make it. Raises CommandError.

        `cloud` has further arguments for a device's client; None for Arduino Cloud.
        """
        self.path = path
        self._cloud = cloud
        if not path.exists():
            make_private_folder(path)
        if not path.is_dir():
            raise CommandError("--secrets-dir: %s is not a folder" % path, USAGE)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise CommandError(
                "--secrets-dir: others can read %s (mode %o); run chmod 700 on it" % (path, mode), USAGE
            )

    def __enter__(self) -> "SecretsFolder":
        self._lock = open(self.path / ".lock", "a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise CommandError("another local-cloud uses %s; retry when it is done" % self.path) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def file_of(self, name: str) -> Path:
        """Return the path of a device's secrets file, which may not exist yet."""
        return self.path / (name + ".py")

    def finished(self, name: str) -> str | None:
        """Return the device's id if its secret is here, otherwise None.

        Raises CommandError if its file has no id and secret.
        """
        path = self.file_of(name)
        try:
            tree = ast.parse(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (SyntaxError, ValueError):
            raise CommandError("%s has no DEVICE_ID and SECRET_KEY; move it away" % path) from None
        values = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        device_id = values.get("DEVICE_ID")
        if not isinstance(device_id, str) or not device_id or not values.get("SECRET_KEY"):
            raise CommandError("%s has no DEVICE_ID and SECRET_KEY; move it away" % path)
        return device_id

    def begun(self, name: str) -> Begun | None:
        """Return how far an earlier run got with a device, or None if it was not begun."""
        try:
            return Begun(**json.loads(self._part(name).read_bytes()))
        except FileNotFoundError:
            return None

    def begin(self, name: str, begun: Begun) -> None:
        """Record how far the making of a device is."""
        write_whole(self._part(name), json.dumps(vars(begun)).encode())

    def forget(self, name: str) -> None:
        """Remove the record of a device that could not be made."""
        self._part(name).unlink()

    def finish(self, name: str, device_id: str, secret: str) -> None:
        """Write the device's secrets file and remove its record."""
        lines = ["# %s" % name, "DEVICE_ID = %r" % device_id, "SECRET_KEY = %r" % secret]
        lines.append("CLOUD = %r" % (self._cloud or {}))
        write_whole(self.file_of(name), ("\n".join(lines) + "\n").encode())
        self._part(name).unlink()

    def _part(self, name: str) -> Path:
        return self.path / (name + ".part")

"""A folder with a file of secrets for each device, ready to be copied onto its board as secrets.py.

While a device is being made, `NAME.part` remembers how far it is; `NAME.py` is there once all is done.
Both are written whole or not at all, for their owner only, and synced to the disk before the next request.
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
    """A device that is being made: what is known of it so far."""

    device_id: str | None = None
    secret: str | None = None


class SecretsFolder:
    """The folder; in `with`, so that two runs do not meet in it."""

    def __init__(self, path: Path, cloud: dict[str, Any] | None) -> None:
        """`cloud`: further arguments of a device's client, None for Arduino Cloud. Raises CommandError."""
        self.path = path
        self._cloud = cloud
        if not path.exists():
            make_private_folder(path)
        if not path.is_dir():
            raise CommandError("--secrets-dir: %s is not a folder" % path, USAGE)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise CommandError(
                "--secrets-dir: others get into %s (mode %o); chmod 700 it" % (path, mode), USAGE
            )

    def __enter__(self) -> "SecretsFolder":
        self._lock = open(self.path / ".lock", "a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise CommandError("another local-cloud works in %s" % self.path) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def file_of(self, name: str) -> Path:
        """Return where the secret of a device is, once it has one."""
        return self.path / (name + ".py")

    def finished(self, name: str) -> str | None:
        """Return the id of the device whose secret is here, or None; CommandError for other files."""
        path = self.file_of(name)
        try:
            tree = ast.parse(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (SyntaxError, ValueError):
            raise CommandError("%s: expected DEVICE_ID and SECRET_KEY in it; move it away" % path) from None
        values = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        device_id = values.get("DEVICE_ID")
        if not isinstance(device_id, str) or not device_id or not values.get("SECRET_KEY"):
            raise CommandError("%s: expected DEVICE_ID and SECRET_KEY in it; move it away" % path)
        return device_id

    def begun(self, name: str) -> Begun | None:
        """Return how far a device is that an earlier run has begun, or None."""
        try:
            return Begun(**json.loads(self._part(name).read_bytes()))
        except FileNotFoundError:
            return None

    def begin(self, name: str, begun: Begun) -> None:
        """Remember how far a device is."""
        write_whole(self._part(name), json.dumps(vars(begun)).encode())

    def forget(self, name: str) -> None:
        """The device has not been begun after all."""
        self._part(name).unlink()

    def finish(self, name: str, device_id: str, secret: str) -> None:
        """Write the file of secrets."""
        lines = ["# %s" % name, "DEVICE_ID = %r" % device_id, "SECRET_KEY = %r" % secret]
        lines.append("CLOUD = %r" % (self._cloud or {}))
        write_whole(self.file_of(name), ("\n".join(lines) + "\n").encode())
        self._part(name).unlink()

    def _part(self, name: str) -> Path:
        return self.path / (name + ".part")

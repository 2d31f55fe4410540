"""The token of the local API: in a file, which every process that shares the data folder follows."""

import hmac
import os
import secrets
from pathlib import Path

from ..files import write_whole

LEAST_LENGTH = 16
_BYTES = 24


class ApiToken:
    """The token in a file. When the file has a new one, the old one ends, in this process too."""

    def __init__(self, path: Path, value: str) -> None:
        """Take the file and the token that has just been read from it."""
        self._path = path
        self._seen = _state(path)
        self._value = value

    @property
    def value(self) -> str:
        """The token of now."""
        state = _state(self._path)
        if state is not None and state != self._seen:
            self._seen = state
            try:
                value = self._path.read_text().strip()
            except (OSError, ValueError):
                value = ""
            # A file that is missing or broken while we run takes nothing away.
            if len(value) >= LEAST_LENGTH:
                self._value = value
        return self._value

    def is_it(self, text: str) -> bool:
        """Return whether this is the token, without telling by time how much of it is right."""
        return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), self.value.encode())

    def rotate(self) -> str:
        """Replace the token, and return the new one."""
        self.replace(self._path)
        return self.value

    @staticmethod
    def replace(path: Path) -> None:
        """Write a new token to the file."""
        write_whole(path, secrets.token_urlsafe(_BYTES).encode())


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size

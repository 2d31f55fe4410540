"""The secrets of the cloud itself that lie in its data folder: the local API's token, the default key's secret."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from .files import write_whole
from .first_start.user import DefaultUser, path_of_secret
from .identity.api_token import ApiToken
from .running import renew
from .store import unwritable

log = logging.getLogger(__name__)


class OwnSecrets:
    """Replaces these secrets, also where they lie for the commands of this machine.

    What follows a new token by itself (`identity.api_token`) is every process that shares the folder.
    """

    def __init__(self, data: Path, token: ApiToken, user: DefaultUser) -> None:
        self.token = token
        self.user = user
        self._data = data

    def rotate_token(self) -> str:
        """Replace the token, and return the new one. Raises `NotWritable`."""
        with _refused(self._data / "api_token"):
            value = self.token.rotate()
        self._describe({"api_token": value})
        return value

    def keep_secret(self, secret: str) -> None:
        """Write a new secret of the default key to its file. Raises `NotWritable`."""
        path = path_of_secret(self._data)
        with _refused(path):
            write_whole(path, secret.encode())

    def tell_secret(self, secret: str) -> None:
        """Tell programs and commands the default key's new secret."""
        self.user = replace(self.user, api_key_secret=secret)
        self._describe({"api_key_secret": secret})

    def description(self) -> dict[str, Any]:
        """Return what the cloud's description says of them."""
        return {
            "api_token": self.token.value,
            "user_id": self.user.user_id,
            "api_key_id": self.user.api_key_id,
            "api_key_secret": self._secret_now(),
        }

    def _describe(self, changes: dict[str, Any]) -> None:
        try:
            renew(self._data, changes)
        except OSError as error:
            # The new secret counts already.
            log.warning("commands do not find the new secret by themselves until the next start: %s", error)

    def _secret_now(self) -> str:
        # Another process may have replaced it.
        try:
            return path_of_secret(self._data).read_text().strip() or self.user.api_key_secret
        except OSError:
            return self.user.api_key_secret


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Raise NotWritable, which the APIs answer in words, if the file cannot be written."""
    try:
        yield
    except OSError as error:
        raise unwritable.of_file(error, path) from None

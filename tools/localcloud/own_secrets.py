"""The secrets of the cloud itself that lie in its data folder: the local API's token, the default key's secret."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from .files import write_whole
from .first_start.user import DefaultUser, path_of_secret
from .identity.api_token import ApiToken
from .running import renew


class OwnSecrets:
    """Replaces these secrets, also where they lie for the commands of this machine.

    What follows a new token by itself (`identity.api_token`) is every process that shares the folder.
    """

    def __init__(self, data: Path, token: ApiToken, user: DefaultUser) -> None:
        self.token = token
        self.user = user
        self._data = data

    def rotate_token(self) -> str:
        """Replace the token, and return the new one."""
        value = self.token.rotate()
        renew(self._data, {"api_token": value})
        return value

    def keep_secret(self, secret: str) -> None:
        """Write a new secret of the default key to its file."""
        write_whole(path_of_secret(self._data), secret.encode())

    def tell_secret(self, secret: str) -> None:
        """Tell programs and commands the default key's new secret."""
        self.user = replace(self.user, api_key_secret=secret)
        renew(self._data, {"api_key_secret": secret})

    def description(self) -> dict[str, Any]:
        """Return what the cloud's description says of them."""
        return {
            "api_token": self.token.value,
            "user_id": self.user.user_id,
            "api_key_id": self.user.api_key_id,
            "api_key_secret": self._secret_now(),
        }

    def _secret_now(self) -> str:
        # Another process may have replaced it.
        try:
            return path_of_secret(self._data).read_text().strip() or self.user.api_key_secret
        except OSError:
            return self.user.api_key_secret

"""Secrets in files of the data folder: made at first start, read, and replaced if they are lost."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ..files import SecretUnusable, close_to_others, make_private_folder, read_secret, write_whole
from ..identity.api_token import LEAST_LENGTH
from ..identity.hashed_secrets import new_secret

log = logging.getLogger(__name__)

_FILES = ("api_token", "*/default.secret", "devices/*/client.key.*", "mosquitto/*")


@dataclass(frozen=True)
class Losses:
    """What to do about lost secrets: `replace` them if that takes something from others, and whom to tell."""

    replace: bool
    note: Callable[[str, str], None]
    """Takes an action and what it is about, for the audit log."""


def api_token(data: Path, losses: Losses, *, is_new: bool) -> str:
    """Return the token of the local API. An empty file gets a new one, which takes nothing from boards.

    `is_new` says that this is the first start. Raises `files.SecretUnusable` if the file holds something else.
    """
    path = data / "api_token"
    try:
        return read_secret(
            path,
            "the token of the local API",
            "remove the file, and the next start makes a new token",
            least=LEAST_LENGTH,
        )
    except SecretUnusable as error:
        if not error.is_lost:
            raise
        was = "empty" if path.exists() else "missing"
    token = secrets.token_urlsafe(24)
    write_whole(path, token.encode())
    if not is_new:
        log.warning("%s was %s: it holds a new token now, and the old one is void for programs", path, was)
        losses.note("API token made", "the file was " + was)
    return token


def make_default(path: Path) -> str:
    """Make a secret for the default device or user, and write it to its file."""
    secret = new_secret()
    make_private_folder(path.parent)
    write_whole(path, secret.encode())
    return secret


async def default_secret(path: Path, whose: str, losses: Losses, change: Callable[[str], Awaitable[None]]) -> str:
    """Return the secret in a file of the default device or user (`whose`). Raises `files.SecretUnusable`.

    If it is unusable and may be replaced, `change` puts a new one into the store.
    """
    try:
        return read_secret(
            path,
            "the secret of %s" % whose,
            "restore it from a backup of the data folder, or start once with `serve --replace-lost`, which gives"
            " %s a new one" % whose,
        )
    except SecretUnusable as error:
        if not losses.replace:
            raise
        secret = new_secret()
        # The store first: if this process is killed in between, the file is still known to be lost.
        await change(secret)
        write_whole(path, secret.encode())
        log.warning("%s. %s has a new one now, and the old one is void", str(error).split(". ")[0], whose)
        losses.note("secret made", whose)
        return secret


def close_all(data: Path) -> None:
    """Take the rights of other users at files with secrets away."""
    for pattern in _FILES:
        for path in data.glob(pattern):
            if path.is_file():
                close_to_others(path)

"""The default user and an API key, made at first start."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from ..identity.hashed_secrets import hash_secret
from ..store import catalogue, credentials
from ..store.database import Store
from ..store.models import ApiKey, Setting
from . import secret_files


@dataclass(frozen=True)
class DefaultUser:
    """What a program needs to act for the default user."""

    user_id: str
    api_key_id: str
    api_key_secret: str


def path_of_secret(data: Path) -> Path:
    """Return the file with the secret of the default user's key."""
    return data / "users" / "default.secret"


async def default_user(store: Store, data: Path, losses: secret_files.Losses) -> DefaultUser:
    """Return the default user. It is made at first start and then stays. Raises `files.SecretUnusable`."""
    path = path_of_secret(data)
    known = await store.read(_known)
    if known is None:
        # The file first: a key whose secret is lost would be useless.
        secret_hash = hash_secret(secret_files.make_default(path))
        known = await store.write(lambda session: _create(session, secret_hash))
    user_id, key_id = known

    async def change(secret: str) -> None:
        secret_hash = hash_secret(secret)
        await store.write(lambda session: _change(session, key_id, secret_hash))

    secret = await secret_files.default_secret(path, "the default user's API key", losses, change)
    return DefaultUser(user_id, key_id, secret)


def _known(session: Session) -> tuple[str, str] | None:
    user, key = session.get(Setting, catalogue.DEFAULT_USER), session.get(Setting, catalogue.DEFAULT_API_KEY)
    return (user.value, key.value) if user and key else None


def _change(session: Session, key_id: str, secret_hash: str) -> None:
    if session.get(ApiKey, key_id) is not None:
        credentials.give_new_secret(session, key_id, secret_hash)


def _create(session: Session, secret_hash: str) -> tuple[str, str]:
    user = catalogue.create_user(session, name="Default user")
    key = catalogue.create_api_key(session, user.id, name="Default key", secret_hash=secret_hash)
    session.add(Setting(name=catalogue.DEFAULT_USER, value=user.id))
    session.add(Setting(name=catalogue.DEFAULT_API_KEY, value=key.id))
    return user.id, key.id

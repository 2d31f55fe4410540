"""The default user and an API key, made at first start."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from ..files import make_private_folder, write_whole
from ..identity.hashed_secrets import hash_secret, new_secret
from ..store import catalogue
from ..store.database import Store
from ..store.models import Setting


@dataclass(frozen=True)
class DefaultUser:
    """What a program needs to act for the default user."""

    user_id: str
    api_key_id: str
    api_key_secret: str


def path_of_secret(data: Path) -> Path:
    """Return the file with the secret of the default user's key."""
    return data / "users" / "default.secret"


async def default_user(store: Store, data: Path) -> DefaultUser:
    """Return the default user. It is made at first start and then stays."""
    path = path_of_secret(data)
    known = await store.read(_known)
    if known is None:
        secret = new_secret()
        secret_hash = hash_secret(secret)
        make_private_folder(path.parent)
        # The file first: a key whose secret is lost would be useless.
        write_whole(path, secret.encode())
        known = await store.write(lambda session: _create(session, secret_hash))
    return DefaultUser(*known, path.read_text())


def _known(session: Session) -> tuple[str, str] | None:
    user, key = session.get(Setting, catalogue.DEFAULT_USER), session.get(Setting, catalogue.DEFAULT_API_KEY)
    return (user.value, key.value) if user and key else None


def _create(session: Session, secret_hash: str) -> tuple[str, str]:
    user = catalogue.create_user(session, name="Default user")
    key = catalogue.create_api_key(session, user.id, name="Default key", secret_hash=secret_hash)
    session.add(Setting(name=catalogue.DEFAULT_USER, value=user.id))
    session.add(Setting(name=catalogue.DEFAULT_API_KEY, value=key.id))
    return user.id, key.id

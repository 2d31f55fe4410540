"""Users and their API keys: list, rotate and delete them, and tell whether what a key gave is still good."""

from dataclasses import dataclass
from typing import Any, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from .catalogue import DEFAULT_API_KEY, DEFAULT_USER, NotFound, Refused
from .models import ApiKey, Dashboard, Device, Setting, Thing, User, now_us


class NotEmpty(Refused):
    """The user has things, devices or dashboards."""


@dataclass(frozen=True)
class Deleted:
    """What went with a user."""

    devices: list[str]
    detached: list[tuple[str, str]]
    """Things and the devices that they had, which may be another user's."""


@dataclass(frozen=True)
class Grant:
    """What an API key gives: to act for its user until it is rotated or deleted."""

    user_id: str
    key_id: str
    rotations: int


def list_users(session: Session) -> list[tuple[User, list[ApiKey]]]:
    """Return all users with their keys, oldest first."""
    keys: dict[str, list[ApiKey]] = {}
    for key in session.scalars(select(ApiKey).order_by(ApiKey.created_at, ApiKey.id)):
        keys.setdefault(key.user_id, []).append(key)
    users = session.scalars(select(User).order_by(User.created_at, User.id))
    return [(user, keys.get(user.id, [])) for user in users]


def get_user(session: Session, user_id: str) -> User:
    """Return the user. Raises NotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("no such user")
    return user


def get_key(session: Session, key_id: str) -> ApiKey:
    """Return the API key. Raises NotFound."""
    key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFound("no such API key")
    return key


def default_user_id(session: Session) -> str | None:
    """Return the id of the default user, if there is one."""
    setting = session.get(Setting, DEFAULT_USER)
    return setting.value if setting else None


def default_key_id(session: Session) -> str | None:
    """Return the id of the default user's key that `serve` prints, if there is one."""
    setting = session.get(Setting, DEFAULT_API_KEY)
    return setting.value if setting else None


def delete_key(session: Session, key_id: str) -> None:
    """Delete an API key. Raises NotFound, or Refused for the default key."""
    key = get_key(session, key_id)
    if key_id == default_key_id(session):
        raise Refused("the default key stays, since the commands on this machine use it: rotate it instead")
    session.delete(key)


def delete_user(session: Session, user_id: str, *, with_everything: bool) -> Deleted:
    """Delete a user with all keys, and return what connected devices have to be told.

    Raises NotFound, Refused for the default user, or NotEmpty if the user has things, devices or dashboards,
    unless they are to be deleted too (`with_everything`).
    """
    user = get_user(session, user_id)
    if user_id == default_user_id(session):
        raise Refused("the default user stays: rotate its keys instead")
    owned: dict[type[Thing | Device | Dashboard], list[Any]] = {
        kind: list(session.scalars(select(kind).where(kind.user_id == user_id))) for kind in (Thing, Device, Dashboard)
    }
    has = [
        "%d %s%s" % (len(present), kind.__name__.lower(), "s" * (len(present) != 1))
        for kind, found in owned.items()
        if (present := [each for each in found if each.deleted_at is None])
    ]
    if has and not with_everything:
        raise NotEmpty("the user has %s; they are deleted only on demand (with everything)" % ", ".join(has))
    detached = [(each.id, each.device_id) for each in owned[Thing] if each.device_id is not None]
    for found in owned.values():
        for each in found:
            session.delete(each)
        # In this order: things name devices.
        session.flush()
    session.delete(user)
    return Deleted([each.id for each in owned[Device]], detached)


def give_new_secret(session: Session, key_id: str, secret_hash: str) -> ApiKey:
    """Replace the secret of an API key. What was given with the old one ends. Raises NotFound."""
    key = get_key(session, key_id)
    key.secret_hash, key.rotated_at = secret_hash, now_us()
    key.rotations = (key.rotations or 0) + 1
    return key


def good_of(session: Session, grants: Iterable[Grant]) -> set[Grant]:
    """Return those of the grants that still hold: the key is the user's, and has the same secret."""
    wanted = set(grants)
    ids = sorted({grant.key_id for grant in wanted})
    keys: dict[str, ApiKey] = {}
    for start in range(0, len(ids), 500):
        for key in session.scalars(select(ApiKey).where(ApiKey.id.in_(ids[start : start + 500]))):
            keys[key.id] = key
    return {grant for grant in wanted if grant.key_id in keys and grant_of(keys[grant.key_id]) == grant}


def is_good(session: Session, grant: Grant) -> bool:
    """Return whether the grant still holds."""
    return bool(good_of(session, [grant]))


def grant_of(key: ApiKey) -> Grant:
    """Return what the key gives now."""
    return Grant(key.user_id, key.id, key.rotations or 0)

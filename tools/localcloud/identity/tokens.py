"""Access tokens of users: JWTs that the cloud signs and accepts for 300 s."""

import hmac
import logging
import re
import secrets
from typing import Any

import jwt
from sqlalchemy.orm import Session

from ..clock import now_s
from ..store import credentials
from ..store.credentials import Grant
from ..store.database import Store
from ..store.models import Setting

log = logging.getLogger(__name__)
LIFETIME = 300
USER_CLAIM = "http://arduino.cc/id"
KEY_CLAIM = "azp"
_ROTATIONS_CLAIM = "key_rotations"
_ALGORITHM = "HS256"
_KEY_SETTING = "token_key"
_KEY_BYTES = 32


class Tokens:
    """Issues and verifies tokens. The key is in the store, so that several processes share it."""

    def __init__(self, key: str) -> None:
        self._key = bytes.fromhex(key)

    @classmethod
    async def of(cls, store: Store) -> "Tokens":
        """Return the tokens of a store, whose key is made by the first call."""
        return cls(await store.write(_key))

    def issue(self, grant: Grant, lifetime: int = LIFETIME) -> str:
        """Return a token for what an API key gives. It is valid for `lifetime` seconds, or until the key ends."""
        now = int(now_s())
        claims = {
            "iss": "local-cloud",
            USER_CLAIM: grant.user_id,
            KEY_CLAIM: grant.key_id,
            _ROTATIONS_CLAIM: grant.rotations,
            "iat": now,
            "exp": now + lifetime,
        }
        return jwt.encode(claims, self._key, _ALGORITHM)

    def grant_in(self, token: str) -> Grant | None:
        """Return what the token was given for, or None if the token is forged, expired or malformed.

        The key may have ended since: see `still_given`.
        """
        required = ["exp", USER_CLAIM, KEY_CLAIM, _ROTATIONS_CLAIM]
        try:
            # The cloud's clock decides. A token from before it was set back is good: only `exp` counts.
            options: Any = {"require": required, "verify_exp": False, "verify_iat": False}
            claims = jwt.decode(token, self._key, [_ALGORITHM], issuer="local-cloud", options=options)
            if now_s() >= int(claims["exp"]):
                return None
            return Grant(str(claims[USER_CLAIM]), str(claims[KEY_CLAIM]), int(claims[_ROTATIONS_CLAIM]))
        except (jwt.InvalidTokenError, TypeError, ValueError):
            return None

    async def still_given(self, token: str, store: Store) -> Grant | None:
        """Return what the token is good for now, or None if it or its key is not good any more."""
        grant = self.grant_in(token)
        if grant is None or not await store.read(lambda session: credentials.is_good(session, grant)):
            return None
        return grant

    @property
    def cloud_id(self) -> str:
        """A name of this cloud, the same in all its processes and after each start. It is no secret."""
        return self.seal("cloud id")[:12]

    def seal(self, text: str) -> str:
        """Return a seal that only this cloud can make, which proves that it wrote the text."""
        return hmac.digest(self._key, ("seal " + text).encode(), "sha256").hex()


def _key(session: Session) -> str:
    setting = session.get(Setting, _KEY_SETTING)
    if setting is None:
        setting = Setting(name=_KEY_SETTING, value=secrets.token_hex(_KEY_BYTES))
        session.add(setting)
    elif not re.fullmatch("[0-9a-f]{%d}" % (2 * _KEY_BYTES), setting.value):
        # With a key that somebody can guess, anybody could make tokens. They are short-lived, so little is lost.
        log.warning("the setting %s of the store holds no key: it gets a new one, and all tokens end", _KEY_SETTING)
        setting.value = secrets.token_hex(_KEY_BYTES)
    return setting.value

"""Access tokens of users: JWTs that the cloud signs, and takes back for 300 s."""

import hmac
import secrets
import time

import jwt
from sqlalchemy.orm import Session

from ..store.database import Store
from ..store.models import Setting

LIFETIME = 300
USER_CLAIM = "http://arduino.cc/id"
_ALGORITHM = "HS256"
_KEY_SETTING = "token_key"


class Tokens:
    """Issues and verifies tokens. The key is kept in the store, so that several processes share it."""

    def __init__(self, key: str) -> None:
        self._key = bytes.fromhex(key)

    @classmethod
    async def of(cls, store: Store) -> "Tokens":
        """Return the tokens of this store; its key is made at the first call."""
        return cls(await store.write(_key))

    def issue(self, user_id: str, lifetime: int = LIFETIME) -> str:
        """Return a token of the user."""
        now = int(time.time())
        claims = {"iss": "local-cloud", USER_CLAIM: user_id, "iat": now, "exp": now + lifetime}
        return jwt.encode(claims, self._key, _ALGORITHM)

    def user_of(self, token: str) -> str | None:
        """Return the id of the user whose token this is; None if it is forged, expired or none at all."""
        try:
            claims = jwt.decode(
                token, self._key, [_ALGORITHM], issuer="local-cloud", options={"require": ["exp", USER_CLAIM]}
            )
        except jwt.InvalidTokenError:
            return None
        return str(claims[USER_CLAIM])

    def seal(self, text: str) -> str:
        """Return what proves that this cloud wrote the text; nobody else can make it."""
        return hmac.digest(self._key, ("seal " + text).encode(), "sha256").hex()


def _key(session: Session) -> str:
    setting = session.get(Setting, _KEY_SETTING)
    if setting is None:
        setting = Setting(name=_KEY_SETTING, value=secrets.token_hex(32))
        session.add(setting)
    return setting.value

"""Sessions of the page: which browsers may use it, and the codes that begin them.

A session has two secrets. The cookie goes to every server on the same host name, whatever its port. The key stays
in the browser's storage for this server alone, and the page sends it in a header. One is worthless without the other.
Both are random, so a plain SHA-256 is enough to store them.
"""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from .catalogue import NotFound
from .models import PageCode, PageSession, now_us

_DAY_US = 24 * 3600 * 1_000_000
CODE_LIFE_US = _DAY_US
IDLE_LIFE_US = 30 * _DAY_US
"""A session ends if it is not used for so long."""
LONGEST_LIFE_US = 180 * _DAY_US
"""A session ends after so long in any case."""
MOST_SESSIONS = 200
MOST_CODES = 200
_NOTE_USE_EVERY_US = 60 * 1_000_000


@dataclass(frozen=True)
class NewSession:
    """The secrets of a session that has just begun."""

    id: str
    cookie: str
    key: str


def new_code(session: Session) -> str:
    """Return a code that begins one session within a day. Beyond `MOST_CODES` the oldest ones end."""
    code = secrets.token_urlsafe(24)
    session.execute(delete(PageCode).where(PageCode.expires_at <= now_us()))
    session.add(PageCode(code_hash=_hash(code), expires_at=now_us() + CODE_LIFE_US))
    session.flush()
    kept = select(PageCode.code_hash).order_by(PageCode.expires_at.desc()).limit(MOST_CODES)
    session.execute(delete(PageCode).where(PageCode.code_hash.not_in(kept)))
    return code


def is_code(session: Session, code: str) -> bool:
    """Return whether the code would begin a session now. A flood of wrong codes costs no turn at writing."""
    found = session.get(PageCode, _hash(code))
    return found is not None and found.expires_at > now_us()


def begin(session: Session, code: str, *, address: str, browser: str) -> NewSession | None:
    """Begin a session for a code, which is used up by that. Return None if it is unknown, used or expired."""
    now = now_us()
    # Of two that use the code at once, only one deletes a row.
    used = delete(PageCode).where(PageCode.code_hash == _hash(code), PageCode.expires_at > now)
    if not session.connection().execute(used).rowcount:
        return None
    _remove_ended(session, now)
    made = NewSession(str(uuid.uuid4()), secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    session.add(
        PageSession(
            id=made.id,
            cookie_hash=_hash(made.cookie),
            key_hash=_hash(made.key),
            address=address[:64],
            browser=browser[:120],
            created_at=now,
            last_used_at=now,
        )
    )
    session.flush()
    kept = select(PageSession.id).order_by(PageSession.last_used_at.desc()).limit(MOST_SESSIONS)
    session.execute(delete(PageSession).where(PageSession.id.not_in(kept)))
    return made


def find(session: Session, cookie: str, key: str) -> PageSession | None:
    """Return the session with this cookie and this key, unless it has ended."""
    found = session.scalars(select(PageSession).where(PageSession.cookie_hash == _hash(cookie))).one_or_none()
    if found is None or not hmac.compare_digest(found.key_hash, _hash(key)) or _has_ended(found, now_us()):
        return None
    return found


def is_open(session: Session, session_id: str) -> bool:
    """Return whether the session still lasts."""
    found = session.get(PageSession, session_id)
    return found is not None and not _has_ended(found, now_us())


def is_use_worth_noting(found: PageSession) -> bool:
    """Return whether the session's last use was noted so long ago that it should be noted again."""
    return not 0 <= now_us() - found.last_used_at < _NOTE_USE_EVERY_US


def note_use(session: Session, session_id: str) -> None:
    """Note that the session is used now."""
    session.execute(update(PageSession).where(PageSession.id == session_id).values(last_used_at=now_us()))


def list_all(session: Session) -> list[PageSession]:
    """Return the sessions that last, the latest used first."""
    now = now_us()
    found = session.scalars(select(PageSession).order_by(PageSession.last_used_at.desc(), PageSession.id))
    return [each for each in found if not _has_ended(each, now)]


def end(session: Session, session_id: str) -> None:
    """End a session. Raises NotFound."""
    if not session.connection().execute(delete(PageSession).where(PageSession.id == session_id)).rowcount:
        raise NotFound("no such session")


def end_all(session: Session) -> int:
    """End all sessions, and the codes that would begin new ones. Return the number of sessions."""
    number = session.scalar(select(func.count()).select_from(PageSession)) or 0
    session.execute(delete(PageSession))
    session.execute(delete(PageCode))
    return number


def ends_at(found: PageSession) -> int:
    """Return when the session ends unless it is used again."""
    return min(found.last_used_at + IDLE_LIFE_US, found.created_at + LONGEST_LIFE_US)


def _has_ended(found: PageSession, now: int) -> bool:
    return now >= ends_at(found)


def _remove_ended(session: Session, now: int) -> None:
    idle, old = PageSession.last_used_at <= now - IDLE_LIFE_US, PageSession.created_at <= now - LONGEST_LIFE_US
    session.execute(delete(PageSession).where(or_(idle, old)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

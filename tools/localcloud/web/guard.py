"""Admit requests to the local API: those with its token, or with the session of this server's own page."""

import logging
from dataclasses import dataclass
from typing import Callable, Sequence
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from ..identity.api_token import ApiToken
from ..reach.ports import LOOPBACK_NAMES
from ..store import page_sessions
from ..store.database import Store
from ..store.page_sessions import LONGEST_LIFE_US, NewSession
from .peer import address_of

log = logging.getLogger(__name__)
API_NAME = "api2.arduino.cc"
PAGE_KEY = "x-page-key"
"""The header with the key of the page's session."""
LIVE_PROTOCOL = "local-cloud"
"""The subprotocol of the page's WebSocket. Scripts can set no header there, so the key comes as another one."""
_KEY_PROTOCOL = "page-key."
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Admission:
    """Who was admitted: the page with a session, or a program with the token."""

    by: str
    """As the audit log has it."""
    session_id: str | None = None
    token: str | None = None


class Guard:
    """Checks the credentials, Host and Origin.

    A program sends the token in an Authorization header. The page has a session: a cookie, and a key that no
    other server gets (see `store.page_sessions`). The Host header must name this machine. Otherwise any web page
    could reach the API through a name that resolves to loopback. With a session, the Origin must be this server's.
    """

    def __init__(
        self,
        store: Store,
        token: ApiToken,
        cloud_id: str,
        http_port: int,
        https_port: int,
        names: Sequence[str] = (),
        note_failure: Callable[[str, str, str], object] = lambda kind, identity, address: None,
    ) -> None:
        """Take the token, the ports, and names that HTTPS has in addition to loopback's."""
        self._store = store
        self._token = token
        self.note_failure = note_failure
        self._https_port = https_port
        self._hosts = {"%s:%d" % (name, port) for name in LOOPBACK_NAMES for port in (http_port, https_port)}
        self._hosts |= {"%s:%d" % (name, https_port) for name in (API_NAME, *names)}
        # For programs whose address cannot be changed, if that name and port 443 lead here.
        self._hosts.add(API_NAME)
        # Cookies do not tell ports apart, so two local clouds need two names.
        self._cookie = "local_cloud_" + cloud_id

    def know(self, names: tuple[str, ...]) -> None:
        """Take further names of this machine at HTTPS."""
        self._hosts |= {"%s:%d" % (name, self._https_port) for name in names}

    def host_is_ours(self, connection: HTTPConnection) -> bool:
        """Return whether the Host header names this server."""
        return connection.headers.get("host", "").lower() in self._hosts

    async def admit(self, connection: HTTPConnection) -> Admission | None:
        """Return who sends this request or opens this WebSocket, or None to refuse it."""
        if not self.host_is_ours(connection):
            return None
        admission, kind = await self._admission(connection)
        if admission is None and kind:
            self.note_failure(kind, "", address_of(connection))
        return admission

    async def still_admits(self, admission: Admission) -> bool:
        """Return whether what was shown is still good: sessions end, and the token may be replaced."""
        session_id = admission.session_id
        if session_id is None:
            return admission.token is not None and self._token.is_it(admission.token)
        return await self._store.read(lambda session: page_sessions.is_open(session, session_id))

    async def note_use(self, admission: Admission) -> None:
        """Note that an open WebSocket uses its session."""
        if admission.session_id is not None:
            await self._note_use(admission.session_id)

    async def _note_use(self, session_id: str) -> None:
        try:
            await self._store.write(lambda session: page_sessions.note_use(session, session_id))
        except Exception as error:
            # A full disk keeps nobody from reading.
            log.info("the use of a page's session was not noted: %s", str(error).splitlines()[0])

    async def require(self, connection: HTTPConnection) -> None:
        """Refuse a request that is not admitted, with 401. For use as a FastAPI dependency."""
        admission = await self.admit(connection)
        if admission is None:
            raise HTTPException(401, "the token of this local cloud is required")
        connection.state.by = admission.by
        connection.state.session_id = admission.session_id
        connection.state.visitor.admit()

    async def _admission(self, connection: HTTPConnection) -> tuple[Admission | None, str]:
        """Return who it is, or None and what was wrong ("" if nothing was shown)."""
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer" or not self._token.is_it(bearer.strip()):
                return None, "API token"
            return Admission(_program(connection), token=bearer.strip()), ""
        cookie, key = connection.cookies.get(self.cookie(connection), ""), _key_of(connection)
        if not cookie or not key or not self.is_our_page(connection):
            return None, ""
        found = await self._store.read(lambda session: page_sessions.find(session, cookie, key))
        if found is None:
            return None, "page session"
        if page_sessions.is_use_worth_noting(found):
            await self._note_use(found.id)
        return Admission("page %s" % found.id, session_id=found.id), ""

    # The page's session.

    def cookie(self, connection: HTTPConnection) -> str:
        """Return the name of the session's cookie. With TLS, browsers take it from this host alone (`__Host-`)."""
        return ("__Host-" if _is_encrypted(connection) else "") + self._cookie

    def set_cookie(self, connection: HTTPConnection, answer: Response, begun: NewSession) -> None:
        """Give a browser the cookie of its new session."""
        answer.set_cookie(
            self.cookie(connection),
            begun.cookie,
            max_age=LONGEST_LIFE_US // 1_000_000,
            path="/",
            secure=_is_encrypted(connection),
            httponly=True,
            samesite="strict",
        )

    def remove_cookie(self, connection: HTTPConnection, answer: Response) -> None:
        """Make a browser forget the cookie."""
        answer.delete_cookie(
            self.cookie(connection), path="/", secure=_is_encrypted(connection), httponly=True, samesite="strict"
        )

    def is_our_page(self, connection: HTTPConnection) -> bool:
        """Return whether a browser sends this for our own page: any page can make it send something."""
        is_socket = connection.scope["type"] == "websocket"
        origin = connection.headers.get("origin")
        if origin is None:
            # Browsers leave it out when the page only reads from its own server.
            is_ours = not is_socket and connection.scope["method"] in _SAFE_METHODS
        else:
            is_ours = urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()
        # Browsers disagree on what it is for a WebSocket.
        return is_ours and (is_socket or connection.headers.get("sec-fetch-site", "same-origin") == "same-origin")


def _program(connection: HTTPConnection) -> str:
    is_command = connection.headers.get("user-agent", "").startswith("local-cloud")
    return "command line" if is_command else "program with the token"


def _key_of(connection: HTTPConnection) -> str:
    if connection.scope["type"] != "websocket":
        return connection.headers.get(PAGE_KEY, "")
    offered = connection.scope.get("subprotocols", ())
    return next((each[len(_KEY_PROTOCOL) :] for each in offered if each.startswith(_KEY_PROTOCOL)), "")


def _is_encrypted(connection: HTTPConnection) -> bool:
    return connection.scope["scheme"] in ("https", "wss")

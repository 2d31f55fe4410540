"""Admit requests to the local API: those with the token that come from this server's own page."""

import hmac
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from ..ports import LOOPBACK_NAMES

API_NAME = "api2.arduino.cc"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Checks token, Host and Origin.

    The token comes in an Authorization header, or in the cookie that the page got for the token in
    its address. The Host header must name this machine. Otherwise any web page could reach the API
    through a name that resolves to loopback. The Origin of WebSockets, and of requests that change
    something, must be the page's own.
    """

    def __init__(self, token: str, http_port: int, https_port: int, names: tuple[str, ...] = ()) -> None:
        """Take the token, the ports, and names that HTTPS has in addition to loopback's."""
        self._token = token
        self._https_port = https_port
        self._hosts = {"%s:%d" % (name, port) for name in LOOPBACK_NAMES for port in (http_port, https_port)}
        self._hosts |= {"%s:%d" % (name, https_port) for name in (API_NAME, *names)}
        # For programs whose address cannot be changed, if that name and port 443 lead here.
        self._hosts.add(API_NAME)
        # Cookies do not tell ports apart, so two local clouds need two names.
        self.cookie = "local_cloud_%d" % http_port

    def know(self, names: tuple[str, ...]) -> None:
        """Take further names of this machine at HTTPS."""
        self._hosts |= {"%s:%d" % (name, self._https_port) for name in names}

    def host_is_ours(self, connection: HTTPConnection) -> bool:
        """Return whether the Host header names this server."""
        return connection.headers.get("host", "").lower() in self._hosts

    def is_token(self, token: str) -> bool:
        """Return whether this is the token."""
        return hmac.compare_digest(token.encode(), self._token.encode())

    def admits(self, connection: HTTPConnection) -> bool:
        """Return whether this request or WebSocket is admitted."""
        if not self.host_is_ours(connection):
            return False
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.is_token(bearer.strip())
        if not self.is_token(connection.cookies.get(self.cookie, "")):
            return False
        # Browsers send the cookie for any page: make sure that the request comes from ours.
        changes = connection.scope["type"] == "websocket" or connection.scope["method"] not in _SAFE_METHODS
        return self._origin_is_ours(connection) or not changes

    async def require(self, connection: HTTPConnection) -> None:
        """Refuse a request that is not admitted, with 401. For use as a FastAPI dependency."""
        if not self.admits(connection):
            raise HTTPException(401, "the token of this local cloud is required")
        connection.state.visitor.admit()

    def _origin_is_ours(self, connection: HTTPConnection) -> bool:
        return urlsplit(connection.headers.get("origin", "")).netloc.lower() in self._hosts

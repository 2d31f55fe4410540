"""Who may use the web side: holders of the token, from pages of this very address."""

import hmac
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import HTTPConnection

API_NAME = "api2.arduino.cc"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Checks token, Host and Origin.

    The token comes in an Authorization header, or in the cookie that the page got for the token in
    its address. The Host header must name this machine, or any web page could reach the API under
    a name of its own that resolves to loopback. The Origin of WebSockets, and of requests that
    change something, must be the page's own.
    """

    def __init__(self, token: str, http_port: int, https_port: int, names: tuple[str, ...] = ()) -> None:
        """Know the token, the ports, and under which names beside loopback's HTTPS is reached."""
        self._token = token
        self._hosts = {"%s:%d" % (name, port) for name in LOOPBACK_NAMES for port in (http_port, https_port)}
        self._hosts |= {"%s:%d" % (name, https_port) for name in (API_NAME, *names)}
        # Programs whose address cannot be changed, where the name and port 443 lead here.
        self._hosts.add(API_NAME)
        # Cookies do not tell ports apart, so two local clouds need two names.
        self.cookie = "local_cloud_%d" % http_port

    def host_is_ours(self, connection: HTTPConnection) -> bool:
        """Does the Host header name this server?"""
        return connection.headers.get("host", "").lower() in self._hosts

    def is_token(self, token: str) -> bool:
        """Is this the token?"""
        return hmac.compare_digest(token.encode(), self._token.encode())

    def admits(self, connection: HTTPConnection) -> bool:
        """May this request or WebSocket do what it wants?"""
        if not self.host_is_ours(connection):
            return False
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.is_token(bearer.strip())
        if not self.is_token(connection.cookies.get(self.cookie, "")):
            return False
        # A browser sends the cookie by itself: make sure that our page asked.
        changes = connection.scope["type"] == "websocket" or connection.scope["method"] not in _SAFE_METHODS
        return self._origin_is_ours(connection) or not changes

    async def require(self, connection: HTTPConnection) -> None:
        """Refuse a request without a right; for use as a dependency."""
        if not self.admits(connection):
            raise HTTPException(401, "the token of this local cloud is required")

    def _origin_is_ours(self, connection: HTTPConnection) -> bool:
        return urlsplit(connection.headers.get("origin", "")).netloc.lower() in self._hosts

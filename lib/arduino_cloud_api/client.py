"""CloudAPI: an account's access to the Application API, with its token and connections."""

import asyncio
from sys import modules
from time import time

from arduino_iot_cloud.http.client import HTTP
from arduino_iot_cloud.port import MICROPYTHON, const, ticks_add, ticks_diff, ticks_ms

from .call import Call

_AUDIENCE = "https://api2.arduino.cc/iot"
_IDLE = 1 if MICROPYTHON else 8  # idle connections that are kept
_LIFE_S = const(300)  # of a token whose lifetime the server does not say
_LONGEST_S = const(86400)


class CloudAPI:
    """The Application API of Arduino Cloud.

    client_id, client_secret: str, an API key of the account. token: str, a token from elsewhere to use instead; it is
    not renewed.
    base_url: str, with https (verified against the bundled roots) or http. token_url: str, the source of tokens; by
    default at the base URL.
    organization: str, the id of an organization of the account; by default its private space.
    ssl_params: as for ArduinoCloudClient. timeout: float, in seconds, up to a day: for an answer, or for one piece of a
    long answer.
    attempts: int, 1 to 100: how often a request is made if waiting helps. backoff: float, 0 to 60, in seconds: the
    pause after the first attempt if the server names none; it doubles each time, up to a minute.

    `api.things.list()`, `api.devices.create({…})`: resources and operations have the names of the API.
    """

    def __init__(
        self,
        client_id: "str | None" = None,
        client_secret: "str | None" = None,
        base_url: str = "https://api2.arduino.cc",
        token_url: "str | None" = None,
        organization: "str | None" = None,
        ssl_params={},
        timeout: float = 15,
        token: "str | None" = None,
        attempts: int = 5,
        backoff: float = 1,
    ):
        base = self._take(client_id, client_secret, base_url, token_url, organization, token, attempts, backoff)
        self._life = None  # in ticks: when the token is due for renewal
        self._got = 0  # when the token was fetched, in seconds of the clock, since ticks wrap within days
        self._lock = self._loop = None
        # For the API and for tokens. All connections share their TLS contexts, which are made here, while the heap is
        # not fragmented, and so that mistakes in ssl_params are reported here.
        self._firsts = (
            HTTP(base, ssl_params, timeout),
            HTTP(token_url, ssl_params, timeout) if self._elsewhere else None,
        )
        self._idle: list = []
        self._open: list = []

    def _take(self, *given):
        from .arguments import take

        base = take(self, *given)
        if MICROPYTHON:
            del take, modules["arduino_cloud_api.arguments"], modules["arduino_cloud_api"].__dict__["arguments"]
        return base

    def __getattr__(self, name):
        if name[:1] == "_":
            raise AttributeError(name)
        from .operations import resource

        found = resource(self, name)
        setattr(self, name, found)
        return found

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()

    def close(self):
        """Close all connections, even if an answer is arriving. May be awaited. A later call opens new ones."""
        for server in self._open:
            server.close()
        self._open = []
        self._idle = []
        return _Closed()

    # Connections

    def _connection(self, login):
        # An HTTP for one call, until `_release`.
        place = 1 if login and self._elsewhere else 0
        for i, server in enumerate(self._idle):
            if server.place == place:
                return self._idle.pop(i)
        server = HTTP(None, like=self._firsts[place])
        server.place = place
        self._open.append(server)
        return server

    def _release(self, server):
        if server.stream and server in self._open and len(self._idle) < _IDLE:
            self._idle.append(server)
            return
        server.close()
        if server in self._open:
            self._open.remove(server)

    # The token

    def _secrets(self):
        return [self._key[1], self._token]

    def _renew(self, token):
        # A token was refused. Returns whether another one can be fetched.
        if self._token == token and not self._fixed:
            self._token = None
        return not self._fixed

    async def _bearer(self):
        if self._fixed:
            return self._fixed
        loop = asyncio.core._task_queue if MICROPYTHON else asyncio.get_running_loop()
        if self._loop is not loop:  # a task of another loop will never release the lock
            self._loop = loop
            self._lock = asyncio.Lock()
        async with self._lock:
            old = not 0 <= time() - self._got < _LONGEST_S
            if not self._token or old or ticks_diff(self._life, ticks_ms()) <= 0:
                await self._fetch()
            return self._token

    async def _fetch(self):
        from arduino_iot_cloud.http.form import form

        pairs = (
            ("grant_type", "client_credentials"),
            ("client_id", self._key[0]),
            ("client_secret", self._key[1]),
            ("audience", _AUDIENCE),
            ("organization_id", self.organization),
        )
        kind = "application/x-www-form-urlencoded"
        call = Call(self, "token", "POST", self._token_path, form(pairs).encode(), kind, login=True)
        answer = await call.all()
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token or min(token) <= " " or max(token) > "~":
            raise call._unexpected("it has no access_token")
        life = answer.get("expires_in")
        life = min(life, _LONGEST_S) if isinstance(life, (int, float)) and life > 0 else _LIFE_S
        self._got = time()
        self._life = ticks_add(ticks_ms(), int(life * 800))  # 80 % of its lifetime
        self._token = token


class _Closed:
    """The result of `close`, which may be awaited and does nothing."""

    def __iter__(self):
        return iter(())

    __await__ = __iter__

"""The web application (FastAPI) and its server (uvicorn), in the cloud's event loop."""

import asyncio
import contextlib
import re
import socket
from pathlib import Path
from typing import Any, Awaitable, Callable, Iterator, Sequence

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
)
from fastapi.staticfiles import StaticFiles
from starlette.requests import ClientDisconnect

from ..audit import Audit
from ..entrance.door import Door
from ..entrance.visitors import Entrance, Visitor
from ..identity.key_files import KeyFiles
from ..identity.tokens import Tokens
from ..own_secrets import OwnSecrets
from ..parts import Parts
from ..property_types import ValueRefused
from ..reach.proxies import NO_PROXIES, Proxies
from ..store.catalogue import NameTaken, NotFound, Refused
from ..store.unwritable import NotWritable
from ..traffic.ota import MAX_FILE
from . import docs, token
from .api.application import ROOT as API_ROOT
from .api.paths import Paths
from .api.problems import described
from .auditing import Auditing
from .connections import HttpConnection, WebSocketConnection
from .cors import Cors
from .guard import Guard
from .local_api import audit_log, credentials, dashboards, live_feed, resources, sessions
from .peer import ClientAddress
from .refusals import refusal

PAGE = Path(__file__).parent.parent / "page"
MAX_BODY = 64 * 1024
MAX_API_BODY = 1024 * 1024
_UPLOAD = re.compile(API_ROOT + r"/v2/devices/[^/]+/ota")
_OF_BEFORE = "Addresses with a token are not taken any more. The command local-cloud page prints a new address.\n"
_HEADERS = {
    # Trusted types: the browser refuses to parse any text as HTML (page/js/html.js has the one exception).
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types default",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def application(
    parts: Parts,
    tokens: Tokens,
    guard: Guard,
    api: FastAPI,
    own: OwnSecrets,
    addresses: Callable[[str], list[str]],
    proxies: Proxies = NO_PROXIES,
    origins: Sequence[str] = (),
) -> FastAPI:
    """Return the web application. `api` is the Application API; pages of other `origins` may use it too.

    `addresses` returns those of the page, with a code.
    """
    store, exchange, audit = parts.store, parts.exchange, parts.audit
    app = FastAPI(title="Local Arduino Cloud", openapi_url=None, docs_url=None, redoc_url=None)
    _add_errors(app)
    for each in (app, api):
        each.add_exception_handler(ClientDisconnect, _gone)
    for routes in (
        resources.router(store, exchange, parts.condition),
        dashboards.router(store, exchange),
        credentials.router(store, exchange, own),
        audit_log.router(store, audit),
    ):
        app.include_router(routes, prefix="/local/v1", dependencies=[Depends(guard.require)])
    app.include_router(live_feed.router(parts.live, guard), prefix="/local/v1")
    app.include_router(sessions.router(store, guard, audit, addresses), prefix="/local/v1")
    app.include_router(token.router(store, tokens, parts.verifier, audit))
    docs.add_to(app)
    app.mount(API_ROOT, api)
    app.mount("/page", StaticFiles(directory=PAGE), name="page")

    @app.get("/")
    async def page(request: Request) -> Response:
        """Serve the page. It exchanges the code in its address for a session (see `sessions`)."""
        if "token" in request.query_params:
            return PlainTextResponse(_OF_BEFORE, 401)
        return FileResponse(PAGE / "index.html")

    _add_middleware(app, guard, audit, proxies, origins)
    return app


def _add_middleware(app: FastAPI, guard: Guard, audit: Audit, proxies: Proxies, origins: Sequence[str]) -> None:
    @app.middleware("http")
    async def check(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        path = request.scope["path"]
        if not guard.host_is_ours(request):
            return refusal(path, 421, "unknown host name")
        if "\0" in path:
            # PostgreSQL accepts none, not even in a query.
            return refusal(path, 404, "no path contains a NUL")
        if "transfer-encoding" in request.headers and "content-length" in request.headers:
            # Two servers may disagree on where such a request ends (RFC 9112, 6.1), so nothing may come after it.
            answer = refusal(path, 400, "a request has Content-Length or Transfer-Encoding, not both")
            answer.headers["Connection"] = "close"
            return answer
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers or not _is_allowed(length, path):
            return refusal(path, 413, "the body is too large or its length is missing")
        response = await proceed(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    if origins:
        app.add_middleware(Cors, below=(API_ROOT,), origins=origins)
    app.add_middleware(Paths)
    app.add_middleware(Auditing, audit=audit)
    app.add_middleware(ClientAddress, proxies=proxies)


def _add_errors(app: FastAPI) -> None:
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NotFound, _error(404))
    app.add_exception_handler(Refused, _error(400))
    app.add_exception_handler(NameTaken, _error(409))
    app.add_exception_handler(ValueRefused, _error(400))
    app.add_exception_handler(NotWritable, _not_writable)


def _is_allowed(length: str, path: str) -> bool:
    """Return whether the path accepts a body of this length."""
    if not length.isascii() or not length.isdigit() or len(length) > 12:
        return False
    if _UPLOAD.fullmatch(path):
        return int(length) <= MAX_FILE + MAX_BODY
    return int(length) <= (MAX_API_BODY if path.startswith(API_ROOT + "/v") else MAX_BODY)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": described(error)}, 422)


async def _not_writable(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotWritable)
    return JSONResponse({"detail": str(error)}, error.status)


async def _gone(request: Request, error: Exception) -> Response:
    """Answer a client that went away in the middle of its request. Nobody reads it, but nothing is logged either."""
    return Response(status_code=400)


def _error(status: int) -> Any:
    async def answer(request: Request, error: Exception) -> Response:
        return JSONResponse({"detail": str(error)}, status)

    return answer


class _Uvicorn(uvicorn.Server):
    """A server that leaves signals to its program, and accepting connections to a door."""

    def __init__(self, config: uvicorn.Config, entrance: Entrance) -> None:
        super().__init__(config)
        self._entrance = entrance

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the doors."""

        def connection(visitor: Visitor) -> HttpConnection:
            return HttpConnection(visitor, self.config, self.server_state)

        doors = [Door(self._entrance, sock, connection, self.config.ssl) for sock in sockets or ()]
        self.servers = doors  # type: ignore[assignment]
        for door in doors:
            door.open()
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """The web application on its sockets: HTTP and HTTPS."""

    def __init__(
        self, app: FastAPI, entrance: Entrance, http: socket.socket, https: socket.socket, files: KeyFiles
    ) -> None:
        tls = {"ssl_certfile": files.certificate, "ssl_keyfile": files.key}
        configs = (_config(app), http), (_config(app, **tls), https)
        self._servers = [(_Uvicorn(config, entrance), sock) for config, sock in configs]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start both servers and return when they accept connections."""
        for server, sock in self._servers:
            task = asyncio.create_task(server.serve([sock]), name="web")
            self._tasks.append(task)
            while not server.started:
                if task.done():
                    task.result()
                    raise RuntimeError("the web server stopped while it was starting")
                await asyncio.sleep(0.005)

    def renew(self, files: KeyFiles) -> None:
        """Show this certificate in new connections. Raises OSError if it cannot be loaded."""
        for server, _ in self._servers:
            if server.config.ssl is not None:
                server.config.ssl.load_cert_chain(files.certificate, files.key)

    async def stop(self) -> None:
        """End all requests and stop both servers."""
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _config(app: FastAPI, **tls: Path) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        http=HttpConnection,
        ws=WebSocketConnection,
        ws_max_size=4096,
        timeout_graceful_shutdown=1,
        server_header=False,
        # `peer.ClientAddress` does this, for the proxies that `serve --behind-proxy` names.
        proxy_headers=False,
        **tls,  # type: ignore[arg-type]
    )

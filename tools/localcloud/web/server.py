"""FastAPI and uvicorn in the event loop of the cloud."""

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Any, Awaitable, Callable, Iterator

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
)
from fastapi.staticfiles import StaticFiles

from ..exchange import Exchange
from ..live import Live
from ..property_types import ValueRefused
from ..store.catalogue import NotFound, Refused
from ..store.database import Store
from ..tokens import Tokens
from . import local_v1, token
from .guard import Guard

PAGE = Path(__file__).parent.parent / "page"
MAX_BODY = 64 * 1024
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def application(store: Store, exchange: Exchange, live: Live, tokens: Tokens, guard: Guard) -> FastAPI:
    """Return the web application."""
    app = FastAPI(title="Local Arduino Cloud", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(NotFound, _error(404))
    app.add_exception_handler(Refused, _error(400))
    app.add_exception_handler(ValueRefused, _error(400))
    app.include_router(
        local_v1.router(store, exchange), prefix="/local/v1", dependencies=[Depends(guard.require)]
    )
    app.include_router(local_v1.live_router(live, guard), prefix="/local/v1")
    app.include_router(token.router(store, tokens))
    app.mount("/page", StaticFiles(directory=PAGE), name="page")

    @app.get("/")
    async def page(request: Request) -> Response:
        """Serve the page; the token in its address is exchanged for a cookie."""
        token = request.query_params.get("token")
        if token is None:
            return FileResponse(PAGE / "index.html")
        if not guard.is_token(token):
            return PlainTextResponse("This is not the token of this local cloud.", 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(guard.cookie, token, httponly=True, samesite="strict", max_age=365 * 86400)
        return answer

    @app.middleware("http")
    async def check(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        if not guard.host_is_ours(request):
            return PlainTextResponse("Unknown host name.", 421)
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY or "transfer-encoding" in request.headers:
            return JSONResponse({"detail": "body too large or without length"}, 413)
        response = await proceed(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app


def _error(status: int) -> Any:
    async def answer(request: Request, error: Exception) -> Response:
        return JSONResponse({"detail": str(error)}, status)

    return answer


class _Uvicorn(uvicorn.Server):
    """A server that leaves signals to the program it is part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """The web application on its socket."""

    def __init__(
        self, store: Store, exchange: Exchange, live: Live, tokens: Tokens, api_token: str, sock: socket.socket
    ) -> None:
        guard = Guard(api_token, sock.getsockname()[1])
        config = uvicorn.Config(
            application(store, exchange, live, tokens, guard),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=4096,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
        self._server = _Uvicorn(config)
        self._sock = sock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the server accepts."""
        self._task = asyncio.create_task(self._server.serve([self._sock]), name="web")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the web server ended at once")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """End all requests and stop."""
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

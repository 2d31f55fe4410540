"""Where a request comes from, and whether its client is still there."""

import asyncio
from typing import Any, Coroutine, TypeVar

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ..reach.proxies import UNKNOWN, Proxies

Result = TypeVar("Result")


def address_of(connection: HTTPConnection) -> str:
    """Return the address of the client that sent a request or opened a WebSocket, as the proxies say it."""
    return connection.client.host if connection.client else UNKNOWN


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of the work. If the client goes before, cancel it and raise `ClientDisconnect`.

    The request's body must have been read.
    """
    working = asyncio.ensure_future(work)
    left = asyncio.create_task(_until_left(request))
    try:
        await asyncio.wait((working, left), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        left.cancel()
        await asyncio.gather(working, left, return_exceptions=True)


async def _until_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class ClientAddress:
    """ASGI middleware that puts the client's address into the scope, if the connection is a proxy's.

    uvicorn's own takes the word of 127.0.0.1 unless it is turned off, and anything as an address.
    """

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        peer = scope.get("client")
        if peer is not None and peer[0] in self._proxies:
            values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
            client = self._proxies.client_of(peer[0], values)
            if client != peer[0]:
                scope["client"] = (client, 0)
        await self._app(scope, receive, send)

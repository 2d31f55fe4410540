"""Let web pages of other origins use the Application API, if the operator has named them."""

from typing import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_HEADERS = ("Authorization", "Content-Type", "X-Organization")


class Cors:
    """ASGI middleware: answers browsers' questions about these origins, for paths `below` these alone.

    Tokens come in a header that the page itself sets, so cookies stay out.
    """

    def __init__(self, app: ASGIApp, below: Sequence[str], origins: Sequence[str]) -> None:
        self._app = app
        self._below = tuple(path + "/" for path in below)
        self._with_cors = CORSMiddleware(
            app, allow_origins=origins, allow_methods=["*"], allow_headers=_HEADERS, expose_headers=["Retry-After"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        has_it = scope["type"] == "http" and scope["path"].startswith(self._below)
        await (self._with_cors if has_it else self._app)(scope, receive, send)

"""Accept paths as old and careless clients write them."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile(r"//+")
_OURS_BELOW_IOT = re.compile(r"/v[123]/|/ota/v1/ota(/|$)")


class Paths:
    """ASGI middleware: `//iot/v2`, `/iot/iot/v2` and `/v2` all mean `/iot/v2`.

    `/ota/v1/ota` is served below `/iot` too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its usual path."""
        if scope["type"] == "http":
            usual = usual_path(scope["path"])
            if usual != scope["path"]:
                scope = {**scope, "path": usual, "raw_path": usual.encode()}
        await self._app(scope, receive, send)


def usual_path(path: str) -> str:
    """Return the path in its usual form."""
    path = _SLASHES.sub("/", path)
    if path.startswith("/iot/iot/"):
        path = path[len("/iot") :]
    return "/iot" + path if _OURS_BELOW_IOT.match(path) else path

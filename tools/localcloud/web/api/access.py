"""Admit requests to the Application API: those with a token, not too often. Runs before a body is read."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ...identity.failures import Failures
from ...identity.tokens import Tokens
from ...store.database import Store
from . import problems
from .limits import RateLimit

OPEN = ("/openapi.json", "/ota/v1/download/")
"""Paths without a token: the description, and downloads, whose addresses are secret themselves."""


class Access:
    """ASGI middleware that identifies the user, or answers 401, or 429 if there are too many requests."""

    def __init__(self, app: ASGIApp, store: Store, tokens: Tokens, limit: RateLimit, failures: Failures) -> None:
        self._app = app
        self._store = store
        self._tokens = tokens
        self._limit = limit
        self._failures = failures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path.startswith(OPEN):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        user_id = await self._user_of(request)
        if user_id is None:
            headers = {"WWW-Authenticate": "Bearer"}
            refusal = problems.answer(401, "the token is missing, wrong or expired", headers)
            await refusal(scope, receive, send)
        elif not self._limit.admits(user_id):
            refusal = problems.answer(429, "the maximum request limit was reached", {"Retry-After": "1"})
            await refusal(scope, receive, send)
        else:
            request.state.user_id = user_id
            request.state.visitor.admit()
            await self._app(scope, receive, send)

    async def _user_of(self, request: Request) -> str | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or len(request.headers.getlist("authorization")) != 1:
            return None
        grant = await self._tokens.still_given(token.strip(), self._store)
        if grant is None:
            # Nobody finds one by trying, and many that come here have just expired: that is worth no line.
            self._failures.count("API token")
        return None if grant is None else grant.user_id

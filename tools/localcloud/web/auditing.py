"""Note in the audit log what requests change: by whom, from where, and what it concerns."""

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..audit import Audit
from .peer import address_of

_CHANGES = ("POST", "PUT", "PATCH", "DELETE")
_BELOW = re.compile(r"/(?:iot|local)/v\d+/(?!clients/)(.+?)/?")
_VALUES = re.compile(r".*/(?:publish|publish_batch|value)|series/.*|.*/batch_query.*|session")
"""Values are not noted, nor questions that are sent with POST. A page's log-in is noted by its route."""
_IS_ID = re.compile(r"[0-9a-fA-F]{8}-.*|\d+")
_LONGEST_BODY = 64 * 1024
_NOUNS = {
    "properties": "property",
    "pass": "password",
    "page-codes": "page address",
    "ota": "update",
}
_DONE = {"clone": "copied", "rotate": "got a new secret"}


class Auditing:
    """ASGI middleware. Routes and the Application API leave in `request.state` who it is: `by` or `user_id`."""

    def __init__(self, app: ASGIApp, audit: Audit) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note it if it was successful."""
        below = _BELOW.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if below is None or scope["method"] not in _CHANGES or _VALUES.fullmatch(below[1]):
            await self._app(scope, receive, send)
            return
        # A mounted application has a copy of the scope, but the same state.
        state: dict[str, Any] = scope.setdefault("state", {})
        status, body = 500, b""

        async def watch(message: Message) -> None:
            nonlocal status, body
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and len(body) < _LONGEST_BODY:
                body += message.get("body", b"")
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            if status < 400:
                by = state.get("by") or ("user %s" % state["user_id"] if "user_id" in state else "")
                action, about = described(scope["method"], below[1], body)
                self._audit.note(action, by=by, address=address_of(Request(scope)), about=about)


def described(method: str, path: str, body: bytes) -> tuple[str, str]:
    """Return what a request has done, such as "thing created", and what it concerns, such as "things ID"."""
    parts = path.split("/")
    about = " ".join(parts)
    last = parts[-1]
    if last in _DONE:
        return "%s %s" % (_noun([each for each in parts[:-1]]), _DONE[last]), about
    if _IS_ID.fullmatch(last):
        return "%s %s" % (_noun(parts), "deleted" if method == "DELETE" else "changed"), about
    noun = _noun(parts)
    if method == "DELETE":
        return noun + " deleted", about
    is_made = last.endswith("s") and last not in ("pass", "tags") or last in ("ota", "page-codes")
    if made := _id_in(body) if is_made else "":
        about += " " + made
    return "%s %s" % (noun, "created" if is_made else "changed"), about


def _noun(parts: list[str]) -> str:
    name = next((each for each in reversed(parts) if not _IS_ID.fullmatch(each)), "")
    return _NOUNS.get(name) or name.removesuffix("s")


def _id_in(body: bytes) -> str:
    """Return the id of what was made, as the answer says it."""
    try:
        made = json.loads(body)
        found = made.get("id", "") if isinstance(made, dict) else ""
    except (ValueError, RecursionError):
        return ""
    return found if isinstance(found, str) and _IS_ID.fullmatch(found) else ""

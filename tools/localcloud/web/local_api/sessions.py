"""The page's sessions: begin one with the code in the page's address, list them, end them."""

from typing import Any, Callable

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from ...audit import Audit
from ...store import page_sessions
from ...store.catalogue import NotFound
from ...store.database import Store
from ...store.models import PageSession
from ..guard import Guard
from ..peer import address_of
from .bodies import Code

USED_UP = (
    "The code in this address is used up, expired or wrong: each works once, within a day."
    " The command local-cloud page prints a new address."
)


def router(store: Store, guard: Guard, audit: Audit, addresses: Callable[[str], list[str]]) -> APIRouter:
    """Return the routes, which check the credentials themselves. `addresses` are those of the page with a code."""
    routes = APIRouter()
    _add_own(routes, store, guard, audit)
    _add_all(routes, store, addresses, Depends(guard.require))
    return routes


def _add_own(routes: APIRouter, store: Store, guard: Guard, audit: Audit) -> None:
    @routes.post("/session", status_code=201)
    async def begin(request: Request, body: Code) -> JSONResponse:
        """Begin a session of the page. The answer has the key, and sets the cookie."""
        address = address_of(request)
        browser = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
        begun = None
        code = body.code
        if guard.is_our_page(request) and await store.read(lambda session: page_sessions.is_code(session, code)):
            begun = await store.write(
                lambda session: page_sessions.begin(session, code, address=address, browser=browser)
            )
        if begun is None:
            guard.note_failure("page code", "", address)
            return JSONResponse({"detail": USED_UP}, 401)
        request.state.visitor.admit()
        audit.note("page logged in", by="page %s" % begun.id, address=address)
        answer = JSONResponse({"id": begun.id, "key": begun.key}, 201)
        guard.set_cookie(request, answer, begun)
        return answer

    @routes.delete("/session", dependencies=[Depends(guard.require)])
    async def log_out(request: Request) -> JSONResponse:
        """End the session that sends this."""
        session_id = request.state.session_id
        if session_id is None:
            raise NotFound("the token has no session; DELETE /local/v1/sessions/ID ends one")
        await store.write(lambda session: page_sessions.end(session, session_id))
        answer = JSONResponse({"id": session_id})
        guard.remove_cookie(request, answer)
        return answer


def _add_all(routes: APIRouter, store: Store, addresses: Callable[[str], list[str]], admitted: Any) -> None:
    @routes.post("/page-codes", status_code=201, dependencies=[admitted])
    async def new_code() -> dict[str, Any]:
        """Return the page's addresses with a new code, the first one for this machine."""
        code = await store.write(page_sessions.new_code)
        pages = addresses(code)
        return {"page": pages[0], "pages": pages}

    @routes.get("/sessions", dependencies=[admitted])
    async def list_sessions(request: Request) -> list[dict[str, Any]]:
        """List the browsers that may use the page, the latest used first."""
        own = request.state.session_id
        return await store.read(
            lambda session: [_json(each, own) for each in page_sessions.list_all(session)]
        )

    @routes.delete("/sessions/{session_id}", dependencies=[admitted])
    async def end(session_id: str) -> dict[str, Any]:
        """End a session."""
        await store.write(lambda session: page_sessions.end(session, session_id))
        return {"id": session_id}

    @routes.delete("/sessions", dependencies=[admitted])
    async def end_all() -> dict[str, Any]:
        """End all sessions, and the codes in addresses that have not been opened."""
        return {"ended": await store.write(page_sessions.end_all)}


def _json(found: PageSession, own: str | None) -> dict[str, Any]:
    return {
        "id": found.id,
        "address": found.address,
        "browser": found.browser,
        "created_at_us": found.created_at,
        "last_used_at_us": found.last_used_at,
        "ends_at_us": page_sessions.ends_at(found),
        "is_this_one": found.id == own,
    }

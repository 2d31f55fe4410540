"""Errors in the form of the Application API: `application/vnd.goa.error+json`."""

import logging
import secrets
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

from ...property_types import ValueRefused
from ...store.catalogue import NotFound, Refused
from ...store.unwritable import NotWritable

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/vnd.goa.error+json"
SCHEMA = {
    "title": "Error",
    "type": "object",
    "required": ["code", "detail", "id", "meta", "status"],
    "properties": {
        "code": {"type": "string", "description": "The kind of error, as a word."},
        "detail": {"type": "string", "description": "What is wrong."},
        "id": {"type": "string", "description": "Identifies this answer."},
        "meta": {"type": "object"},
        "status": {"type": "integer", "description": "The HTTP status."},
    },
}
"""What `answer` returns, as OpenAPI describes it."""


class Problem(Exception):
    """A request that is refused, with the HTTP status and a message for the caller."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def conflict(detail: str) -> Problem:
    """Return a problem with status 409."""
    return Problem(409, detail)


def answer(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an answer that reports an error."""
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    body: dict[str, Any] = {
        "code": code,
        "detail": detail,
        "id": secrets.token_urlsafe(6),
        "meta": {},
        "status": status,
    }
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Make the application answer every error in this form."""

    async def problem(request: Request, error: Exception) -> JSONResponse:
        return answer(getattr(error, "status", 500), str(error))

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return answer(error.status_code, str(error.detail), dict(error.headers or {}))

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answer(400, described(error))

    def always(status: int) -> Any:
        async def handler(request: Request, error: Exception) -> JSONResponse:
            return answer(status, str(error))

        return handler

    async def conflicting(request: Request, error: Exception) -> JSONResponse:
        log.warning("the database refused a change that conflicts with another request's")
        return answer(409, "another request changed the same data; try again")

    async def failed(request: Request, error: Exception) -> JSONResponse:
        return answer(500, "the local cloud failed; its log says why")

    app.add_exception_handler(Exception, failed)
    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(NotWritable, problem)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(NotFound, always(404))
    app.add_exception_handler(Refused, always(400))
    app.add_exception_handler(ValueRefused, always(400))
    app.add_exception_handler(IntegrityError, conflicting)


def described(error: RequestValidationError) -> str:
    """Describe the first error and its place, but not the input, which may be a secret."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first.get("loc", ()) if part != "body")
    return "%s: %s" % (place, first.get("msg")) if place else str(first.get("msg"))

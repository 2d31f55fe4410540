"""Refusals before a route is asked, each in the form that the errors of the called API have."""

from fastapi.responses import JSONResponse

from . import token
from .api import problems
from .api.application import ROOT as API_ROOT


def refusal(path: str, status: int, detail: str) -> JSONResponse:
    """Return the answer to a request for this path."""
    if path == token.PATH:
        return token.error(status, "invalid_request", detail)
    if path.startswith(API_ROOT + "/"):
        return problems.answer(status, detail)
    return JSONResponse({"detail": detail}, status)

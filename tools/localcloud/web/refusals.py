"""Refuse requests before they reach a route, in the form of the called API's errors."""

from fastapi.responses import JSONResponse

from . import token
from .api import problems
from .api.application import ROOT as API_ROOT


def refusal(path: str, status: int, detail: str) -> JSONResponse:
    """Return the answer that refuses a request for this path."""
    if path == token.PATH:
        return token.error(status, "invalid_request", detail)
    if path.startswith(API_ROOT + "/"):
        return problems.answer(status, detail)
    return JSONResponse({"detail": detail}, status)

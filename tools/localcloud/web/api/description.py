"""Put the errors that the API answers with into its description (`openapi.json`), instead of FastAPI's."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from . import problems

_NOT_SENT = "422"
_FASTAPIS_ERRORS = ("HTTPValidationError", "ValidationError")
_ALWAYS = (401, 421, 429, 500)
_ASKS_ONLY = "/v2/series/"
# Operations that get ids of things, properties or devices in the body rather than in the path.
_NAMES_IDS = {("put", "/v2/things"), ("post", "/v2/series/batch_query_raw/lastvalue")}
_MORE = {
    ("post", "/v2/devices/{id}/ota"): (410,),
    ("put", "/v2/devices/{id}/tags"): (412,),
    ("put", "/v2/things/{id}/tags"): (412,),
}


def add_errors(app: FastAPI) -> None:
    """Add each operation's errors, and their format, to the application's description."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _declare(described())
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _declare(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for name in _FASTAPIS_ERRORS:
        schemas.pop(name, None)
    schemas["Error"] = problems.SCHEMA
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop(_NOT_SENT, None)
            for status in _statuses(method, path, operation):
                error = {"description": HTTPStatus(status).phrase, "content": content}
                operation["responses"][str(status)] = error


def _statuses(method: str, path: str, operation: dict[str, Any]) -> list[int]:
    """Return the status codes of an operation's possible errors."""
    has_body = "requestBody" in operation
    changes = method != "get" and not path.startswith(_ASKS_ONLY)
    asked = [each for each in operation.get("parameters", ()) if each["in"] != "path"]
    statuses = [*_ALWAYS, *_MORE.get((method, path), ())]
    statuses += [400] if has_body or asked else []
    statuses += [404] if "{" in path or (method, path) in _NAMES_IDS else []
    statuses += [409] if changes else []
    statuses += [413] if has_body else []
    return sorted(statuses)

"""The token endpoint of the Application API: OAuth2 client credentials (RFC 6749, 4.4)."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..audit import Audit
from ..identity.tokens import LIFETIME, Tokens
from ..identity.verification import API_KEY, Busy, Verifier
from ..store import catalogue
from ..store.credentials import grant_of
from ..store.database import Store
from .peer import address_of, while_connected

PATH = "/iot/v1/clients/token"


def router(store: Store, tokens: Tokens, verifier: Verifier, audit: Audit) -> APIRouter:
    """Return the route. A request needs only the API key."""
    routes = APIRouter()

    @routes.post(PATH)
    async def token(request: Request) -> Any:
        """Exchange an API key, in the form or by HTTP Basic, for an access token."""
        try:
            form = await request.form()
        except HTTPException as fault:
            return error(400, "invalid_request", fault.detail)
        if form.get("grant_type") != "client_credentials":
            return error(400, "unsupported_grant_type", "grant_type must be client_credentials")
        client_id, secret = _basic(request) or (form.get("client_id"), form.get("client_secret"))
        if not isinstance(client_id, str) or not isinstance(secret, str):
            return error(400, "invalid_request", "client_id and client_secret are required")
        key = await store.read(lambda session: catalogue.find_api_key(session, client_id))
        stored = None if key is None else key.secret_hash
        # A key that does not exist takes the same way, so that nobody can tell.
        checking = verifier.verify(API_KEY, client_id, secret, stored, address_of(request))
        try:
            is_right = await while_connected(request, checking)
        except Busy:
            return error(503, "temporarily_unavailable", "try again in a second", {"Retry-After": "1"})
        except ClientDisconnect:
            return Response(status_code=499)
        if key is None or not is_right:
            return error(401, "access_denied", "Unauthorized")
        audit.note("token given", by="user " + key.user_id, address=address_of(request), about="key " + key.id)
        return {"access_token": tokens.issue(grant_of(key)), "expires_in": LIFETIME, "token_type": "Bearer"}

    return routes


def error(status: int, word: str, description: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an error in the form of OAuth2 (RFC 6749, 5.2)."""
    return JSONResponse({"error": word, "error_description": description}, status, headers)


def _basic(request: Request) -> tuple[str, str] | None:
    """Return the id and secret, percent-encoded in an Authorization header (RFC 6749, 2.3.1), or None."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else None

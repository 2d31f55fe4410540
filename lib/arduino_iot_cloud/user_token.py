"""Tokens with which a user logs in: one for an API key, and whose a token is."""

import json
from binascii import a2b_base64

from .user_session import CloudError


async def fetch(url: str, client_id: str, client_secret: str, audience: str, ssl_params) -> str:
    """Exchange an API key for a token. Raises CloudError."""
    from .http import HTTP, split
    from .http_form import form
    from .http_head import HTTPError

    pairs = (
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", client_secret),
        ("audience", audience),
    )
    server = HTTP(url, ssl_params)
    try:
        headers = (("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"))
        response = await server.request("POST", split(url)[3], headers, form(pairs).encode())
        answer = await response.read(8192)
    except HTTPError as error:
        raise CloudError("No token from %s: %s." % (url, error.args[0]), error.args[1])
    except (OSError, EOFError, ValueError) as error:
        from .diagnosis import diagnose

        text, heals = diagnose(server, error)
        raise _fatal("No token. " + text, 0, heals)
    finally:
        server.close()
    status = response.status
    if status in (400, 401, 403):
        raise _fatal("The API key is refused by %s (HTTP %d)." % (url, status), status)
    try:
        return json.loads(answer)["access_token"]
    except (ValueError, KeyError, TypeError):
        raise CloudError("No token in the answer of %s (HTTP %d)." % (url, status), status)


def _fatal(text, status, heals=False):
    error = CloudError(text, status)
    error.heals = heals
    return error


def user_of(token: str) -> str:
    """The id of the user whose JSON Web Token this is; only the cloud can tell if it is good. Raises CloudError."""
    try:
        claims = token.split(".")[1].replace("-", "+").replace("_", "/")
        user = json.loads(a2b_base64(claims + "=" * (-len(claims) % 4)))["http://arduino.cc/id"]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        user = None
    if not isinstance(user, str):
        raise _fatal("This is not a user's token.", 0)
    return user

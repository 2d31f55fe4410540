"""The tokens with which users log in: getting one for an API key, and finding a token's user."""

import json
from binascii import a2b_base64

from .connection import CloudError


async def fetch(url: str, client_id: str, client_secret: str, audience: str, ssl_params) -> str:
    """Exchange an API key for a token (str). Raises CloudError; TypeError or ValueError for a wrong `url`."""
    from ..http.client import HTTP
    from ..http.head import HTTPError
    from ..http.response import BodyError

    server = HTTP(url, ssl_params)
    try:
        response, answer = await _ask(server, url, client_id, client_secret, audience)
        return _token(url, response, answer)
    except BodyError as error:
        raise _fatal("No token from %s: %s." % (url, error.args[0]), error.args[1])
    except HTTPError as error:
        raise CloudError("No token from %s: %s." % (url, error.args[0]), error.args[1])
    except MemoryError:
        answer = None
        raise CloudError("No token from %s: out of memory. Free some before connecting." % url, 0)
    except (OSError, EOFError, ValueError) as error:
        from ..diagnosis import diagnose

        text, heals = diagnose(server, error)
        raise _fatal("No token. " + text, 0, heals)
    finally:
        server.close()


async def _ask(server, url, client_id, client_secret, audience):
    from ..http.form import form

    pairs = (
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", client_secret),
        ("audience", audience),
    )
    headers = (("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"))
    response = await server.request("POST", server.path, headers, form(pairs).encode(), ("location",))
    return response, await response.read(8192)


def _token(url, response, answer):
    # Return the token in an answer. Raises CloudError.
    status = response.status
    if status in (400, 401, 403):
        raise _fatal("%s refused the API key (HTTP %d)." % (url, status), status)
    if 300 < status < 400:
        from ..http.head import shown

        to = shown(response.headers.get("location", b"")[:200]) or "no address"
        text = "No token: %s redirects to %s (HTTP %d). The API key is not sent there; "
        text += "to send it, pass that as token_url."
        raise _fatal(text % (url, to, status), status)
    try:
        token = json.loads(str(answer, "utf-8").lstrip("\ufeff"))["access_token"] if 200 <= status < 300 else None
    except (ValueError, KeyError, TypeError, RuntimeError):  # RuntimeError if it is nested too deeply for json
        token = None
    if not isinstance(token, str) or not token or min(token) <= " " or max(token) > "~":
        raise CloudError("No token in the answer of %s (HTTP %d)." % (url, status), status)
    return token


def _fatal(text, status, heals=False):
    error = CloudError(text, status)
    error.heals = heals
    return error


def user_of(token: str) -> str:
    """Return the id of the user in a JSON Web Token. Only the cloud can verify the token. Raises CloudError."""
    try:
        claims = token.split(".")[1].replace("-", "+").replace("_", "/")
        claims = str(a2b_base64(claims + "=" * (-len(claims) % 4)), "utf-8")
        user = json.loads(claims)["http://arduino.cc/id"]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RuntimeError):
        user = None
    if not isinstance(user, str) or not user:
        raise _fatal("This is not a user's token.", 0)
    return user

"""Handle a call that failed: what the answer says, whether to retry, and when. Loaded only then."""

import asyncio
import json
from random import random

from arduino_iot_cloud.http.head import HTTPError, shown
from arduino_iot_cloud.port import const, timestamp

from .errors import APIError
from .json_reader import DONE, VALUE, JSONError, JSONReader
from .times import of_http

_PATIENCE_S = const(60)  # the call fails if the server wants a longer pause


async def lost(call, server, error):
    """The connection ended without an answer: return when the retry is due, or raise APIError."""
    if isinstance(error, OSError) and error.args and (error.args[0] == 12 or "ALLOC" in str(error)):  # ENOMEM, mbedtls
        raise no_memory(call)
    again = call._repeat or not server.sent
    if isinstance(error, ValueError) or not again or not await _pause(call, None):
        raise no_answer(call._name, server, error)
    if server.sent:
        call._doubt = True


def no_answer(name, server, error) -> APIError:
    """The APIError for an OSError, EOFError, ValueError (of TLS) or HTTPError."""
    if isinstance(error, HTTPError):
        text = "%s:%d broke the protocol: %s" % (server.server, server.port, error.args[0])
    else:
        from arduino_iot_cloud.diagnosis import diagnose

        text = diagnose(server, error)[0]
    return APIError(name, 0, "connection", text)


def no_memory(call) -> APIError:
    """The APIError for a MemoryError."""
    status = call._response.status if call._response else 0
    what = "after %d bytes of the answer" % call._got if status else "before there was an answer"
    if call._walks:
        do = "ask for less, or free memory first"
    elif call._opened is None:
        do = "free memory before the call"
    else:
        do = "iterate with `async for`, ask for less, or free memory first"
    return APIError(call._name, status, "memory", "out of memory %s: %s" % (what, do))


async def refused(call, response, body: bytes):
    """The answer was an error: return when the retry is due, return True if nothing is left to do, or raise APIError.
    """
    status = response.status
    api = call._api
    if status in (301, 302, 303, 307, 308):
        from .redirect import follow

        return follow(call, response)
    if status == 401 and not call._login and not call._renewed and api._renew(call._token):
        call._renewed = True
        call._attempt -= 1
        return
    if status == 404 and call._doubt and call._request[0] == "DELETE":
        return True
    wanted = pause_of(response.headers)
    unseen = status == 429 or status == 503 and wanted is not None
    again = unseen or call._repeat and status in (500, 502, 503, 504)
    if not again or not await _pause(call, wanted):
        secrets = api._secrets() + [call._secret]
        raise APIError(call._name, status, *describe(status, body, call._login, secrets))
    if not unseen:
        call._doubt = True


async def _pause(call, wanted):
    # Sleep before another attempt: as long as the server says, or longer each time. Returns False if there is none.
    api = call._api
    if call._attempt >= api.attempts or (wanted or 0) > _PATIENCE_S:
        return False
    pause = min(api.backoff * (1 << min(call._attempt - 1, 30)), _PATIENCE_S) if wanted is None else wanted
    await asyncio.sleep(pause + random() * (pause if wanted is None else api.backoff) / 4)
    return True


def pause_of(headers):
    """The seconds for which the server wants no requests; None if it does not say."""
    wanted = headers.get("retry-after")
    if wanted is None:
        return None
    if wanted.isdigit():
        return int(wanted[:9])
    until = of_http(wanted)
    now = of_http(headers.get("date", b"")) or timestamp()
    return max(until - now, 0) if until and now else None


def describe(status: int, body: bytes, login: bool, secrets) -> tuple:
    """(code, detail, id) of an error, from its body: JSON in the form of the API or of OAuth, or text. All
    `secrets` (str) are masked."""
    try:
        answer = parsed(body)
    except JSONError:
        answer = None
    if not isinstance(answer, dict):
        answer = {"detail": None if body[:1] in (b"<", b"") else body}
    code = answer.get("code") or answer.get("error")
    detail = answer.get("detail") or answer.get("error_description") or answer.get("message")
    if login and status in (400, 401, 403):
        code, detail = "access_denied", "the API key was refused"
    code = _text(code, secrets) or "http_%d" % status
    return code, _text(detail, secrets) or "no reason given", _text(answer.get("id"), secrets)


def _text(value, secrets):
    # One line, without characters that control a terminal or a log.
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray)):
        text = shown(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value)
        text = "".join([c if _is_shown(ord(c)) else " " for c in text]).strip()
    for secret in secrets:
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return text[:500]


def _is_shown(code):
    # Neither a control character nor a UTF-16 surrogate
    return not (code < 32 or 127 <= code < 160 or 0xD800 <= code < 0xE000)


def parsed(data):
    """The value of a complete JSON document (bytes). Raises JSONError."""
    reader = JSONReader((), len(data))
    reader.feed(data)
    if reader.next() != VALUE:
        reader.last()
    elif reader.next() != DONE:
        raise JSONError("the JSON document ends early")
    return reader.value

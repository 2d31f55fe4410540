"""What an answer that is no success says."""

import json

from arduino_iot_cloud.port import timestamp

from .times import of_http


def pause_of(headers):
    """How many seconds the server wants to be left alone; None if it does not say."""
    wanted = headers.get("retry-after")
    if wanted is None:
        return None
    if wanted.isdigit():
        return int(wanted[:9])
    until = of_http(wanted)
    now = of_http(headers.get("date", b"")) or timestamp()
    return max(until - now, 0) if until and now else None


def describe(status: int, body: bytes, login: bool, secrets) -> tuple:
    """(code, detail, id) of an error, from its body: JSON of the API's form or OAuth's, or text. None of `secrets`
    (str) is in it."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = {"detail": None if body[:1] in (b"<", b"") else body}
    code = answer.get("code") or answer.get("error") or "http_%d" % status
    detail = answer.get("detail") or answer.get("error_description") or answer.get("message") or "no reason is given"
    if login and status in (400, 401, 403):
        code, detail = "access_denied", "the API key is refused"
    found = []
    for text in (code, detail, answer.get("id")):
        text = _text(text)
        for secret in secrets:
            if secret and text:
                text = text.replace(secret, "***")
        found.append(text and text[:500])
    return tuple(found)


def _text(value):
    if isinstance(value, (bytes, bytearray)):
        return "".join([chr(byte) if 32 <= byte < 127 else " " for byte in value]).strip()
    return value if value is None or isinstance(value, str) else json.dumps(value)

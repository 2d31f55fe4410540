"""Check that JSON can be stored and sent: Python reads more than clients and databases accept."""

import math
from typing import TypeVar

_MAX_DEPTH = 20
_INT64 = 2**63
Anything = TypeVar("Anything")


def checked(value: Anything) -> Anything:
    """Return the value. Raises ValueError if it cannot be stored, or breaks answers that contain it."""
    _check(value, _MAX_DEPTH)
    return value


def _check(value: object, depth: int) -> None:
    if depth < 0:
        raise ValueError("nested more than %d deep" % _MAX_DEPTH)
    if isinstance(value, dict):
        for name, member in value.items():
            _check(name, depth)
            _check(member, depth - 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth - 1)
    elif isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number is not finite")
    elif isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise ValueError("a number is out of range")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text is not valid Unicode") from None
    if "\0" in text:
        raise ValueError("a text contains a NUL")

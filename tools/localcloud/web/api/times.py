"""Times of the Application API (RFC 3339) and of the store (microseconds since 1970)."""

import re
from datetime import datetime, timedelta, timezone
from typing import Annotated

from pydantic import BeforeValidator

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_YEARS = range(1842, 2243)


def parse(text: object) -> int:
    """Read a time of RFC 3339, in UTC if it has no zone, and return microseconds. Raises ValueError."""
    found = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("not a time of RFC 3339")
    date, clock, fraction, zone = found.groups()
    offset = "+00:00" if zone is None or zone in "Zz" else zone
    moment = datetime.fromisoformat("%sT%s%s" % (date, clock, offset))
    if moment.year not in _YEARS:
        raise ValueError("the year is not between 1842 and 2242")
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    return seconds * 1_000_000 + int((fraction or "0").ljust(6, "0")[:6])


def write(time_us: int) -> str:
    """Return the time as text in UTC, with as many digits as it needs."""
    text = (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = time_us % 1_000_000
    return text + (".%06d" % fraction).rstrip("0") + "Z" if fraction else text + "Z"


Time = Annotated[int, BeforeValidator(parse)]
"""A time in a request, in microseconds."""

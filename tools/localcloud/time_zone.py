"""A thing's time zone, in the form that devices expect."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# In zones without daylight saving time the offset is valid for this long. Then the device asks again.
_HORIZON = timedelta(days=366)
_STEP = timedelta(days=7)


def is_known(name: str) -> bool:
    """Return whether this is the name of an IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def offset_and_until(name: str, now: float) -> tuple[int, int]:
    """Return the offset from UTC in seconds, and the (future) Unix time until which it is valid."""
    zone = ZoneInfo(name if is_known(name) else "UTC")
    start = datetime.fromtimestamp(now, timezone.utc)

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta(0)

    current = offset(start)
    before = after = start
    while after - start < _HORIZON:
        after = before + _STEP
        if offset(after) != current:
            break
        before = after
    else:
        return int(current.total_seconds()), int(after.timestamp())
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if offset(middle) == current:
            before = middle
        else:
            after = middle
    return int(current.total_seconds()), max(int(after.timestamp()), int(now) + 1)

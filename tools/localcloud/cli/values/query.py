"""Fetch historical data page by page. Only one page's values are in memory at a time."""

import builtins
import fnmatch
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ...property_types import PROPERTY_TYPES
from ..exits import USAGE, CommandError
from ..terminal import complain

PAGE = 1000
_AGO = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Selected:
    """A variable of a thing."""

    thing: str
    name: str
    id: str
    type: str
    thing_id: str

    @property
    def kind(self) -> builtins.type | None:
        """Return the Python type of its values; None for objects."""
        known = PROPERTY_TYPES.get(self.type)
        return known.kind if known else float


@dataclass(frozen=True)
class Range:
    """A span of time from `start` (inclusive) to `end` (exclusive), and how to reduce its values."""

    start: datetime
    end: datetime
    how: str = "raw"  # or "aggregated" or "sampled"
    interval: int = 0  # seconds
    aggregation: str | None = None


Points = list[tuple[datetime, Any]]


def when(text: str, now: datetime) -> datetime:
    """Read `2026-03-02`, `2026-03-02T10:00:00+01:00` (UTC if no zone is given), `now`, or an age like `7d`.

    Raises ValueError.
    """
    if text == "now":
        return now
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
        return as_time(text)
    except (ValueError, OverflowError):
        raise ValueError("expected a time such as 2026-03-02T10:00 or 7d (ago), got %r" % text) from None


def as_time(text: str) -> datetime:
    """Read a time of the API, in UTC if it has no zone. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)


def select(wanted: list[str], things: list[dict[str, Any]]) -> list[Selected]:
    """Return the variables that match `THING` or `THING/PROPERTY` (with * and ?). Raises CommandError."""
    found: dict[str, Selected] = {}
    for pattern in wanted:
        thing_pattern, slash, name_pattern = pattern.partition("/")
        matching = [
            Selected(thing["name"], each["name"], each["id"], each["type"], thing["id"])
            for thing in sorted(things, key=lambda each: each["name"])
            if _is(thing, thing_pattern)
            for each in thing.get("properties") or ()
            if not slash or _is(each, name_pattern)
        ]
        if not matching:
            raise CommandError(
                "no %s matches %r" % ("property" if slash else "thing with properties", pattern)
            )
        found.update((each.id, each) for each in matching)
    return list(found.values())


def _is(resource: dict[str, Any], pattern: str) -> bool:
    return resource["id"] == pattern or fnmatch.fnmatchcase(resource["name"], pattern)


async def pages(
    api: Any,
    variable: Selected,
    wanted: Range,
    advance: Callable[[float], None] = lambda seconds: None,
    leave_out: Callable[[datetime], None] = lambda time: None,
) -> AsyncIterator[Points]:
    """Yield the values in the order of time, up to PAGE at once. Raises CommandError.

    `advance` is called with the seconds covered, `leave_out` with a time that has more values than the API
    returns.
    """
    raw = wanted.how == "raw"
    going = _raw_pages(api, variable, wanted, leave_out) if raw else _windows(api, variable, wanted)
    reached = wanted.start
    async for points, until in going:
        if points:
            yield points
        advance((until - reached).total_seconds())
        reached = until


async def _raw_pages(
    api: Any, variable: Selected, wanted: Range, leave_out: Callable[[datetime], None]
) -> AsyncIterator[tuple[Points, datetime]]:
    start, seen = wanted.start, 0  # how many values at exactly `start` have been yielded
    while True:
        body = {"q": "property." + variable.id, "from": _text(start), "to": _text(wanted.end), "sort": "ASC"}
        points = await _ask(api.series.batch_query_raw, {**body, "series_limit": PAGE})
        fresh = points[seen:]
        if len(points) < PAGE:
            yield fresh, wanted.end
            return
        last = points[-1][0]
        if not fresh or last == start:
            # An answer cannot have more values of this time, and no request can select the rest.
            complain(
                "%s/%s: %s has %d values or more; any others are left out"
                % (variable.thing, variable.name, _text(last), PAGE)
            )
            leave_out(last)
            yield fresh, last
            start, seen = last + _MICROSECOND, 0
            continue
        yield fresh, last
        start, seen = last, sum(time == last for time, _ in points)


async def _windows(api: Any, variable: Selected, wanted: Range) -> AsyncIterator[tuple[Points, datetime]]:
    """Ask for as many intervals at once as an answer may have."""
    step = timedelta(seconds=wanted.interval)
    start = wanted.start
    while start < wanted.end:
        end = min(wanted.end, start - (start - _EPOCH) % step + PAGE * step)
        body: dict[str, Any] = {"q": "property." + variable.id, "from": _text(start), "to": _text(end)}
        body.update(interval=wanted.interval, series_limit=PAGE)
        if wanted.how == "sampled":
            points = await _ask(api.series.batch_query_sampling, body)
        else:
            body["aggregation"] = wanted.aggregation or ("BOOL_OR" if variable.kind is bool else "AVG")
            points = await _ask(api.series.batch_query, body)
        yield sorted(points, key=lambda point: point[0]), end
        start = end


async def _ask(operation: Callable[..., Any], request: dict[str, Any]) -> Points:
    answer = await operation({"requests": [request], "resp_version": 1})
    (response,) = answer["responses"]
    if response["status"] != "ok":
        raise CommandError("%s: %s" % (request["q"], response.get("message") or response["status"]))
    return [(as_time(time), value) for time, value in zip(response["times"], response["values"], strict=True)]


def _text(time: datetime) -> str:
    text = time.astimezone(timezone.utc).replace(tzinfo=None).isoformat()
    return text + "Z"


def checked(wanted: Range) -> Range:
    """Return the range if it is not empty. Raises CommandError."""
    if wanted.start >= wanted.end:
        raise CommandError(
            "--from %s is not before --to %s" % (_text(wanted.start), _text(wanted.end)), USAGE
        )
    return wanted

"""Queries for a variable's history: raw, aggregated by interval, or one sample per interval."""

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Callable

from sqlalchemy import ColumnElement, Label, Select, case, func, select
from sqlalchemy.orm import Session

from .models import Sample

Point = tuple[int, Any]
"""Microseconds since 1970, value."""
PERCENTILES = {"PCT_%d" % percent: percent for percent in (99, 95, 90, 75, 50, 15, 5)}
_IN_DATABASE: dict[str, Callable[[Any], ColumnElement[Any]]] = {
    "MIN": func.min,
    "MAX": func.max,
    "COUNT": func.count,
    "BOOL_OR": func.max,
    "BOOL_AND": func.min,
}
_SUMS = ("AVG", "SUM")
AGGREGATIONS = (*_SUMS, *_IN_DATABASE, *PERCENTILES)
_ROWS_AT_ONCE = 5000
# Numbers from this size on are summed separately, scaled down. Otherwise SQLite's sum becomes infinite, which
# makes an average impossible, and PostgreSQL raises an error, even for an average that is not that large.
_LARGE = 1e290
_TIMES_LESS = 2.0**128


@dataclass(frozen=True)
class Span:
    """A variable's history from `start_us` (inclusive) to `end_us` (exclusive), in microseconds since 1970."""

    variable_id: str
    start_us: int
    end_us: int

    def where(self, query: "Select[*tuple[Any, ...]]") -> "Select[*tuple[Any, ...]]":
        """Limit the query to this span."""
        return query.where(
            Sample.variable_id == self.variable_id,
            Sample.time_us >= self.start_us,
            Sample.time_us < self.end_us,
        )


def raw(session: Session, span: Span, *, limit: int, newest_first: bool) -> list[Point]:
    """Return the first `limit` samples in the requested order."""
    order = (Sample.time_us.desc(), Sample.id.desc()) if newest_first else (Sample.time_us, Sample.id)
    query = span.where(select(Sample.time_us, Sample.value)).order_by(*order).limit(limit)
    return [(row.time_us, row.value) for row in session.execute(query)]


def aggregated(
    session: Session, span: Span, *, interval: int, aggregation: str, limit: int, newest_first: bool = False
) -> list[Point]:
    """Return one number for each interval (s) that has numbers. Its time is the start of the interval.

    Intervals are counted from 1970, so that later queries have the same ones. A sum that is too large for a
    number is infinite.
    """
    width = interval * 1_000_000
    if aggregation in PERCENTILES:
        points = _percentiles(session, span, width, PERCENTILES[aggregation])
        return points[::-1][:limit] if newest_first else points[:limit]
    bin = _bin(width)
    results = _sums() if aggregation in _SUMS else (_IN_DATABASE[aggregation](Sample.number),)
    query = span.where(select(bin, *results)).where(Sample.number.is_not(None)).group_by(bin)
    query = query.order_by(bin.desc() if newest_first else bin).limit(limit)
    rows = session.execute(query)
    if aggregation not in _SUMS:
        return [(start, result) for start, result in rows]
    parts = ((start, count if aggregation == "AVG" else 1, *sums) for start, count, *sums in rows)
    return [(start, rest / by + large / by * _TIMES_LESS) for start, by, rest, large in parts]


def sampled(session: Session, span: Span, *, interval: int, limit: int) -> list[Point]:
    """Return the last value of each interval (s) that has one. Its time is the start of the interval."""
    bin = _bin(interval * 1_000_000)
    place = func.row_number().over(partition_by=bin, order_by=(Sample.time_us.desc(), Sample.id.desc()))
    ranked = span.where(select(bin, Sample.value.label("value"), place.label("place"))).subquery()
    query = select(ranked.c.bin, ranked.c.value).where(ranked.c.place == 1)
    query = query.order_by(ranked.c.bin).limit(limit)
    return [(row.bin, row.value) for row in session.execute(query)]


def fitting_interval(start_us: int, end_us: int, limit: int) -> int:
    """Return the shortest interval (s) that splits the span into at most `limit` intervals."""
    # One less for the division: the span need not begin or end where an interval does.
    return max(1, math.ceil((end_us - start_us) / 1_000_000 / max(1, limit - 1)))


def _bin(width: int) -> "Label[int]":
    """Return the column with the start of a sample's interval."""
    # In databases a remainder has the sign of the time, which is negative before 1970.
    since_start = (Sample.time_us % width + width) % width
    return (Sample.time_us - since_start).label("bin")


def _sums() -> "tuple[ColumnElement[Any], ...]":
    """Return the columns with an interval's count, the sum of its usual numbers, and that of its large ones."""
    is_large = func.abs(Sample.number) >= _LARGE
    return (
        func.count(),
        func.sum(case((is_large, 0.0), else_=Sample.number)),
        func.sum(case((is_large, Sample.number / _TIMES_LESS), else_=0.0)),
    )


def _percentiles(session: Session, span: Span, width: int, percent: int) -> list[Point]:
    """Return percentiles by nearest rank. SQLite cannot compute them."""
    query = span.where(select(Sample.time_us, Sample.number)).where(Sample.number.is_not(None))
    rows = session.execute(query.order_by(Sample.time_us).execution_options(yield_per=_ROWS_AT_ONCE))
    points = []
    for bin, group in groupby(rows, key=lambda row: row.time_us // width):
        numbers = sorted(row.number for row in group)
        rank = max(1, math.ceil(percent / 100 * len(numbers)))
        points.append((bin * width, numbers[rank - 1]))
    return points

"""Queries for a variable's history: raw, aggregated by interval, or one sample per interval.

A database groups a million rows by sorting or hashing them. Where a chart has few intervals, a query for each of them
takes a third of that time, because the index has the rows in order.
"""

import math
from dataclasses import dataclass
from typing import Any, Callable, Iterator

from sqlalchemy import ColumnElement, Label, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from . import percentiles
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
_FEW_BINS = 1100
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
    if (span.end_us - span.start_us) // width <= _FEW_BINS:
        return _one_by_one(session, span, width, aggregation, limit, newest_first)
    bin = _bin(width)
    if aggregation in PERCENTILES:
        query = percentiles.grouped(session, span.where, bin, PERCENTILES[aggregation])
        query = query.order_by(query.selected_columns.bin.desc() if newest_first else query.selected_columns.bin)
        return [(start, number) for start, number in session.execute(query.limit(limit))]
    results = _sums() if aggregation in _SUMS else (_IN_DATABASE[aggregation](Sample.number),)
    query = span.where(select(bin, *results)).where(Sample.number.is_not(None)).group_by(bin)
    query = query.order_by(bin.desc() if newest_first else bin).limit(limit)
    rows = session.execute(query)
    if aggregation not in _SUMS:
        return [(start, result) for start, result in rows]
    return [(start, _joined(aggregation, *parts)) for start, *parts in rows]


def sampled(session: Session, span: Span, *, interval: int, limit: int) -> list[Point]:
    """Return the last value of each interval (s) that has one. Its time is the start of the interval."""
    width = interval * 1_000_000
    newest = _within(span, select(Sample.value).order_by(Sample.time_us.desc(), Sample.id.desc()).limit(1))
    first = _within(span, select(func.min(Sample.time_us)))
    points: list[Point] = []
    low: int | None = span.start_us
    while len(points) < limit:
        low = session.execute(first, {"low": low, "high": span.end_us}).scalar()
        if low is None:
            break
        start = low // width * width
        low = start + width
        edges = {"low": max(start, span.start_us), "high": min(low, span.end_us)}
        points.append((start, session.execute(newest, edges).scalar_one()))
    return points


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


def _joined(aggregation: str, count: int, rest: float, large: float) -> float:
    by = count if aggregation == "AVG" else 1
    return rest / by + large / by * _TIMES_LESS


def _within(span: Span, query: "Select[*tuple[Any, ...]]") -> "Select[*tuple[Any, ...]]":
    """Limit the query to the part of the span from its parameter `low` to its parameter `high`."""
    return query.where(
        Sample.variable_id == span.variable_id,
        Sample.time_us >= bindparam("low"),
        Sample.time_us < bindparam("high"),
    )


def _one_by_one(
    session: Session, span: Span, width: int, aggregation: str, limit: int, newest_first: bool
) -> list[Point]:
    """Ask for each interval by itself."""
    query = _within(span, select()).where(Sample.number.is_not(None))
    if aggregation in PERCENTILES:
        ask = percentiles.asking(session, query, PERCENTILES[aggregation])
    elif aggregation in _SUMS:
        ask = _asking_for_sums(session, query, aggregation)
    else:
        ask = _asking_for_one(session, query, _IN_DATABASE[aggregation](Sample.number))
    points: list[Point] = []
    for start in _starts(span, width, newest_first):
        edges = {"low": max(start, span.start_us), "high": min(start + width, span.end_us)}
        result = ask(edges)
        if result is not None:
            points.append((start, result))
            if len(points) == limit:
                break
    return points


def _starts(span: Span, width: int, newest_first: bool) -> Iterator[int]:
    if span.start_us >= span.end_us:
        return iter(())
    bins = range(span.start_us // width, (span.end_us - 1) // width + 1)
    return (bin * width for bin in (reversed(bins) if newest_first else bins))


def _asking_for_one(
    session: Session, query: "Select[*tuple[Any, ...]]", column: "ColumnElement[Any]"
) -> Callable[[dict[str, int]], Any]:
    asked = query.add_columns(func.count(), column)

    def ask(edges: dict[str, int]) -> Any:
        count, result = session.execute(asked, edges).one()
        return result if count else None

    return ask


def _asking_for_sums(
    session: Session, query: "Select[*tuple[Any, ...]]", aggregation: str
) -> "Callable[[dict[str, int]], float | None]":
    plain = query.add_columns(func.count(), func.sum(Sample.number))
    careful = query.add_columns(*_sums())
    # SQLite's sum is quick and becomes infinite; PostgreSQL's raises an error, which would end the transaction.
    may_try = session.get_bind().dialect.name == "sqlite"

    def ask(edges: dict[str, int]) -> float | None:
        if may_try:
            count, total = session.execute(plain, edges).one()
            if not count:
                return None
            if total is not None and math.isfinite(total):
                return float(total / count if aggregation == "AVG" else total)
        count, rest, large = session.execute(careful, edges).one()
        return _joined(aggregation, count, rest, large) if count else None

    return ask

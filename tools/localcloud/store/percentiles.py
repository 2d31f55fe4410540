"""Percentiles by nearest rank: the smallest number that at least this share of the numbers does not exceed."""

import math
from typing import Any, Callable

from sqlalchemy import Label, Select, case, func, select
from sqlalchemy.orm import Session

from .models import Sample

Query = Select[*tuple[Any, ...]]
_MANY = 50_000
"""From this number of values on, SQLite's sort takes longer than a few more looks at the values."""
_TRIED = 2000
_MARGIN = 100


def grouped(session: Session, within: Callable[[Query], Query], bin: "Label[int]", percent: int) -> Query:
    """Return a query for the percentile of each bin, with the columns `bin` and `number`."""
    if session.get_bind().dialect.name == "postgresql":
        number = func.percentile_disc(percent / 100).within_group(Sample.number).label("number")
        return within(select(bin, number)).where(Sample.number.is_not(None)).group_by(bin)
    count = func.count().over(partition_by=bin)
    place = func.row_number().over(partition_by=bin, order_by=Sample.number)
    columns = (bin, Sample.number.label("number"), count.label("count"), place.label("place"))
    ranked = within(select(*columns)).where(Sample.number.is_not(None)).subquery()
    # The least whole number that is not below the share of the count, as `_rank` has it.
    share = percent / 100 * ranked.c.count
    return select(ranked.c.bin, ranked.c.number).where(ranked.c.place >= share, ranked.c.place - 1 < share)


def asking(session: Session, query: Query, percent: int) -> "Callable[[dict[str, int]], float | None]":
    """Return a function that finds the percentile of the numbers that `query` finds with its parameters.

    `query` selects nothing yet. The function returns None if there are no numbers.
    """
    if session.get_bind().dialect.name == "postgresql":
        disc = query.add_columns(func.percentile_disc(percent / 100).within_group(Sample.number))
        return lambda edges: session.execute(disc, edges).scalar()
    counted = query.add_columns(func.count())
    sorted_ = query.add_columns(Sample.number).order_by(Sample.number).limit(1)

    def ask(edges: dict[str, int]) -> float | None:
        count = session.execute(counted, edges).scalar_one()
        if not count:
            return None
        rank = _rank(percent, count)
        if count >= _MANY:
            found = _narrowed(session, query, edges, count, rank)
            if found is not None:
                return found
        return float(session.execute(sorted_.offset(rank - 1), edges).scalar_one())

    return ask


def _rank(percent: int, count: int) -> int:
    return max(1, math.ceil(percent / 100 * count))


def _narrowed(session: Session, query: Query, edges: dict[str, int], count: int, rank: int) -> float | None:
    """Find the number of this rank among those that lie, judging by some of all numbers, near it.

    Return None if that was misjudged.
    """
    hashed = (Sample.id % 1_000_003) * 611_953 % 1_000_003
    some = query.add_columns(Sample.number).where(hashed < 1_000_003 * _TRIED // count)
    tried = sorted(session.scalars(some, edges))
    place = len(tried) * rank // count
    if len(tried) < _TRIED // 4:
        return None
    low, high = tried[max(0, place - _MARGIN)], tried[min(len(tried) - 1, place + _MARGIN)]
    if place <= _MARGIN:
        low = -math.inf
    if place + _MARGIN >= len(tried):
        high = math.inf
    edge = (Sample.number < low, Sample.number <= high)
    counts = query.add_columns(*(func.sum(case((each, 1), else_=0)) for each in edge))
    below, up_to = session.execute(counts, edges).one()
    if not below < rank <= up_to:
        return None
    if low == high:
        return float(low)
    # SQLite's sort is slow with a large offset.
    near = query.add_columns(Sample.number).where(Sample.number >= low, Sample.number <= high)
    return float(sorted(session.scalars(near, edges))[rank - 1 - below])

"""Remove and thin old samples, a few in each transaction, so that values need not wait for it."""

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Iterable, Sequence

from sqlalchemy import Integer, Row, bindparam, cast, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from ..property_types import PROPERTY_TYPES
from .keeping import Keeping, Thinning, of_variable
from .models import ApiKey, Dashboard, Device, Sample, SenderMemory, Thing, ThinnedUntil, User, Variable

_LOCK = 0x6C636B70
_EVERYTHING = 2**62
_IDS = 500
_FOR_WORKERS = "local-cloud-%"
# One statement: PostgreSQL takes as long for each as for the rows that it removes.
_REMOVE_TOGETHER = text(
    "DELETE FROM samples USING (SELECT first.id"
    " FROM unnest(CAST(:ids AS text[]), CAST(:befores AS bigint[])) AS due(variable, before) CROSS JOIN LATERAL"
    " (SELECT id FROM samples WHERE variable_id = due.variable AND time_us < due.before ORDER BY time_us LIMIT :most)"
    " AS first) AS old WHERE samples.id = old.id"
)


@dataclass(frozen=True)
class Due:
    """What is done with a variable's samples: those before `before_us` are removed, others may be thinned."""

    variable_id: str
    before_us: int | None
    thinning: Thinning | None
    has_numbers: bool
    """Whether the mean of its values is a value."""
    is_whole: bool


def dues(session: Session, usual: Keeping, now_us: int) -> list[Due]:
    """Return the variables whose old samples are not kept."""
    query = select(Variable.id, Variable.variable_name, Variable.type, Thing.tags, Thing.deleted_at)
    found = []
    for id, name, type, tags, deleted_at in session.execute(query.join(Thing, Thing.id == Variable.thing_id)):
        keeping = of_variable(tags, name, usual)
        before = None if keeping.keep_us is None else now_us - keeping.keep_us
        if deleted_at is not None and usual.keep_us is not None and deleted_at < now_us - usual.keep_us:
            before = _EVERYTHING
        if before is not None or keeping.thinning is not None:
            kind = PROPERTY_TYPES[type].kind
            found.append(Due(id, before, keeping.thinning, kind in (int, float), kind is int))
    return found


def oldest(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Return the time of each variable's oldest sample, without variables that have none."""
    first = select(func.min(Sample.time_us)).where(Sample.variable_id == Variable.id).scalar_subquery()
    found: dict[str, int] = {}
    for start in range(0, len(ids), _IDS):
        query = select(Variable.id, first).where(Variable.id.in_(ids[start : start + _IDS]))
        found.update((id, time) for id, time in session.execute(query) if time is not None)
    return found


def remove(session: Session, dues: Iterable[Due], most: int) -> int | None:
    """Remove each variable's oldest samples that are due, at most `most` of each. Return how many were removed.

    Return None if another worker is at it.
    """
    if not _is_ours(session):
        return None
    # Of each variable some: what was stored at one time lies side by side in the file.
    if session.get_bind().dialect.name == "postgresql":
        listed = list(dues)
        parameters = {"ids": [each.variable_id for each in listed], "befores": [each.before_us for each in listed]}
        return int(session.connection().execute(_REMOVE_TOGETHER, {**parameters, "most": most}).rowcount)
    first = (
        select(Sample.id)
        .where(Sample.variable_id == bindparam("of"), Sample.time_us < bindparam("before"))
        .order_by(Sample.time_us)
        .limit(most)
    )
    rows = [{"of": each.variable_id, "before": each.before_us} for each in dues]
    table: Any = Sample.__table__
    return session.connection().execute(delete(table).where(table.c.id.in_(first)), rows).rowcount


def thin(session: Session, dues: Sequence[Due], now_us: int, most: int) -> int | None:
    """Thin some samples of the first variables. Return how many of the variables are done.

    About `most` samples are looked at, but never only some of an interval. Return None if another worker is at it.
    """
    if not _is_ours(session):
        return None
    done = 0
    for due in dues:
        looked, is_done = _thin_one(session, due, now_us, most)
        most -= looked
        done += is_done
        if not is_done or most <= 0:
            break
    return done


def _thin_one(session: Session, due: Due, now_us: int, most: int) -> tuple[int, bool]:
    """Thin up to `most` samples of a variable. Return how many were looked at, and whether it is done."""
    assert due.thinning is not None
    width = due.thinning.interval_us
    until = (now_us - due.thinning.after_us) // width * width
    mark = session.get(ThinnedUntil, due.variable_id)
    if mark is None:
        mark = ThinnedUntil(variable_id=due.variable_id, interval_us=width, until_us=-_EVERYTHING)
        session.add(mark)
    elif mark.interval_us != width:
        mark.interval_us, mark.until_us = width, -_EVERYTHING
    if mark.until_us >= until:
        return 0, True
    query = select(Sample.id, Sample.time_us, Sample.number)
    query = query.where(Sample.variable_id == due.variable_id, Sample.time_us >= mark.until_us)
    query = query.where(Sample.time_us < until).order_by(Sample.time_us, Sample.id)
    rows = list(session.execute(query.limit(most)))
    if len(rows) == most:
        # Complete the last interval, or leave it for the next time if it is not the only one.
        last = rows[-1].time_us // width * width
        if rows[0].time_us < last:
            rows, mark.until_us = [row for row in rows if row.time_us < last], last
        else:
            mark.until_us = last + width
            rows = list(session.execute(query.where(Sample.time_us < last + width)))
    else:
        mark.until_us = until
    for _, group in groupby(rows, key=lambda row: row.time_us // width):
        _replace(session, due, list(group))
    return len(rows), mark.until_us >= until


def _replace(session: Session, due: Due, rows: "list[Row[int, int, float | None]]") -> None:
    """Leave the last one of an interval's samples, with the mean of all."""
    if len(rows) == 1:
        return
    last = rows[-1]
    numbers = [row.number for row in rows if row.number is not None]
    if due.has_numbers and len(numbers) == len(rows):
        mean = math.fsum(number / len(rows) for number in numbers)
        value = round(mean) if due.is_whole else mean
        session.execute(update(Sample).where(Sample.id == last.id).values(value=value, number=float(value)))
    ids = [row.id for row in rows[:-1]]
    for start in range(0, len(ids), _IDS):
        session.execute(delete(Sample).where(Sample.id.in_(ids[start : start + _IDS])))


def forget_deleted(session: Session, before_us: int) -> None:
    """Delete for good what was deleted before that time, except for things that still have samples."""
    for kind in (Thing, Device, Dashboard):
        for each in session.scalars(select(kind).where(kind.deleted_at < before_us).limit(_IDS)):
            if isinstance(each, Thing) and _has_samples(session, each):
                continue
            session.delete(each)


def forget_senders(session: Session) -> int:
    """Delete what is remembered about messages of devices and users that do not exist any more."""
    known = or_(
        SenderMemory.sender.in_(select(Device.id)),
        SenderMemory.sender.in_(select(User.id)),
        SenderMemory.sender.in_(select(ApiKey.id)),
        SenderMemory.sender.like(_FOR_WORKERS),
    )
    return int(session.connection().execute(delete(SenderMemory).where(~known)).rowcount)


def _has_samples(session: Session, thing: Thing) -> bool:
    query = select(Sample.id).join(Variable, Variable.id == Sample.variable_id)
    return session.scalars(query.where(Variable.thing_id == thing.id).limit(1)).first() is not None


def _is_ours(session: Session) -> bool:
    """Return whether no other worker removes samples at this moment. The lock is held until the commit."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(cast(_LOCK, Integer)))))

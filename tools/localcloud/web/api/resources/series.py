"""Time series: `/v2/series`, and those of one variable: `/v2/things/{id}/properties/{pid}/timeseries`."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Callable, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ....property_types import PROPERTY_TYPES
from ....store import catalogue, series
from ....store.catalogue import NotFound
from ....store.models import Thing, Variable, now_us
from ....store.owner import Owner
from .. import times
from ..answers import last_value
from ..problems import Problem
from ..services import Services, UserId

Json = dict[str, Any]
_DAY_US = 86400 * 1_000_000
_MAX_REQUESTS = 1000
_MAX_TIMESERIES = 1000
_LONGEST_INTERVAL = 10**9
"""In seconds: the database counts microseconds in 64 bits."""
_NUMERIC = Literal[
    "AVG", "MIN", "MAX", "SUM", "COUNT", "PCT_99", "PCT_95", "PCT_90", "PCT_75", "PCT_50", "PCT_15", "PCT_5"
]  # fmt: skip


class _Query(BaseModel):
    q: str = Field(max_length=128)
    start: times.Time | None = Field(None, alias="from")
    end: times.Time | None = Field(None, alias="to")
    series_limit: int | None = Field(None, ge=1, le=10_000)


class _Aggregated(_Query):
    start: times.Time = Field(alias="from")
    end: times.Time = Field(alias="to")
    aggregation: _NUMERIC | Literal["BOOL_OR", "BOOL_AND"] | None = None
    interval: int | None = Field(None, ge=1, le=86400)


class _Raw(_Query):
    sort: Literal["ASC", "DESC"] = "DESC"


class _Sampled(_Query):
    interval: int = Field(300, ge=60, le=86400)


class _Batch(BaseModel):
    resp_version: int


class AggregatedBatch(_Batch):
    """Queries for aggregated values."""

    requests: list[_Aggregated] = Field(max_length=_MAX_REQUESTS)


class RawBatch(_Batch):
    """Queries for every value."""

    requests: list[_Raw] = Field(max_length=_MAX_REQUESTS)


class SampledBatch(_Batch):
    """Queries for one value per interval."""

    requests: list[_Sampled] = Field(max_length=_MAX_REQUESTS)


class LastValue(BaseModel):
    """A query for the last value of a variable."""

    thing_id: str
    property_id: str


class LastValueBatch(BaseModel):
    """Queries for last values."""

    requests: list[LastValue] = Field(max_length=_MAX_REQUESTS)


@dataclass(frozen=True)
class _Subject:
    """The variables that `q` selects, and whether it names a thing."""

    variables: list[tuple[Variable, Thing]]
    is_thing: bool


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v2/series", tags=["series"])
    _add_batches(routes, services)

    @routes.post("/batch_query_raw/lastvalue")
    async def query_last_values(user: UserId, body: LastValueBatch) -> Json:
        """Return the last value of each variable."""

        def read(owner: Owner) -> Json:
            return {"status": "ok", "responses": [_last_value(owner, each) for each in body.requests]}

        return await services.read(user, read)

    return routes


def _add_batches(routes: APIRouter, services: Services) -> None:
    async def batch(user: str, body: Any, answer: Callable[[Owner, Any], list[Json]]) -> Json:
        def read(owner: Owner) -> Json:
            responses = [item for request in body.requests for item in answer(owner, request)]
            return {"resp_version": 1, "responses": responses}

        return await services.read_series(user, read)

    @routes.post("/batch_query")
    async def query_aggregated(user: UserId, body: AggregatedBatch) -> Json:
        """Return aggregated numbers per interval, without empty intervals."""
        return await batch(user, body, _aggregated)

    @routes.post("/batch_query_raw")
    async def query_raw(user: UserId, body: RawBatch) -> Json:
        """Return every value."""
        return await batch(user, body, _raw)

    @routes.post("/batch_query_sampling")
    async def query_sampled(user: UserId, body: SampledBatch) -> Json:
        """Return the last value of each interval."""
        return await batch(user, body, _sampled)


def timeseries_router(services: Services) -> APIRouter:
    """Return the route of one variable's series."""
    routes = APIRouter(tags=["properties"])

    @routes.get("/v2/things/{id}/properties/{pid}/timeseries")
    async def timeseries(
        user: UserId,
        id: str,
        pid: str,
        aggregation: _NUMERIC = "AVG",
        desc: bool = False,
        start: Annotated[str | None, Query(alias="from")] = None,
        end: Annotated[str | None, Query(alias="to")] = None,
        interval: Annotated[int | None, Query(ge=1, le=_LONGEST_INTERVAL)] = None,
    ) -> Json:
        """Return one variable's aggregated numbers per interval, by default of the last two weeks."""
        try:
            end_us = now_us() if end is None else times.parse(end)
            start_us = end_us - 14 * _DAY_US if start is None else times.parse(start)
        except ValueError as error:
            raise Problem(400, str(error)) from None

        def read(owner: Owner) -> Json:
            variable = owner.variable(id, pid)
            if PROPERTY_TYPES[variable.type].kind not in (bool, int, float):
                raise Problem(400, "the property is not numeric")
            points = series.aggregated(
                owner.session,
                series.Span(variable.id, start_us, end_us),
                interval=interval or series.fitting_interval(start_us, end_us, _MAX_TIMESERIES),
                aggregation=aggregation,
                limit=_MAX_TIMESERIES,
                newest_first=desc,
            )
            # Numbers that JSON lacks would be sent as null, which clients do not accept.
            finite = [(time, value) for time, value in points if math.isfinite(value)]
            return {"data": [{"time": times.write(time), "value": value} for time, value in finite]}

        return await services.read_series(user, read)

    return routes


def _subject(owner: Owner, q: str) -> _Subject:
    kind, _, id = q.partition(".")
    if kind == "property":
        return _Subject([owner.variable_by_id(id)], False)
    if kind == "thing":
        thing = owner.thing(id)
        return _Subject([(each, thing) for each in catalogue.list_variables(owner.session, thing.id)], True)
    raise NotFound("q must be property.<id> or thing.<id>")


def _answers(
    owner: Owner,
    request: _Query,
    frame: Json,
    limits: tuple[int, int, int],
    points: Callable[[Variable, series.Span, int, Json], list[series.Point]],
) -> list[Json]:
    """Answer one request with an item for each variable, or with one that reports an error.

    `limits` are numbers of values: the default, the maximum for a variable, and the maximum for a thing.
    """
    end_us = now_us() if request.end is None else request.end
    start_us = end_us - _DAY_US if request.start is None else request.start
    frame = {
        "from_date": times.write(start_us),
        "to_date": times.write(end_us),
        "query": request.q,
        "resp_version": 1,
        **frame,
    }
    try:
        subject = _subject(owner, request.q)
        if start_us > end_us:
            raise NotFound("from is after to")
    except NotFound as error:
        frame.update(status="error", message=str(error), count_values=0, times=[], values=[])
        return [frame]
    usual, most, most_of_thing = limits
    limit = min(request.series_limit or (most_of_thing if subject.is_thing else usual), most_of_thing)
    if not subject.is_thing:
        limit = min(limit, most)
    items = []
    for variable, thing in subject.variables:
        item = {**frame, **_about(variable, thing), "series_limit": limit, "status": "ok", "message": ""}
        try:
            found = points(variable, series.Span(variable.id, start_us, end_us), limit, item)
        except NotFound as error:
            if subject.is_thing:
                continue
            item.update(status="error", message=str(error))
            found = []
        item.update(
            count_values=len(found),
            times=[times.write(time) for time, _ in found],
            values=[PROPERTY_TYPES[variable.type].restore(value) for _, value in found],
        )
        items.append(item)
    return items


def _about(variable: Variable, thing: Thing) -> Json:
    return {
        "property_id": variable.id,
        "property_name": variable.name,
        "property_type": variable.type,
        "thing_id": thing.id,
    }


def _aggregated(owner: Owner, request: _Aggregated) -> list[Json]:
    def points(variable: Variable, span: series.Span, limit: int, item: Json) -> list[series.Point]:
        kind = PROPERTY_TYPES[variable.type].kind
        if kind not in (bool, int, float):
            raise NotFound("only numbers and booleans can be aggregated; use sampling")
        aggregation = request.aggregation or ("BOOL_OR" if kind is bool else "AVG")
        if aggregation.startswith("BOOL_") and kind is not bool:
            raise NotFound("%s is only for booleans" % aggregation)
        interval = request.interval or series.fitting_interval(span.start_us, span.end_us, limit)
        item.update(aggregation=aggregation, interval=interval)
        found = series.aggregated(
            owner.session, span, interval=interval, aggregation=aggregation, limit=limit
        )
        if all(math.isfinite(value) for _, value in found):
            return found
        item.update(status="error", message="a result is too large for a number")
        return []

    frame = {"interval": request.interval or 1}
    return _answers(owner, request, frame, (300, 1000, 10_000), points)


def _raw(owner: Owner, request: _Raw) -> list[Json]:
    def points(variable: Variable, span: series.Span, limit: int, item: Json) -> list[series.Point]:
        item["series"] = {"metric": variable.id}
        return series.raw(owner.session, span, limit=limit, newest_first=request.sort == "DESC")

    frame = {"sort": request.sort, "series": {"metric": ""}}
    return _answers(owner, request, frame, (1000, 1000, 10_000), points)


def _sampled(owner: Owner, request: _Sampled) -> list[Json]:
    def points(variable: Variable, span: series.Span, limit: int, item: Json) -> list[series.Point]:
        return series.sampled(owner.session, span, interval=request.interval, limit=limit)

    if request.q.startswith("thing."):
        raise Problem(400, "sampling takes property.<id> only")
    return _answers(owner, request, {"interval": request.interval}, (300, 1000, 1000), points)


def _last_value(owner: Owner, request: LastValue) -> Json:
    """Return the item for a variable, an empty one if it has no value."""
    variable = owner.variable(request.thing_id, request.property_id)
    written = variable.value_updated_at is not None
    return {
        "count_values": int(written),
        "property_id": variable.id,
        "thing_id": variable.thing_id,
        "times": [times.write(variable.value_updated_at)] if variable.value_updated_at is not None else [],
        "values": [last_value(variable)] if written else [],
    }

"""What the page shows: dashboards with their variables and things, and values over time for charts.

It is under `/local/v1`. Whoever has the token of this local cloud sees the dashboards of all its users.
"""

import uuid
from typing import Any

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import clock, time_zone
from ...store import catalogue, series
from ...store.catalogue import NotFound, Refused
from ...store.database import Store
from ...store.models import Dashboard, Setting, Thing, User, Variable
from ...store.owner import Owner, as_id
from ...traffic.exchange import Exchange
from .bodies import variable_json
from .default_widgets import default_widgets

Json = dict[str, Any]


def router(store: Store, exchange: Exchange) -> APIRouter:
    """Return the routes; the caller demands the token for all of them."""
    routes = APIRouter()
    _add_dashboards(routes, store, exchange)
    _add_default(routes, store, exchange)
    _add_course(routes, store)
    return routes


def _add_dashboards(routes: APIRouter, store: Store, exchange: Exchange) -> None:
    @routes.get("/dashboards")
    async def list_dashboards() -> list[Json]:
        """List all dashboards, by name."""
        return await store.read(_summaries)

    @routes.get("/dashboards/{dashboard_id}")
    async def show_dashboard(dashboard_id: str) -> Json:
        """Describe a dashboard: its widgets, their variables with last values, and the things."""

        def read(session: Session) -> Json:
            dashboard = session.get(Dashboard, as_id(dashboard_id, "dashboard"))
            if dashboard is None or dashboard.deleted_at is not None:
                raise NotFound("no such dashboard")
            return _shown(session, exchange, dashboard)

        return await store.read(read)


def _add_default(routes: APIRouter, store: Store, exchange: Exchange) -> None:
    @routes.get("/things/{thing_id}/dashboard")
    async def show_default(thing_id: str) -> Json:
        """Describe the dashboard that the thing would get, without making it."""
        return await store.read(
            lambda session: _shown(session, exchange, _default(session, catalogue.get_thing(session, thing_id)))
        )

    @routes.post("/things/{thing_id}/dashboard", status_code=201)
    async def create_default(thing_id: str) -> Json:
        """Make the thing's dashboard. The Application API can change it."""

        def create(session: Session) -> Json:
            dashboard = _default(session, catalogue.get_thing(session, thing_id))
            session.add(dashboard)
            session.flush()
            return _shown(session, exchange, dashboard)

        made = await store.write(create)
        exchange.tell_change()
        return made


def _add_course(routes: APIRouter, store: Store) -> None:
    @routes.get("/things/{thing_id}/variables/{variable}/course")
    async def show_course(
        thing_id: str, variable: str, start_us: int, end_us: int, points: int = Query(600, ge=2, le=5000)
    ) -> Json:
        """Return numbers with start_us <= time < end_us: all, or averages if there are more than `points`.

        `before` is the last value before the start, at which the line begins.
        """

        def read(session: Session) -> Json:
            found = catalogue.get_variable(session, thing_id, variable)
            if not 0 <= start_us < end_us < 2**62:
                raise Refused("start_us is not before end_us")
            before = catalogue.history(session, found.id, limit=1, end_us=start_us)
            return {"before": before[0] if before else None, **_course(session, found.id, start_us, end_us, points)}

        return await store.read_series(read)


def _summaries(session: Session) -> list[Json]:
    query = (
        select(Dashboard, User.name)
        .join(User, User.id == Dashboard.user_id)
        .where(Dashboard.deleted_at.is_(None))
        .order_by(Dashboard.name, Dashboard.id)
    )
    return [
        {"id": each.id, "name": each.name, "owner": owner, "widgets": len(each.widgets)}
        for each, owner in session.execute(query)
    ]


def _default(session: Session, thing: Thing) -> Dashboard:
    """Return a new dashboard for the thing, owned by its user."""
    user_id = thing.user_id
    if user_id is None:
        setting = session.get(Setting, catalogue.DEFAULT_USER)
        user_id = setting.value if setting else ""
    widgets = default_widgets(catalogue.list_variables(session, thing.id))
    return Dashboard(id=str(uuid.uuid4()), user_id=user_id, name=thing.name, widgets=widgets, pages=[])


def _shown(session: Session, exchange: Exchange, dashboard: Dashboard) -> Json:
    """Describe the dashboard with what its owner may see."""
    owner = Owner(session, dashboard.user_id)
    variables: dict[str, Variable] = {}
    things: dict[str, Thing] = {}
    for widget in dashboard.widgets:
        for id in widget.get("variables", []):
            try:
                variable, thing = owner.variable_by_id(id)
            except NotFound:
                continue
            variables[variable.id], things[thing.id] = variable, thing
    return {
        "id": dashboard.id,
        "name": dashboard.name,
        "pages": dashboard.pages or [],
        "widgets": dashboard.widgets,
        "variables": {id: variable_json(variable) for id, variable in variables.items()},
        "things": {id: _thing(exchange, thing) for id, thing in things.items()},
    }


def _thing(exchange: Exchange, thing: Thing) -> Json:
    return {
        "name": thing.name,
        "device_id": thing.device_id,
        "online": thing.device_id is not None and exchange.is_online(thing.device_id),
        "utc_offset_s": time_zone.offset_and_until(thing.timezone, clock.now_s())[0],
    }


def _course(session: Session, variable_id: str, start_us: int, end_us: int, points: int) -> Json:
    span = series.Span(variable_id, start_us, end_us)
    found = series.raw(session, span, limit=points + 1, newest_first=False)
    if len(found) <= points:
        return {"interval_s": None, "points": found}
    interval = series.fitting_interval(start_us, end_us, points)
    means = series.aggregated(session, span, interval=interval, aggregation="AVG", limit=points)
    return {"interval_s": interval, "points": means}

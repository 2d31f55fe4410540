"""Dashboards and widgets as JSON for answers, and the variables that widgets name."""

import re
import uuid
from typing import Any

from sqlalchemy import select

from ... import clock, time_zone
from ...store import catalogue
from ...store.catalogue import NotFound, Refused
from ...store.models import Dashboard, DashboardShare, Thing, User, Variable
from ...store.owner import Owner, as_id
from . import times
from .answers import last_value, time_or_none, without_none

MAIN_PAGE = "0"
Json = dict[str, Any]
Linked = dict[str, tuple[Variable, Thing]]
"""Variables by id, each with its thing."""


def dashboard_json(owner: Owner, dashboard: Dashboard, *, paged: bool) -> Json:
    """Describe a dashboard. If `paged`, as v3 does; otherwise all widgets are on one page."""
    (described,) = dashboards_json(owner, [dashboard], paged=paged)
    return described


def dashboards_json(owner: Owner, dashboards: list[Dashboard], *, paged: bool) -> list[Json]:
    """Describe dashboards, with as many database queries as for one of each creator."""
    shares = _shares(owner, [dashboard.id for dashboard in dashboards])
    creators: dict[str, list[Dashboard]] = {}
    for dashboard in dashboards:
        creators.setdefault(dashboard.user_id, []).append(dashboard)
    described = {}
    for user_id, theirs in creators.items():
        creator = _user_json(owner.session.get(User, user_id))
        # On a shared dashboard the user sees only the values that its owner put there.
        viewer = owner if user_id == owner.user_id else Owner(owner.session, user_id)
        linked = _linked(viewer, theirs)
        for dashboard in theirs:
            answer = _dashboard_json(dashboard, linked, paged)
            answer["created_by"] = creator
            answer["shared_by"] = creator if user_id != owner.user_id else None
            answer["shared_with"] = [_user_json(user) for user in shares.get(dashboard.id, [])]
            described[dashboard.id] = without_none(answer)
    return [described[dashboard.id] for dashboard in dashboards]


def _dashboard_json(dashboard: Dashboard, linked: Linked, paged: bool) -> Json:
    answer = {
        "cover_image": dashboard.cover_image,
        "deleted_at": time_or_none(dashboard.deleted_at),
        "id": dashboard.id,
        "name": dashboard.name,
        "updated_at": times.write(dashboard.updated_at),
        "widgets": [_widget_json(widget, linked, paged) for widget in dashboard.widgets],
    }
    if paged:
        answer["pages"] = dashboard.pages
    return answer


def shared_with(owner: Owner, dashboard: Dashboard) -> list[User]:
    """Return the users who may see the dashboard."""
    return _shares(owner, [dashboard.id]).get(dashboard.id, [])


def _shares(owner: Owner, ids: list[str]) -> dict[str, list[User]]:
    """Return the users who may see each of the dashboards."""
    query = select(DashboardShare.dashboard_id, User).join(User, DashboardShare.user_id == User.id)
    query = query.order_by(User.id)
    found: dict[str, list[User]] = {}
    for id, user in catalogue.rows_of(owner.session, query, DashboardShare.dashboard_id, ids):
        found.setdefault(id, []).append(user)
    return found


def linked_ids(owner: Owner, ids: list[str]) -> list[str]:
    """Return the ids in their usual form. Raises Refused unless all are the owner's variables."""
    try:
        wanted = [as_id(id, "property") for id in ids]
    except NotFound:
        wanted = [""]
    found = owner.variables_by_ids(wanted)
    if not all(id in found for id in wanted):
        raise Refused("a widget names a property that does not exist")
    return wanted


def copied_widgets(owner: Owner, dashboard: Dashboard, things: dict[str, str]) -> list[Json]:
    """Return copies of the widgets with new ids. `things` maps ids of things to those that replace them."""
    found = _linked(owner, [dashboard])
    widgets = []
    for widget in dashboard.widgets:
        linked = []
        for variable, thing in _variables(widget, found):
            target: Variable | None = variable
            if thing.id in things:
                target = catalogue.find_variable(owner.session, things[thing.id], variable.variable_name)
            if target is not None:
                linked.append(target.id)
        widgets.append({**widget, "id": str(uuid.uuid4()), "variables": linked})
    return widgets


def template_json(owner: Owner, dashboard: Dashboard, *, paged: bool) -> Json:
    """Describe a dashboard with names instead of ids."""
    linked = _linked(owner, [dashboard])
    answer = {
        "cover_image": dashboard.cover_image,
        "id": _slug(dashboard.name),
        "name": dashboard.name,
        "widgets": [_widget_template(widget, linked, paged) for widget in dashboard.widgets],
    }
    if paged:
        answer["pages"] = dashboard.pages
    return without_none(answer)


def _user_json(user: User | None) -> Json | None:
    return {"user_id": user.id, "username": user.name} if user else None


def _widget_json(widget: Json, found: Linked, paged: bool) -> Json:
    linked = [_linked_json(variable, thing) for variable, thing in _variables(widget, found)]
    answer = {name: value for name, value in widget.items() if name not in ("variables", "page_id")}
    answer.update(
        variables=linked,
        has_permission_incompatibility=False,
        has_type_incompatibility=False,
        has_unlinked_variable=len(linked) < len(widget.get("variables", [])),
    )
    if paged:
        answer["page_id"] = widget.get("page_id", MAIN_PAGE)
    return answer


def _linked(owner: Owner, dashboards: list[Dashboard]) -> Linked:
    """Return the variables on the dashboards that still exist."""
    widgets = [widget for dashboard in dashboards for widget in dashboard.widgets]
    return owner.variables_by_ids(id for widget in widgets for id in widget.get("variables", []))


def _variables(widget: Json, linked: Linked) -> list[tuple[Variable, Thing]]:
    """Return the widget's variables that still exist."""
    return [linked[id] for id in widget.get("variables", []) if id in linked]


def _linked_json(variable: Variable, thing: Thing) -> Json:
    offset, until = time_zone.offset_and_until(thing.timezone, clock.now_s())
    return without_none(
        {
            "id": variable.id,
            "last_value": last_value(variable),
            "last_value_updated_at": time_or_none(variable.value_updated_at),
            "name": variable.name,
            "permission": variable.permission,
            "thing_id": thing.id,
            "thing_name": thing.name,
            "thing_timezone": {
                "name": thing.timezone,
                "offset": offset,
                "until": times.write(until * 1_000_000),
            },
            "type": variable.type,
            "variable_name": variable.variable_name,
        }
    )


def _widget_template(widget: Json, linked: Linked, paged: bool) -> Json:
    answer = {name: value for name, value in widget.items() if name not in ("id", "variables", "page_id")}
    answer["variables"] = [
        {
            "name": variable.name,
            "permission": variable.permission,
            "thing_id": _slug(thing.name),
            "type": variable.type,
            "variable_id": variable.variable_name,
        }
        for variable, thing in _variables(widget, linked)
    ]
    if paged:
        answer["page_id"] = widget.get("page_id", MAIN_PAGE)
    return answer


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "dashboard"

"""What dashboards and widgets look like in answers, and the variables that widgets name."""

import re
import time
import uuid
from typing import Any

from ... import time_zone
from ...store import catalogue
from ...store.catalogue import NotFound, Refused
from ...store.models import Dashboard, DashboardShare, Thing, User, Variable
from ...store.owner import Owner
from . import times
from .answers import last_value, time_or_none, without_none

MAIN_PAGE = "0"
Json = dict[str, Any]


def dashboard_json(owner: Owner, dashboard: Dashboard, *, paged: bool) -> Json:
    """Describe a dashboard; `paged`: as v3 does, else all widgets are on one page."""
    creator = owner.session.get(User, dashboard.user_id)
    # A user with whom it is shared sees the values that its owner put on it, and no others.
    viewer = owner if dashboard.user_id == owner.user_id else Owner(owner.session, dashboard.user_id)
    answer = {
        "cover_image": dashboard.cover_image,
        "created_by": _user_json(creator),
        "deleted_at": time_or_none(dashboard.deleted_at),
        "id": dashboard.id,
        "name": dashboard.name,
        "shared_by": _user_json(creator) if dashboard.user_id != owner.user_id else None,
        "shared_with": [_user_json(user) for user in shared_with(owner, dashboard)],
        "updated_at": times.write(dashboard.updated_at),
        "widgets": [_widget_json(viewer, widget, paged) for widget in dashboard.widgets],
    }
    if paged:
        answer["pages"] = dashboard.pages
    return without_none(answer)


def shared_with(owner: Owner, dashboard: Dashboard) -> list[User]:
    """Return the users who may look at the dashboard."""
    query = owner.session.query(User).join(DashboardShare, DashboardShare.user_id == User.id)
    return list(query.filter(DashboardShare.dashboard_id == dashboard.id).order_by(User.id))


def linked_ids(owner: Owner, ids: list[str]) -> list[str]:
    """Return the ids of the owner's variables; an id that is none of them is refused."""
    try:
        return [owner.variable_by_id(id)[0].id for id in ids]
    except NotFound:
        raise Refused("a widget names a property that does not exist") from None


def copied_widgets(owner: Owner, dashboard: Dashboard, things: dict[str, str]) -> list[Json]:
    """Return the widgets under new ids, linked to the variables of other things where `things` says so."""
    widgets = []
    for widget in dashboard.widgets:
        linked = []
        for variable, thing in _variables(owner, widget):
            target: Variable | None = variable
            if thing.id in things:
                target = catalogue.find_variable(owner.session, things[thing.id], variable.variable_name)
            if target is not None:
                linked.append(target.id)
        widgets.append({**widget, "id": str(uuid.uuid4()), "variables": linked})
    return widgets


def template_json(owner: Owner, dashboard: Dashboard, *, paged: bool) -> Json:
    """Describe a dashboard by names in place of ids."""
    answer = {
        "cover_image": dashboard.cover_image,
        "id": _slug(dashboard.name),
        "name": dashboard.name,
        "widgets": [_widget_template(owner, widget, paged) for widget in dashboard.widgets],
    }
    if paged:
        answer["pages"] = dashboard.pages
    return without_none(answer)


def _user_json(user: User | None) -> Json | None:
    return {"user_id": user.id, "username": user.name} if user else None


def _widget_json(owner: Owner, widget: Json, paged: bool) -> Json:
    linked = [_linked_json(variable, thing) for variable, thing in _variables(owner, widget)]
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


def _variables(owner: Owner, widget: Json) -> list[tuple[Variable, Thing]]:
    """Return the widget's variables that are still there."""
    found = []
    for id in widget.get("variables", []):
        try:
            found.append(owner.variable_by_id(id))
        except NotFound:
            continue
    return found


def _linked_json(variable: Variable, thing: Thing) -> Json:
    offset, until = time_zone.offset_and_until(thing.timezone, time.time())
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


def _widget_template(owner: Owner, widget: Json, paged: bool) -> Json:
    answer = {name: value for name, value in widget.items() if name not in ("id", "variables", "page_id")}
    answer["variables"] = [
        {
            "name": variable.name,
            "permission": variable.permission,
            "thing_id": _slug(thing.name),
            "type": variable.type,
            "variable_id": variable.variable_name,
        }
        for variable, thing in _variables(owner, widget)
    ]
    if paged:
        answer["page_id"] = widget.get("page_id", MAIN_PAGE)
    return answer


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "dashboard"

"""Dashboards: `/v3/dashboards`, and `/v2/dashboards`, which also has sharing, linking and deleting."""

import uuid
from itertools import islice
from typing import Any, Callable

from fastapi import APIRouter, Response

from ....store.catalogue import NotFound
from ....store.models import Dashboard, now_us
from ....store.owner import Owner
from .. import requests
from ..dashboard_json import copied_widgets, dashboard_json, dashboards_json, linked_ids, template_json
from ..services import Result, Services, UserId, empty
from ..versions import DASHBOARDS


def routers(services: Services) -> list[APIRouter]:
    """Return the routes of both versions."""
    newer, older = DASHBOARDS.router(3), DASHBOARDS.router(2)
    _add_questions(newer, services, paged=True)
    _add_changes_v3(newer, services)
    _add_questions(older, services, paged=False)
    _add_changes_v2(older, services)
    for routes, paged in ((newer, True), (older, False)):
        _add_clone(routes, services, paged=paged)
    only_older = APIRouter(prefix=DASHBOARDS.prefix(2), tags=[DASHBOARDS.name])
    _add_links_and_removal(only_older, services)
    return [newer, older, only_older]


def _add_questions(routes: APIRouter, services: Services, *, paged: bool) -> None:
    @routes.get("")
    async def list_dashboards(
        user: UserId, name: str | None = None, thing_id: str | None = None, user_id: str | None = None
    ) -> list[dict[str, Any]]:
        """List the user's own dashboards and shared ones that meet all conditions."""

        def read(owner: Owner) -> list[dict[str, Any]]:
            wanted = [
                each
                for each in owner.dashboards()
                if name in (None, each.name) and user_id in (None, each.user_id)
            ]
            found = dashboards_json(owner, wanted, paged=paged)
            return [each for each in found if thing_id is None or _shows(each, thing_id)]

        return await services.read(user, read)

    @routes.get("/{id}")
    async def show_dashboard(user: UserId, id: str) -> dict[str, Any]:
        """Describe a dashboard with its widgets and the variables they are linked to."""
        return await services.read(
            user, lambda owner: dashboard_json(owner, owner.dashboard(id), paged=paged)
        )

    @routes.get("/{id}/template")
    async def show_template(user: UserId, id: str) -> dict[str, Any]:
        """Return a template of a dashboard, from which similar ones can be made."""
        return await services.read(user, lambda owner: template_json(owner, owner.dashboard(id), paged=paged))


def _add_changes_v3(routes: APIRouter, services: Services) -> None:
    @routes.post("", status_code=201)
    async def create_dashboard(user: UserId, body: requests.DashboardRequestV3) -> dict[str, Any]:
        """Make a dashboard."""
        return await _create(services, user, body, paged=True)

    @routes.put("/{id}")
    async def replace_dashboard(user: UserId, id: str, body: requests.DashboardRequestV3) -> dict[str, Any]:
        """Replace a dashboard. Missing members become empty."""
        return await _change(services, user, id, body, replace=True, paged=True)

    @routes.patch("/{id}")
    async def patch_dashboard(user: UserId, id: str, body: requests.DashboardRequestV3) -> dict[str, Any]:
        """Change a dashboard: what is absent stays."""
        return await _change(services, user, id, body, replace=False, paged=True)


def _add_changes_v2(routes: APIRouter, services: Services) -> None:
    @routes.post("", status_code=201)
    async def create_dashboard(user: UserId, body: requests.DashboardRequest) -> dict[str, Any]:
        """Make a dashboard."""
        return await _create(services, user, body, paged=False)

    @routes.put("/{id}")
    async def replace_dashboard(user: UserId, id: str, body: requests.DashboardRequest) -> dict[str, Any]:
        """Replace a dashboard. Missing members become empty, except for its name and pages."""
        return await _change(services, user, id, body, replace=True, paged=False)

    @routes.patch("/{id}")
    async def patch_dashboard(user: UserId, id: str, body: requests.DashboardRequest) -> dict[str, Any]:
        """Change a dashboard: what is absent stays."""
        return await _change(services, user, id, body, replace=False, paged=False)


def _add_clone(routes: APIRouter, services: Services, *, paged: bool) -> None:
    @routes.put("/{id}/clone", status_code=201)
    async def clone_dashboard(
        user: UserId, id: str, body: requests.DashboardClone | None = None
    ) -> dict[str, Any]:
        """Copy a dashboard. Overridden things are replaced by others with variables of the same names."""
        overrides = body.overrides if body else []

        def write(owner: Owner) -> dict[str, Any]:
            original = owner.dashboard(id)
            things = {
                owner.thing(each.old_thing_id).id: owner.thing(each.new_thing_id).id for each in overrides
            }
            copy = Dashboard(
                id=str(uuid.uuid4()),
                user_id=owner.user_id,
                name=original.name,
                cover_image=original.cover_image,
                pages=original.pages,
                widgets=copied_widgets(owner, original, things),
            )
            return _added(owner, copy, paged)

        return await _write(services, user, write)


def _add_links_and_removal(routes: APIRouter, services: Services) -> None:
    @routes.put("/{id}/widgets/{widget_id}/variables")
    async def link_widget(user: UserId, id: str, widget_id: str, body: requests.WidgetLink) -> dict[str, Any]:
        """Link a widget to variables, or to none."""

        def write(owner: Owner) -> dict[str, Any]:
            dashboard = owner.dashboard(id, to_change=True)
            linked = linked_ids(owner, body.variables)
            widgets = [dict(each) for each in dashboard.widgets]
            widget = next((each for each in widgets if each["id"] == widget_id), None)
            if widget is None:
                raise NotFound("no such widget")
            widget["variables"] = linked
            dashboard.widgets, dashboard.updated_at = widgets, now_us()
            return {"variables": linked}

        return await _write(services, user, write)

    @routes.delete("/{id}")
    async def delete_dashboard(user: UserId, id: str, force: bool = False) -> Response:
        """Delete a dashboard: permanently with `force`, otherwise so that it can be restored."""

        def write(owner: Owner) -> None:
            dashboard = owner.dashboard(id, to_change=True, deleted=force)
            if force:
                owner.session.delete(dashboard)
            else:
                dashboard.deleted_at = now_us()

        await _write(services, user, write)
        return empty()


async def _create(
    services: Services, user: str, body: requests.DashboardRequest, *, paged: bool
) -> dict[str, Any]:
    def write(owner: Owner) -> dict[str, Any]:
        dashboard = Dashboard(
            id=str(uuid.uuid4()), user_id=owner.user_id, name="Untitled", widgets=[], pages=[]
        )
        _apply(owner, dashboard, body, replace=False)
        return _added(owner, dashboard, paged)

    return await _write(services, user, write)


async def _change(
    services: Services, user: str, id: str, body: requests.DashboardRequest, *, replace: bool, paged: bool
) -> dict[str, Any]:
    def write(owner: Owner) -> dict[str, Any]:
        dashboard = owner.dashboard(id, to_change=True, deleted=body.soft_deleted is False)
        if body.soft_deleted is False:
            dashboard.deleted_at = None
        _apply(owner, dashboard, body, replace=replace)
        dashboard.updated_at = now_us()
        if body.soft_deleted:
            dashboard.deleted_at = now_us()
        return dashboard_json(owner, dashboard, paged=paged)

    return await _write(services, user, write)


async def _write(services: Services, user: str, work: Callable[[Owner], Result]) -> Result:
    """Do something as the user, and tell watchers that dashboards have changed."""
    done = await services.write(user, work)
    services.exchange.tell_change()
    return done


def _apply(owner: Owner, dashboard: Dashboard, body: requests.DashboardRequest, *, replace: bool) -> None:
    if body.name is not None:
        dashboard.name = body.name
    if body.cover_image is not None or replace:
        dashboard.cover_image = body.cover_image
    if body.widgets is not None or replace:
        widgets = [each.model_dump(exclude_none=True) for each in body.widgets or []]
        # One database query for all widgets.
        ids = iter(linked_ids(owner, [id for widget in widgets for id in widget.get("variables", [])]))
        for widget in widgets:
            widget["variables"] = list(islice(ids, len(widget.get("variables", []))))
        dashboard.widgets = widgets
    if isinstance(body, requests.DashboardRequestV3) and (body.pages is not None or replace):
        dashboard.pages = [each.model_dump(exclude_none=True) for each in body.pages or []]


def _added(owner: Owner, dashboard: Dashboard, paged: bool) -> dict[str, Any]:
    owner.session.add(dashboard)
    owner.session.flush()
    return dashboard_json(owner, dashboard, paged=paged)


def _shows(dashboard: dict[str, Any], thing_id: str) -> bool:
    return any(
        variable["thing_id"] == thing_id
        for widget in dashboard["widgets"]
        for variable in widget.get("variables", [])
    )

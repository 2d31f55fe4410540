"""Sharing dashboards with other users of this local cloud: `/v2/dashboards/{id}/shares`."""

import logging
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ....store.models import DashboardShare
from ....store.owner import Owner
from .. import requests
from ..dashboard_json import shared_with
from ..problems import Problem
from ..services import Services, UserId, empty

log = logging.getLogger(__name__)


class ShareRequest(BaseModel):
    """A message from somebody who wants to see a dashboard."""

    message: str = Field("", max_length=1000)


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v2/dashboards/{id}", tags=["dashboards"])
    _add_shares(routes, services)

    @routes.put("/share_request")
    async def ask_for_share(user: UserId, id: str, body: ShareRequest) -> Response:
        """Log a request for a share. A local cloud sends no mail."""
        log.info("user %s asks to see a dashboard", user)
        return empty()

    return routes


def _add_shares(routes: APIRouter, services: Services) -> None:
    @routes.get("/shares")
    async def list_shares(user: UserId, id: str) -> list[dict[str, Any]]:
        """List the users who may see the dashboard."""

        def read(owner: Owner) -> list[dict[str, Any]]:
            found = shared_with(owner, owner.dashboard(id))
            return [{"user_id": each.id, "username": each.name} for each in found]

        return await services.read(user, read)

    @routes.put("/shares")
    async def share(user: UserId, id: str, body: requests.Shares) -> Response:
        """Let another user, or several, see the dashboard."""
        wanted = body.users if body.users is not None else [body]

        def write(owner: Owner) -> None:
            dashboard = owner.dashboard(id, to_change=True)
            for each in wanted:
                if not (each.user_id or each.username):
                    raise Problem(400, "user_id or username is required")
                other = owner.user(each.user_id, each.username)
                if other.id != owner.user_id:
                    owner.session.merge(DashboardShare(dashboard_id=dashboard.id, user_id=other.id))

        await services.write(user, write)
        return empty()

    @routes.delete("/shares/{user_id}")
    async def end_share(user: UserId, id: str, user_id: str) -> Response:
        """Stop sharing the dashboard with a user."""

        def write(owner: Owner) -> None:
            dashboard = owner.dashboard(id, to_change=True)
            share = owner.session.get(DashboardShare, (dashboard.id, user_id))
            if share is None:
                raise Problem(404, "no such share")
            owner.session.delete(share)

        await services.write(user, write)
        return empty()

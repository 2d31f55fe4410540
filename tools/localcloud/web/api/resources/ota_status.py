"""The progress of updates: `/ota/v1/ota`, a service beside the API that the official command line uses."""

from typing import Any, Literal

from fastapi import APIRouter, Query, Response

from ....store import ota_updates
from ....store.catalogue import NotFound
from ....store.changes import Conflict
from ....store.models import DeviceEvent, OtaUpdate
from ....store.owner import Owner, as_id
from .. import times
from ..answers import time_or_none, without_none
from ..services import Services, UserId, empty

_STATES = "resume begin idle available start fetch flash reboot fail unavailable".split()
_OVER = (ota_updates.SUCCEEDED, ota_updates.FAILED)


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/ota/v1/ota", include_in_schema=False)

    @routes.get("")
    async def list_updates(
        user: UserId,
        device_id: str,
        limit: int = Query(100, ge=1, le=1000),
        order: Literal["asc", "desc"] = "desc",
    ) -> dict[str, Any]:
        """List the updates of a device."""

        def read(owner: Owner) -> dict[str, Any]:
            device = owner.device(device_id)
            ota_updates.open_update(owner.session, device.id)
            found = ota_updates.list_updates(owner.session, device.id, limit=limit, newest_first=order == "desc")
            return {"ota": [_described(owner, update)["ota"] for update in found]}

        return await services.write(user, read)

    @routes.get("/{id}")
    async def show_update(user: UserId, id: str) -> dict[str, Any]:
        """Describe an update and what the device reported about it."""
        return await services.write(user, lambda owner: _described(owner, _found(owner, id)))

    @routes.put("/{id}/cancel")
    async def cancel_update(user: UserId, id: str) -> Response:
        """Cancel an update: the device is no longer told about it and can no longer download the file."""

        def write(owner: Owner) -> None:
            update = _found(owner, id)
            if update.status not in ota_updates.OPEN:
                raise Conflict("the update is over: " + update.status)
            update.status = ota_updates.CANCELLED

        await services.write(user, write)
        return empty()

    return routes


def _found(owner: Owner, id: str) -> OtaUpdate:
    """Return the update. Raises NotFound unless its device is the user's."""
    update = owner.session.get(OtaUpdate, as_id(id, "update"))
    if update is None:
        raise NotFound("no such update")
    try:
        owner.device(update.device_id)
    except NotFound:
        raise NotFound("no such update") from None
    ota_updates.open_update(owner.session, update.device_id)
    return update


def _described(owner: Owner, update: OtaUpdate) -> dict[str, Any]:
    events = ota_updates.progress_of(owner.session, update)
    ended_us = events[-1].time_us if events and update.status in _OVER else None
    if update.status == ota_updates.EXPIRED:
        ended_us = update.expires_at
    reason = None
    if update.status == ota_updates.FAILED and events:
        reason = "error %d" % events[-1].value["state_data"]
    ota = {
        "id": update.id,
        "device_id": update.device_id,
        "status": update.status,
        "started_at": times.write(update.created_at),
        "ended_at": time_or_none(ended_us),
        "error_reason": reason,
        "firmware_size": update.size,
        "sha256": update.sha256,
        "max_retries": 0,
        "retry_attempt": 0,
    }
    return {"ota": without_none(ota), "states": [_state(update, event) for event in events]}


def _state(update: OtaUpdate, event: DeviceEvent) -> dict[str, Any]:
    number = event.value["state"]
    return {
        "ota_id": update.id,
        "state": _STATES[number] if 0 <= number < len(_STATES) else str(number),
        "state_data": str(event.value["state_data"]),
        "timestamp": times.write(event.time_us),
    }

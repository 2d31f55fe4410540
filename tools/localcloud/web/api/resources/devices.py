"""Devices: `/v2/devices`."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from ....store import catalogue
from ....store.models import Device, now_us
from ....store.owner import Owner
from .. import requests
from ..answers import device_json, devices_json
from ..services import Services, UserId, empty
from . import tags

_COLUMNS = ("type", "name", "serial", "fqbn", "connection_type", "wifi_fw_version")


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v2/devices", tags=["devices"])
    _add_questions(routes, services)
    _add_changes(routes, services)
    _add_deletion(routes, services)
    tags.add_routes(routes, services, "/{id}/tags", lambda owner, id: owner.device(id))
    return routes


def _add_questions(routes: APIRouter, services: Services) -> None:
    @routes.get("")
    async def list_devices(
        user: UserId,
        across_user_ids: bool = False,
        serial: str | None = None,
        show_deleted: bool = False,
        unique_hardware_id: str | None = None,
        tags_: Annotated[list[str] | None, Query(alias="tags")] = None,
    ) -> list[dict[str, Any]]:
        """List devices that meet all conditions."""
        has_tags = tags.matcher(tags_ or [])

        def read(owner: Owner) -> list[dict[str, Any]]:
            wanted = [
                device
                for device in owner.devices(deleted=show_deleted)
                if serial in (None, device.serial) and unique_hardware_id is None and has_tags(device)
            ]
            return devices_json(owner, wanted, services.exchange)

        return await services.read(user, read)

    @routes.get("/{id}")
    async def show_device(user: UserId, id: str) -> dict[str, Any]:
        """Describe a device and its thing."""
        return await services.read(
            user, lambda owner: device_json(owner, owner.device(id), services.exchange)
        )


def _add_changes(routes: APIRouter, services: Services) -> None:
    @routes.put("", status_code=201)
    async def create_device(user: UserId, body: requests.DeviceCreate) -> dict[str, Any]:
        """Make a device. It can connect once it has a password or a certificate."""

        def write(owner: Owner) -> dict[str, Any]:
            device = catalogue.create_device(
                owner.session, name="device", type=body.type, secret_hash=None, user_id=owner.user_id
            )
            device.name = "%s-%s" % (body.type, device.id[:8])
            _apply(device, body)
            owner.session.flush()
            return device_json(owner, device, services.exchange)

        made = await services.write(user, write)
        services.exchange.tell_change()
        return made

    @routes.post("/{id}")
    async def update_device(user: UserId, id: str, body: requests.DeviceUpdate) -> dict[str, Any]:
        """Change a device, or restore a deleted one."""

        def write(owner: Owner) -> dict[str, Any]:
            device = owner.device(id, deleted=body.soft_deleted is False)
            if body.soft_deleted is False:
                device.deleted_at = None
            _apply(device, body)
            if body.soft_deleted:
                _take_off_its_thing(owner, device)
                device.deleted_at = now_us()
            return device_json(owner, device, services.exchange)

        changed = await services.write(user, write)
        if body.soft_deleted:
            services.exchange.drop(changed["id"])
        services.exchange.tell_change()
        return changed


def _add_deletion(routes: APIRouter, services: Services) -> None:
    @routes.delete("/{id}")
    async def delete_device(user: UserId, id: str, force: bool = False) -> Response:
        """Disconnect and delete a device: permanently with `force`, otherwise so that it can be restored."""

        def write(owner: Owner) -> str:
            device = owner.device(id, deleted=force)
            _take_off_its_thing(owner, device)
            if force:
                owner.session.delete(device)
            else:
                device.deleted_at = now_us()
            return device.id

        services.exchange.drop(await services.write(user, write))
        services.exchange.tell_change()
        return empty()


def _take_off_its_thing(owner: Owner, device: Device) -> None:
    thing = catalogue.thing_of_device(owner.session, device.id)
    if thing is not None:
        thing.device_id = None
        owner.session.flush()


def _apply(device: Device, body: requests.DeviceUpdate) -> None:
    for column in _COLUMNS:
        value = getattr(body, column)
        if value is not None:
            # Names may contain almost anything, but nothing that breaks a line or a terminal.
            setattr(device, column, re.sub(r"[\x00-\x1f\x7f]", "", value))
    device.updated_at = now_us()

"""Things: `/v2/things`."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from .... import time_zone
from ....store import catalogue, changes
from ....store.catalogue import Refused
from ....store.models import Device, Thing, now_us
from ....store.owner import Owner, as_id
from ....traffic.exchange import Exchange
from .. import requests
from ..answers import plain_number, thing_json, things_json, without_none
from ..services import Services, UserId, empty
from . import tags


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v2/things", tags=["things"])
    _add_questions(routes, services)
    _add_changes(routes, services)
    _add_removal(routes, services)
    tags.add_routes(routes, services, "/{id}/tags", lambda owner, id: owner.thing(id))
    return routes


def _add_questions(routes: APIRouter, services: Services) -> None:
    @routes.get("")
    async def list_things(
        user: UserId,
        across_user_ids: bool = False,
        device_id: str | None = None,
        ids: Annotated[list[str] | None, Query()] = None,
        show_deleted: bool = False,
        show_properties: bool = False,
        tags_: Annotated[list[str] | None, Query(alias="tags")] = None,
    ) -> list[dict[str, Any]]:
        """List things that meet all conditions."""
        has_tags = tags.matcher(tags_ or [])

        def read(owner: Owner) -> list[dict[str, Any]]:
            wanted = [
                thing
                for thing in owner.things(deleted=show_deleted)
                if (not ids or thing.id in ids)
                and (device_id is None or thing.device_id == device_id)
                and has_tags(thing)
            ]
            return things_json(owner, wanted, with_properties=show_properties)

        return await services.read(user, read)

    @routes.get("/{id}")
    async def show_thing(user: UserId, id: str, show_deleted: bool = False) -> dict[str, Any]:
        """Describe a thing with its variables."""
        return await _show(services, user, id, deleted=show_deleted)

    @routes.get("/{id}/template")
    async def show_template(user: UserId, id: str) -> dict[str, Any]:
        """Return a template of a thing, from which similar ones can be made."""
        return await services.read(user, lambda owner: _template(owner, owner.thing(id)))


def _add_changes(routes: APIRouter, services: Services) -> None:
    @routes.put("", status_code=201)
    async def create_thing(user: UserId, body: requests.ThingCreate, force: bool = False) -> dict[str, Any]:
        """Make a thing and its variables and attach its device: all or nothing."""

        def write(owner: Owner) -> _Change:
            name = body.name or "Untitled"
            owner.refuse_own_thing(body.id)
            # The id is a new one even if the request names one: if it was taken when it is free, and refused when
            # another user's thing has it, everybody could ask which ids exist.
            thing = catalogue.create_thing(owner.session, name=name, user_id=owner.user_id)
            thing.tags = {tag.key: tag.value for tag in body.tags or []}
            _apply(owner, thing, body, force)
            return _attach(owner, thing, body.device_id)

        change = await services.write(user, write)
        change.tell(services.exchange)
        return await _show(services, user, change.thing_id)

    @routes.post("/{id}")
    async def update_thing(
        user: UserId, id: str, body: requests.ThingUpdate, force: bool = False
    ) -> dict[str, Any]:
        """Change a thing. An empty `device_id` detaches its device."""

        def write(owner: Owner) -> _Change:
            thing = owner.thing(id, deleted=body.soft_deleted is False)
            if body.soft_deleted is False:
                thing.deleted_at = None
            _apply(owner, thing, body, force)
            thing.updated_at = now_us()
            change = _attach(owner, thing, "" if body.soft_deleted else body.device_id)
            if body.soft_deleted:
                thing.deleted_at = now_us()
            return change

        change = await services.write(user, write)
        change.tell(services.exchange)
        return await _show(services, user, change.thing_id, deleted=bool(body.soft_deleted))

    @routes.put("/{id}/clone", status_code=201)
    async def clone_thing(user: UserId, id: str, body: requests.ThingClone) -> dict[str, Any]:
        """Copy a thing with its variables, but without its device and values."""

        def write(owner: Owner) -> str:
            return changes.clone_thing(owner, owner.thing(id), body.name, body.include_tags).id

        copy = await services.write(user, write)
        services.exchange.tell_change()
        return await _show(services, user, copy)


def _add_removal(routes: APIRouter, services: Services) -> None:
    @routes.delete("/{id}")
    async def delete_thing(user: UserId, id: str, force: bool = False) -> Response:
        """Delete a thing: with `force` permanently, with its values; otherwise so that it can be restored."""

        def write(owner: Owner) -> _Change:
            thing = owner.thing(id, deleted=force)
            change = _attach(owner, thing, "")
            if force:
                owner.session.delete(thing)
            else:
                thing.deleted_at = now_us()
            return change

        change = await services.write(user, write)
        change.tell(services.exchange)
        return empty()


def _apply(owner: Owner, thing: Thing, body: requests.ThingUpdate, force: bool) -> None:
    """Apply the request, except for the device, which is only checked."""
    if body.name is not None:
        thing.name = body.name
    if body.timezone is not None:
        if not time_zone.is_known(body.timezone):
            raise Refused("unknown time zone")
        thing.timezone = body.timezone
    for member in ("assistant", "webhook_active", "webhook_uri"):
        if getattr(body, member) is not None:
            setattr(thing, member, getattr(body, member))
    wanted = [changes.VariableDetails(**each.model_dump()) for each in body.properties or []]
    changes.merge_variables(owner, thing, wanted)
    if body.device_id:
        changes.check_attachable(owner, thing.id, body.device_id, force)


@dataclass(frozen=True)
class _Change:
    """What to tell devices and watchers once a change is committed."""

    thing_id: str
    device_before: str | None
    device_now: str | None

    def tell(self, exchange: Exchange) -> None:
        if self.device_before != self.device_now:
            exchange.tell_attached(self.thing_id, self.device_before, self.device_now)
        else:
            exchange.tell_change()


def _attach(owner: Owner, thing: Thing, device_id: str | None) -> _Change:
    """Attach the device that the request names. None leaves the device as it is, "" detaches it."""
    before = thing.device_id
    if device_id:
        catalogue.attach_device(owner.session, thing.id, as_id(device_id, "device"))
    elif device_id == "" and before is not None:
        catalogue.attach_device(owner.session, thing.id, None)
    return _Change(thing.id, before, thing.device_id)


async def _show(services: Services, user: str, id: str, *, deleted: bool = False) -> dict[str, Any]:
    return await services.read(
        user, lambda owner: thing_json(owner, owner.thing(id, deleted=deleted), with_properties=True)
    )


def _template(owner: Owner, thing: Thing) -> dict[str, Any]:
    device = owner.session.get(Device, thing.device_id) if thing.device_id else None
    template: dict[str, Any] = {
        "id": catalogue.derive_variable_name(thing.name).replace("_", "-").lower(),
        "name": thing.name,
        "timezone": thing.timezone,
        "tags": [{"key": key, "value": value} for key, value in (thing.tags or {}).items()],
        "variables": [
            without_none(
                {
                    "id": variable.variable_name,
                    "name": variable.name,
                    "permission": variable.permission,
                    "type": variable.type,
                    "update_parameter": plain_number(variable.update_parameter),
                    "update_strategy": variable.update_strategy or "ON_CHANGE",
                    "variable_name": variable.variable_name,
                }
            )
            for variable in catalogue.list_variables(owner.session, thing.id)
        ],
        "webhook_uri": thing.webhook_uri or "",
    }
    if device is not None and device.fqbn:
        template["device_metadata"] = {"fqbn": device.fqbn, "name": device.name}
    return template

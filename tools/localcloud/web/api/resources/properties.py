"""Properties (cloud variables): `/v2/things/{id}/properties`, and publishing values."""

from typing import Any

from fastapi import APIRouter, Response

from ....store import catalogue, changes
from ....store.models import Thing, now_us
from ....store.owner import Owner
from .. import requests, times
from ..answers import property_json
from ..problems import Problem
from ..services import Services, UserId, empty

MAX_BATCH = 1000


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v2/things/{id}", tags=["properties"])
    _add_questions(routes, services)
    _add_changes(routes, services)
    _add_publishing(routes, services)
    return routes


def _add_questions(routes: APIRouter, services: Services) -> None:
    @routes.get("/properties")
    async def list_properties(user: UserId, id: str, show_deleted: bool = False) -> list[dict[str, Any]]:
        """List the variables of a thing."""

        def read(owner: Owner) -> list[dict[str, Any]]:
            thing = owner.thing(id)
            return [property_json(each, thing) for each in catalogue.list_variables(owner.session, thing.id)]

        return await services.read(user, read)

    @routes.get("/properties/{pid}")
    async def show_property(user: UserId, id: str, pid: str, show_deleted: bool = False) -> dict[str, Any]:
        """Describe a variable."""
        return await services.read(
            user, lambda owner: property_json(owner.variable(id, pid), owner.thing(id))
        )


def _add_changes(routes: APIRouter, services: Services) -> None:
    @routes.put("/properties", status_code=201)
    async def create_property(user: UserId, id: str, body: requests.PropertyRequest) -> dict[str, Any]:
        """Make a variable."""

        def write(owner: Owner) -> dict[str, Any]:
            thing = owner.thing(id)
            details = changes.VariableDetails(**body.model_dump())
            return property_json(changes.add_variable(owner, thing, details), thing)

        made = await services.write(user, write)
        services.exchange.tell_change()
        return made

    @routes.post("/properties/{pid}")
    async def update_property(
        user: UserId, id: str, pid: str, body: requests.PropertyRequest
    ) -> dict[str, Any]:
        """Change a variable."""

        def write(owner: Owner) -> dict[str, Any]:
            variable = owner.variable(id, pid)
            changes.change_variable(owner, variable, changes.VariableDetails(**body.model_dump()))
            return property_json(variable, owner.thing(id))

        changed = await services.write(user, write)
        services.exchange.tell_change()
        return changed

    @routes.delete("/properties/{pid}")
    async def delete_property(user: UserId, id: str, pid: str, force: bool = False) -> Response:
        """Delete a variable with its values, permanently."""

        def write(owner: Owner) -> None:
            owner.session.delete(owner.variable(id, pid))
            owner.thing(id).updated_at = now_us()

        await services.write(user, write)
        services.exchange.tell_change()
        return empty()


def _add_publishing(routes: APIRouter, services: Services) -> None:
    async def thing_of(user: str, id: str) -> Thing:
        return await services.read(user, lambda owner: owner.thing(id))

    @routes.put("/properties/{pid}/publish")
    async def publish(user: UserId, id: str, pid: str, body: requests.Value) -> Response:
        """Set a value. With the thing's `device_id` it counts as sent by that device."""
        variable = await services.read(user, lambda owner: owner.variable(id, pid))
        if body.device_id is not None and body.device_id != (await thing_of(user, id)).device_id:
            raise Problem(400, "the device is not attached to the thing")
        await services.publisher.publish(
            variable.thing_id, variable.id, body.value, as_device=body.device_id is not None
        )
        return empty()

    @routes.put("/properties/{pid}/publish_batch")
    async def publish_batch(
        user: UserId, id: str, pid: str, body: list[requests.TimedValue]
    ) -> Response:
        """Add values with their times to the history."""
        variable = await services.read(user, lambda owner: owner.variable(id, pid))
        if len(body) > MAX_BATCH:
            raise Problem(400, "at most %d values at once" % MAX_BATCH)
        try:
            values = [(variable.id, times.parse(each.timestamp), each.value) for each in body]
        except ValueError as error:
            raise Problem(400, str(error)) from None
        await services.publisher.publish_all(variable.thing_id, values, as_device=False, dated=True)
        return empty()

    @routes.put("/publish")
    async def publish_several(user: UserId, id: str, body: requests.NamedValues) -> Response:
        """Set the values of several variables, given by `name` or `variable_name`: all or none."""

        def read(owner: Owner) -> tuple[str, list[tuple[str, int, Any]]]:
            thing = owner.thing(id)
            variables = catalogue.list_variables(owner.session, thing.id)
            by_name = {each.name: each for each in variables}
            by_name.update((each.variable_name, each) for each in variables)
            missing = [each.property for each in body.properties if each.property not in by_name]
            if missing:
                raise Problem(404, "no such property")
            now = now_us()
            return thing.id, [(by_name[each.property].id, now, each.value) for each in body.properties]

        thing_id, values = await services.read(user, read)
        await services.publisher.publish_all(thing_id, values, as_device=not body.to_device)
        return empty()

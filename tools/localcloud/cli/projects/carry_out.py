"""Carry out a plan, step by step, with the Application API."""

from collections.abc import Awaitable, Callable
from typing import Any

from .new_devices import NewDevices
from .plan import CHANGE, CREATE, DELETE, Plan, Step
from .widgets import Reference


class CarryOut:
    """Does the steps of a plan. `devices` makes new devices; it may be None if the plan has none."""

    def __init__(self, api: Any, plan: Plan, devices: NewDevices | None) -> None:
        self._api = api
        self._plan = plan
        self._devices = devices
        self._do: dict[tuple[str, str], Callable[[Step], Awaitable[None]]] = {
            (CREATE, "device"): self._create_device,
            (CHANGE, "device"): self._change_device,
            (CHANGE, "device tag"): self._set_tag,
            (DELETE, "device tag"): self._delete_tag,
            (CREATE, "thing"): self._create_thing,
            (CHANGE, "thing"): self._change_thing,
            (CHANGE, "thing tag"): self._set_tag,
            (DELETE, "thing tag"): self._delete_tag,
            (CREATE, "property"): self._create_variable,
            (CHANGE, "property"): self._change_variable,
            (DELETE, "property"): self._delete_variable,
            (CREATE, "dashboard"): self._create_dashboard,
            (CHANGE, "dashboard"): self._change_dashboard,
        }

    async def step(self, step: Step) -> None:
        """Do one step. The steps before it must be done. Raises what the API client raises."""
        await self._do[step.action, step.kind](step)

    async def _create_device(self, step: Step) -> None:
        assert self._devices is not None
        self._plan.devices[step.name] = await self._devices.make(step.name, step.body)

    async def _change_device(self, step: Step) -> None:
        await self._api.devices.update(step.id, step.body)

    def _tagged(self, step: Step) -> tuple[Any, str]:
        if step.kind == "device tag":
            return self._api.devices, step.id or self._plan.devices[step.name]
        return self._api.things, step.id or self._plan.things[step.name]

    async def _set_tag(self, step: Step) -> None:
        resource, id = self._tagged(step)
        await resource.tags_upsert(id, step.body)

    async def _delete_tag(self, step: Step) -> None:
        resource, id = self._tagged(step)
        await resource.tags_delete(id, step.body["key"])

    def _with_device(self, step: Step) -> dict[str, Any]:
        return {**step.body, "device_id": self._plan.devices[step.device]} if step.device else step.body

    async def _create_thing(self, step: Step) -> None:
        thing = await self._api.things.create(self._with_device(step))
        self._plan.things[step.name] = thing["id"]
        if step.body["properties"] and not thing.get("properties"):
            thing = await self._api.things.show(thing["id"])
        for variable in thing.get("properties") or ():
            self._plan.variables[step.name, variable["name"]] = variable["id"]

    async def _change_thing(self, step: Step) -> None:
        await self._api.things.update(step.id, self._with_device(step))

    async def _create_variable(self, step: Step) -> None:
        variable = await self._api.properties.create(self._plan.things[_thing(step)], step.body)
        self._plan.variables[_thing(step), variable["name"]] = variable["id"]

    async def _change_variable(self, step: Step) -> None:
        await self._api.properties.update(self._plan.things[_thing(step)], step.id, step.body)

    async def _delete_variable(self, step: Step) -> None:
        await self._api.properties.delete(self._plan.things[_thing(step)], step.id)

    def _linked(self, step: Step) -> dict[str, Any]:
        if "widgets" not in step.body:
            return step.body
        widgets = [
            {**widget, "variables": [self._id(each) for each in widget["variables"]]}
            for widget in step.body["widgets"]
        ]
        return {**step.body, "widgets": widgets}

    def _id(self, variable: str | Reference) -> str:
        if isinstance(variable, Reference):
            return self._plan.variables[variable.thing, variable.variable]
        return variable

    async def _create_dashboard(self, step: Step) -> None:
        await self._api.dashboards.create(self._linked(step))

    async def _change_dashboard(self, step: Step) -> None:
        await self._api.dashboards.patch(step.id, self._linked(step))


def _thing(step: Step) -> str:
    """Return the name of the thing whose property a step is about."""
    assert step.thing is not None
    return step.thing

"""Devices, things and variables in the local API, under `/local/v1`."""

import asyncio
from typing import Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from ...identity.hashed_secrets import hash_secret, new_secret
from ...store import catalogue
from ...store.database import Store
from ...store.models import Thing
from ...traffic.exchange import Exchange
from ...traffic.publishing import Publisher
from ...watch.condition import Condition
from .bodies import (
    Attachment,
    NewDevice,
    NewThing,
    NewValue,
    NewVariable,
    device_json,
    thing_json,
    variable_json,
)


def router(store: Store, exchange: Exchange, condition: Condition) -> APIRouter:
    """Return the routes; the caller demands the token for all of them."""
    routes = APIRouter()
    _add_devices(routes, store, exchange)
    _add_things(routes, store, exchange)
    _add_attaching(routes, store, exchange)
    _add_variables(routes, store, exchange, Publisher(store, exchange))

    @routes.get("/status")
    async def status() -> dict[str, Any]:
        """Return counts of what has happened since the start, and what the operator should know."""
        return {"counts": dict(condition.counts), "warnings": condition.warnings}

    return routes


def _add_devices(routes: APIRouter, store: Store, exchange: Exchange) -> None:
    @routes.get("/devices")
    async def list_devices() -> list[dict[str, Any]]:
        """List all devices."""
        return await store.read(
            lambda session: [_device(session, exchange, each.id) for each in catalogue.list_devices(session)]
        )

    @routes.post("/devices", status_code=201)
    async def create_device(body: NewDevice) -> dict[str, Any]:
        """Make a device. Only this answer has its secret."""
        secret = new_secret()
        secret_hash = await asyncio.to_thread(hash_secret, secret)

        def create(session: Session) -> dict[str, Any]:
            device = catalogue.create_device(
                session, name=body.name, type=body.type, id=body.id, secret_hash=secret_hash
            )
            return _device(session, exchange, device.id)

        device = await store.write(create)
        exchange.tell_change()
        return {**device, "secret": secret}

    @routes.get("/devices/{device_id}")
    async def show_device(device_id: str) -> dict[str, Any]:
        """Describe a device: whether it is online, its library's version, its thing."""
        return await store.read(lambda session: _device(session, exchange, device_id))


def _add_things(routes: APIRouter, store: Store, exchange: Exchange) -> None:
    @routes.get("/things")
    async def list_things() -> list[dict[str, Any]]:
        """List all things with their variables and last values."""
        return await store.read(
            lambda session: [_thing(session, exchange, each) for each in catalogue.list_things(session)]
        )

    @routes.post("/things", status_code=201)
    async def create_thing(body: NewThing) -> dict[str, Any]:
        """Make a thing and its variables and attach its device: all or nothing."""

        def create(session: Session) -> str:
            thing = catalogue.create_thing(
                session, name=body.name, timezone=body.timezone, id=body.id, user_id=body.user_id
            )
            for variable in body.variables:
                catalogue.create_variable(session, thing.id, **variable.model_dump())
            if body.device_id is not None:
                catalogue.attach_device(session, thing.id, body.device_id)
            return thing.id

        thing_id = await store.write(create)
        exchange.tell_attached(thing_id, None, body.device_id)
        return await _shown(store, exchange, thing_id)

    @routes.get("/things/{thing_id}")
    async def show_thing(thing_id: str) -> dict[str, Any]:
        """Describe a thing with its variables and last values."""
        return await _shown(store, exchange, thing_id)


def _add_attaching(routes: APIRouter, store: Store, exchange: Exchange) -> None:
    @routes.put("/things/{thing_id}/device")
    async def attach_device(thing_id: str, body: Attachment) -> dict[str, Any]:
        """Attach a device. If it was attached to another thing, it is detached from that."""
        await exchange.attach(thing_id, body.device_id)
        return await _shown(store, exchange, thing_id)

    @routes.delete("/things/{thing_id}/device")
    async def detach_device(thing_id: str) -> dict[str, Any]:
        """Detach the thing's device."""
        await exchange.attach(thing_id, None)
        return await _shown(store, exchange, thing_id)


def _add_variables(routes: APIRouter, store: Store, exchange: Exchange, publisher: Publisher) -> None:
    @routes.post("/things/{thing_id}/variables", status_code=201)
    async def create_variable(thing_id: str, body: NewVariable) -> dict[str, Any]:
        """Make a variable."""
        variable = await store.write(
            lambda session: variable_json(catalogue.create_variable(session, thing_id, **body.model_dump()))
        )
        exchange.tell_change()
        return variable

    @routes.get("/things/{thing_id}/variables/{variable}")
    async def show_variable(thing_id: str, variable: str) -> dict[str, Any]:
        """Describe a variable (given by its id or its name on the wire) with its last value."""
        return await store.read(
            lambda session: variable_json(catalogue.get_variable(session, thing_id, variable))
        )

    @routes.put("/things/{thing_id}/variables/{variable}/value")
    async def set_value(thing_id: str, variable: str, body: NewValue) -> dict[str, Any]:
        """Set a READ_WRITE variable: store the value, and send it to the device if that is online."""
        stored = await publisher.set_value(thing_id, variable, body.value)
        return {"value": stored.value, "time_us": stored.time_us, "number": stored.number}

    @routes.get("/things/{thing_id}/variables/{variable}/history")
    async def show_history(
        thing_id: str,
        variable: str,
        limit: int = Query(60, ge=1, le=10_000),
        start_us: int | None = None,
        end_us: int | None = None,
    ) -> list[dict[str, Any]]:
        """List the latest values, oldest first, with start_us <= time < end_us."""

        def read(session: Session) -> list[tuple[int, Any]]:
            found = catalogue.get_variable(session, thing_id, variable)
            return catalogue.history(session, found.id, limit=limit, start_us=start_us, end_us=end_us)

        return [{"time_us": time_us, "value": value} for time_us, value in await store.read(read)]


def _device(session: Session, exchange: Exchange, device_id: str) -> dict[str, Any]:
    device = catalogue.get_device(session, device_id)
    thing = catalogue.thing_of_device(session, device_id)
    return device_json(device, exchange.is_online(device_id), thing)


def _thing(session: Session, exchange: Exchange, thing: Thing) -> dict[str, Any]:
    online = thing.device_id is not None and exchange.is_online(thing.device_id)
    return thing_json(thing, catalogue.list_variables(session, thing.id), online)


async def _shown(store: Store, exchange: Exchange, thing_id: str) -> dict[str, Any]:
    return await store.read(
        lambda session: _thing(session, exchange, catalogue.get_thing(session, thing_id))
    )

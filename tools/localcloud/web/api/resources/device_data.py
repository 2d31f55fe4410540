"""What devices report and receive outside of things: `/v2/devices/{id}/events`, `/status`, `/properties`."""

import base64
import binascii
import json
from typing import Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from ....protocol import senml, topics
from ....protocol.conversation import Send
from ....protocol.senml import Value
from ....store import catalogue, device_events, series
from ....store.models import DeviceEvent
from ....store.owner import Owner
from .. import requests, times
from ..answers import property_json
from ..plain_json import checked
from ..problems import Problem
from ..services import Services, UserId, empty

RETENTION_DAYS = 36500
NOTED_BY_THE_CLOUD = (device_events.CONNECTION, "OtaProgress", "DeviceEvents")
"""Names of events that only the cloud writes: other answers, and starting workers, rely on their format."""
_EVENTS = 100
_MAX_EVENTS = 1000


def router(services: Services) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v2/devices/{id}", tags=["devices"])
    _add_events(routes, services)
    _add_properties(routes, services)
    _add_history(routes, services)
    return routes


def _add_events(routes: APIRouter, services: Services) -> None:
    @routes.get("/events")
    async def list_events(
        user: UserId, id: str, limit: int = Query(_EVENTS, ge=1, le=_MAX_EVENTS), start: str | None = None
    ) -> dict[str, Any]:
        """List what the device reported about itself, newest first, back from the time `start`."""

        def read(owner: Owner) -> dict[str, Any]:
            device = owner.device(id)
            events = [
                {"name": event.name, "updated_at": times.write(event.time_us), "value": _text(event.value)}
                for event in _events(owner, device.id, False, limit, start)
            ]
            return {"id": device.id, "events": events}

        return await services.read(user, read)

    @routes.get("/status")
    async def list_status_events(
        user: UserId, id: str, limit: int = Query(30, ge=1, le=_MAX_EVENTS), start: str | None = None
    ) -> dict[str, Any]:
        """List when the device connected and disconnected, newest first, back from the time `start`."""

        def read(owner: Owner) -> dict[str, Any]:
            device = owner.device(id)
            events = [
                {"updated_at": times.write(event.time_us), "value": event.value}
                for event in _events(owner, device.id, True, limit, start)
            ]
            return {"id": device.id, "events": events}

        return await services.read(user, read)


def _add_properties(routes: APIRouter, services: Services) -> None:
    @routes.get("/properties")
    async def list_properties(user: UserId, id: str, show_deleted: bool = False) -> dict[str, Any]:
        """List the variables of the device's thing."""

        def read(owner: Owner) -> dict[str, Any]:
            device = owner.device(id)
            thing = catalogue.thing_of_device(owner.session, device.id)
            variables = catalogue.list_variables(owner.session, thing.id) if thing else []
            return {
                "data_retention_days": RETENTION_DAYS,
                "deviceId": device.id,
                "properties": [property_json(each, thing) for each in variables if thing],
                "user_id": owner.user_id,
            }

        return await services.read(user, read)

    @routes.put("/properties")
    async def send_properties(user: UserId, id: str, body: requests.DeviceValues) -> Response:
        """Send values to the device's own topic, or record them as if it had reported them."""
        device = await services.read(user, lambda owner: owner.device(id))
        updates = [senml.Update(each.name, _decoded(each)) for each in body.properties]
        if body.input:
            topic = topics.device(device.id, topics.EVENTS_IN)
            services.exchange.send(device.id, Send(topic, senml.encode(updates)))
            return empty()
        for each in updates:
            if each.name in NOTED_BY_THE_CLOUD:
                raise Problem(400, "only the cloud records %s" % each.name)

        def write(owner: Owner) -> None:
            for update in updates:
                device_events.add(owner.session, device.id, update.name, update.value)

        await services.write(user, write)
        return empty()


def _add_history(routes: APIRouter, services: Services) -> None:
    @routes.get("/properties/{pid}")
    async def list_values(
        user: UserId,
        id: str,
        pid: str,
        limit: int = Query(_EVENTS, ge=1, le=_MAX_EVENTS),
        start: str | None = None,
    ) -> dict[str, Any]:
        """List values of a variable of the device's thing, newest first, back from the time `start`."""
        return await services.read(user, lambda owner: _values(owner, id, pid, limit, start))


def _values(owner: Owner, id: str, pid: str, limit: int, start: str | None) -> dict[str, Any]:
    thing = catalogue.thing_of_device(owner.session, owner.device(id).id)
    variable = catalogue.get_variable(owner.session, thing.id if thing else "", pid)
    span = series.Span(variable.id, -(2**62), _before(start))
    points = series.raw(owner.session, span, limit=limit + 1, newest_first=True)
    more = points[limit:]
    key = {}
    if more:
        key = {"created_at": times.write(more[0][0]), "id": variable.id, "name": variable.variable_name}
    return {
        "id": variable.id,
        "name": variable.variable_name,
        "last_evaluated_key": key,
        "values": [
            {"created_at": times.write(time), "value": {"payload": _text(value)}}
            for time, value in points[:limit]
        ],
    }


def _events(
    owner: Owner, device_id: str, connection: bool, limit: int, start: str | None
) -> list[DeviceEvent]:
    is_connection = DeviceEvent.name == device_events.CONNECTION
    query = (
        select(DeviceEvent)
        .where(DeviceEvent.device_id == device_id, is_connection if connection else ~is_connection)
        .where(DeviceEvent.time_us < _before(start))
        .order_by(DeviceEvent.time_us.desc(), DeviceEvent.id.desc())
        .limit(limit)
    )
    return list(owner.session.scalars(query))


def _before(start: str | None) -> int:
    """Return the time before which everything listed lies; `start` itself is included."""
    if start is None:
        return 2**62
    try:
        return times.parse(start) + 1
    except ValueError as error:
        raise Problem(400, "start: %s" % error) from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _decoded(each: requests.DeviceValue) -> Value:
    """Return the value that the request describes."""
    value = each.value
    try:
        if each.type == "base64":
            value = base64.b64decode(value, validate=True).decode()
        elif each.type == "hex":
            value = bytes.fromhex(value).decode()
        elif each.type == "json":
            value = json.loads(value) if isinstance(value, str) else value
        value = checked(value)
    except (TypeError, ValueError, RecursionError, binascii.Error):
        raise Problem(400, "the value of %.64s is not %s" % (each.name, each.type)) from None
    members = list(value.values()) if isinstance(value, dict) and value else [value]
    if not all(isinstance(member, (bool, int, float, str)) for member in members):
        raise Problem(400, "the value of %.64s is not a number, text or boolean" % each.name)
    result: Value = value
    return result

"""Resources as JSON for answers. Members without a value are left out: some clients reject null."""

from typing import Any

from sqlalchemy import select

from ...property_types import PROPERTY_TYPES
from ...store import catalogue
from ...store.models import Device, Thing, Variable
from ...store.owner import Owner
from ...traffic.exchange import Exchange
from . import times

NEVER_WRITTEN = "N/A"
Json = dict[str, Any]


def without_none(members: Json) -> Json:
    """Return the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def time_or_none(time_us: int | None) -> str | None:
    """Return the time as text, or None."""
    return None if time_us is None else times.write(time_us)


def plain_number(value: float | None) -> float | int | None:
    """Turn a whole number into an integer, as clients sent it."""
    return int(value) if value is not None and float(value).is_integer() else value


def property_json(variable: Variable, thing: Thing) -> Json:
    """Describe a variable."""
    return without_none(
        {
            "created_at": times.write(variable.created_at),
            "href": "/iot/v1/things/%s/properties/%s" % (thing.id, variable.id),
            "id": variable.id,
            "last_value": last_value(variable),
            "linked_to_trigger": False,
            "max_value": plain_number(variable.max_value),
            "min_value": plain_number(variable.min_value),
            "name": variable.name,
            "permission": variable.permission,
            "persist": variable.persist,
            "tag": variable.tag,
            "thing_id": thing.id,
            "thing_name": thing.name,
            "type": variable.type,
            "update_parameter": plain_number(variable.update_parameter),
            "update_strategy": variable.update_strategy or "ON_CHANGE",
            "updated_at": times.write(variable.updated_at or variable.created_at),
            "value_updated_at": time_or_none(variable.value_updated_at),
            "variable_name": variable.variable_name,
        }
    )


def last_value(variable: Variable) -> Any:
    """Return the last value with all its members, or NEVER_WRITTEN."""
    if variable.value_updated_at is None:
        return NEVER_WRITTEN
    return PROPERTY_TYPES[variable.type].complete(variable.last_value)


def thing_json(owner: Owner, thing: Thing, *, with_properties: bool) -> Json:
    """Describe a thing."""
    (described,) = things_json(owner, [thing], with_properties=with_properties)
    return described


def things_json(owner: Owner, things: list[Thing], *, with_properties: bool) -> list[Json]:
    """Describe things, with as many database queries as for one."""
    ids = [thing.id for thing in things]
    if with_properties:
        variables = catalogue.variables_of(owner.session, ids)
        counts = {thing_id: len(found) for thing_id, found in variables.items()}
    else:
        variables, counts = {}, catalogue.count_variables(owner.session, ids)
    query, attached = select(Device), [thing.device_id for thing in things if thing.device_id]
    rows = catalogue.rows_of(owner.session, query, Device.id, attached)
    devices = {device.id: device for (device,) in rows}
    described = []
    for thing in things:
        device = devices.get(thing.device_id) if thing.device_id else None
        members = _thing_json(owner, thing, device, counts.get(thing.id, 0))
        if with_properties:
            members["properties"] = [property_json(each, thing) for each in variables.get(thing.id, [])]
        described.append(members)
    return described


def _thing_json(owner: Owner, thing: Thing, device: Device | None, properties_count: int) -> Json:
    return without_none(
        {
            "assistant": thing.assistant or "NONE",
            "created_at": times.write(thing.created_at),
            "deleted_at": time_or_none(thing.deleted_at),
            "device_fqbn": device.fqbn if device else None,
            "device_id": thing.device_id,
            "device_name": device.name if device else None,
            "device_type": device.type if device else None,
            "href": "/iot/v1/things/" + thing.id,
            "id": thing.id,
            "name": thing.name,
            "properties_count": properties_count,
            "tags": thing.tags or {},
            "timezone": thing.timezone,
            "updated_at": times.write(thing.updated_at or thing.created_at),
            "user_id": owner.user_id,
            "webhook_active": bool(thing.webhook_active),
            "webhook_uri": thing.webhook_uri or "",
        }
    )


def device_json(owner: Owner, device: Device, exchange: Exchange) -> Json:
    """Describe a device."""
    (described,) = devices_json(owner, [device], exchange)
    return described


def devices_json(owner: Owner, devices: list[Device], exchange: Exchange) -> list[Json]:
    """Describe devices, with as many database queries as for one."""
    ids = [device.id for device in devices]
    things = [thing for (thing,) in catalogue.rows_of(owner.session, select(Thing), Thing.device_id, ids)]
    described = things_json(owner, things, with_properties=True)
    by_device = {thing.device_id: each for thing, each in zip(things, described)}
    return [_device_json(owner, device, by_device.get(device.id), exchange) for device in devices]


def _device_json(owner: Owner, device: Device, thing: Json | None, exchange: Exchange) -> Json:
    ota_capable = device.ota_sha256 is not None
    return without_none(
        {
            "connection_type": device.connection_type,
            "created_at": times.write(device.created_at),
            "deleted_at": time_or_none(device.deleted_at),
            "device_status": "ONLINE" if exchange.is_online(device.id) else "OFFLINE",
            "fqbn": device.fqbn,
            "href": "/iot/v2/devices/" + device.id,
            "id": device.id,
            "label": device.type,
            "last_activity_at": time_or_none(device.last_activity_at),
            "lib_version": device.lib_version,
            "metadata": {},
            "name": device.name,
            "ota_available": ota_capable,
            "ota_compatible": ota_capable,
            "serial": device.serial or "",
            "tags": device.tags or {},
            "thing": thing,
            "type": device.type,
            "updated_at": times.write(device.updated_at or device.created_at),
            "user_id": owner.user_id,
            "webhooks": [],
            "wifi_fw_version": device.wifi_fw_version,
        }
    )

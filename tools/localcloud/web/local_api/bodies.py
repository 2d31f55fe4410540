"""Bodies of the local API."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ...property_types import PROPERTY_TYPES, READ_WRITE
from ...store.models import Device, Thing, Variable
from ..api.requests import Text


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewUser(_Request):
    """A user to make. Only the answer to this has the API key's secret."""

    name: str


class NewKey(_Request):
    """An API key to make for a user. Only the answer to this has its secret."""

    name: Text


class Code(_Request):
    """The code in the page's address, which begins a session."""

    code: str = Field(max_length=200)


class NewDevice(_Request):
    """A device to make. Only the answer to this has its secret."""

    name: str
    type: str = "login_and_secretkey_wifi"
    id: str | None = None


class NewVariable(_Request):
    """A variable to make in a thing."""

    name: str
    type: str
    permission: str = READ_WRITE
    variable_name: str | None = None
    persist: bool = True
    min_value: float | None = None
    max_value: float | None = None


class NewThing(_Request):
    """A thing to make, with its variables and optionally its device."""

    name: str
    timezone: str = "UTC"
    id: str | None = None
    device_id: Text | None = None
    user_id: Text | None = None
    variables: list[NewVariable] = Field(default_factory=list)


class Attachment(_Request):
    """The device to attach."""

    device_id: Text


class NewValue(_Request):
    """A value to set."""

    value: Any


def device_json(device: Device, online: bool, thing: Thing | None) -> dict[str, Any]:
    """Describe a device."""
    return {
        "id": device.id,
        "name": device.name,
        "type": device.type,
        "online": online,
        "thing_id": thing.id if thing else None,
        "lib_version": device.lib_version,
        "wifi_fw_version": device.wifi_fw_version,
        "net_config": device.net_config,
        "ota_sha256": device.ota_sha256,
        "created_at_us": device.created_at,
        "last_activity_at_us": device.last_activity_at,
    }


def thing_json(thing: Thing, variables: list[Variable], online: bool) -> dict[str, Any]:
    """Describe a thing with its variables."""
    return {
        "id": thing.id,
        "name": thing.name,
        "timezone": thing.timezone,
        "device_id": thing.device_id,
        "device_online": online,
        "variables": [variable_json(variable) for variable in variables],
    }


def variable_json(variable: Variable) -> dict[str, Any]:
    """Describe a variable with its last value (null if it was never written)."""
    return {
        "id": variable.id,
        "thing_id": variable.thing_id,
        "name": variable.name,
        "variable_name": variable.variable_name,
        "type": variable.type,
        "permission": variable.permission,
        "min_value": variable.min_value,
        "max_value": variable.max_value,
        "value": PROPERTY_TYPES[variable.type].restore(variable.last_value),
        "time_us": variable.value_updated_at,
        "number": variable.value_number or 0,
    }

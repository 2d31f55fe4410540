"""Changes of things and variables for the Application API. Each runs in a transaction."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete

from ..property_types import PROPERTY_TYPES
from . import catalogue
from .catalogue import Refused
from .models import Device, Sample, Thing, Variable, now_us
from .owner import Owner


class Conflict(Refused):
    """The request conflicts with something else."""


@dataclass(frozen=True)
class VariableDetails:
    """Everything that a request says about a variable."""

    name: str
    type: str
    permission: str
    update_strategy: str
    variable_name: str | None = None
    persist: bool = True
    update_parameter: float | None = None
    tag: int | None = None
    min_value: float | None = None
    max_value: float | None = None


def add_variable(owner: Owner, thing: Thing, details: VariableDetails) -> Variable:
    """Add a variable. By default its tag is the next free number."""
    name = details.variable_name or catalogue.derive_variable_name(details.name)
    present = catalogue.list_variables(owner.session, thing.id)
    members = {**vars(details), "variable_name": name}
    if details.tag is None:
        members["tag"] = 1 + max((each.tag or 0 for each in present), default=0)
    thing.updated_at = now_us()
    return catalogue.create_variable(owner.session, thing.id, **members)


def change_variable(owner: Owner, variable: Variable, details: VariableDetails) -> None:
    """Change a variable as requested. If its type changes, its values are deleted. Raises Refused."""
    if details.type not in PROPERTY_TYPES:
        raise Refused("unknown property type")
    catalogue.checked_display_name(details.name)
    name = details.variable_name or variable.variable_name
    other = catalogue.find_variable(owner.session, variable.thing_id, name)
    if other is not None and other.id != variable.id:
        raise Refused("a variable with the variable_name %s exists in the thing" % name)
    if details.type != variable.type:
        owner.session.execute(delete(Sample).where(Sample.variable_id == variable.id))
        variable.last_value = variable.value_updated_at = variable.value_from = variable.value_unseen = None
        variable.value_number = (variable.value_number or 0) + 1
    for member, value in vars(details).items():
        if value is not None or member in ("min_value", "max_value"):
            setattr(variable, member, value)
    variable.variable_name, variable.updated_at = name, now_us()


def merge_variables(owner: Owner, thing: Thing, wanted: list[VariableDetails]) -> None:
    """Add variables, or change those with the same names. None is removed."""
    present = {each.name: each for each in catalogue.list_variables(owner.session, thing.id)}
    for details in wanted:
        if details.name in present:
            change_variable(owner, present[details.name], details)
        else:
            present[details.name] = add_variable(owner, thing, details)


def clone_thing(owner: Owner, thing: Thing, name: str, include_tags: bool) -> Thing:
    """Copy a thing's settings and variables, with new ids and without device and values."""
    copy = catalogue.create_thing(owner.session, name=name, timezone=thing.timezone, user_id=owner.user_id)
    copy.assistant, copy.webhook_active, copy.webhook_uri = (
        thing.assistant,
        thing.webhook_active,
        thing.webhook_uri,
    )
    if include_tags:
        copy.tags = dict(thing.tags or {})
    for variable in catalogue.list_variables(owner.session, thing.id):
        members: dict[str, Any] = {name: getattr(variable, name) for name in VariableDetails.__annotations__}
        members["update_strategy"] = variable.update_strategy or "ON_CHANGE"
        add_variable(owner, copy, VariableDetails(**members))
    return copy


def check_attachable(owner: Owner, thing_id: str | None, device_id: str, force: bool) -> None:
    """Raise NotFound unless the device is the owner's, and Conflict if another thing has it (without `force`)."""
    device: Device = owner.device(device_id)
    other = catalogue.thing_of_device(owner.session, device.id)
    if other is not None and other.id != thing_id and not force:
        raise Conflict("the device is attached to another thing")

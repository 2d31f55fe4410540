"""Make, find and attach devices, things and variables. Each function runs in a transaction."""

import math
import re
import uuid
from typing import Any, Iterable, TypeVar

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from .. import time_zone
from ..property_types import PROPERTY_TYPES, READ_ONLY, READ_WRITE
from . import device_events, ota_updates
from .models import ApiKey, Device, Sample, Setting, Thing, User, Variable, now_us

Deletable = TypeVar("Deletable", Device, Thing)
"""A kind of resource that users can delete and restore."""
DEFAULT_USER = "default_user"
"""The setting with the id of the user who owns things and devices without an owner."""
DEFAULT_API_KEY = "default_api_key"
"""The setting with the id of the default user's key, whose secret is in a file."""
DEFAULT_DEVICE = "default_device"
"""The setting with the id of the device that every new store gets."""
_IDS_PER_QUERY = 5000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9_. -]{1,64}")
# People see a variable under this name. Programs and the wire use its `variable_name`.
_DISPLAY_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,64}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class NotFound(LookupError):
    """The device, thing or variable does not exist."""


class Refused(ValueError):
    """The request is refused. `str()` says why."""


class NameTaken(Refused):
    """Another user has this name."""


def create_user(session: Session, *, name: str) -> User:
    """Add a user. Names are unique, because dashboards are shared by user name. Raises `NameTaken`."""
    if session.scalars(select(User.id).where(User.name == checked_name(name))).first() is not None:
        raise NameTaken("a user with this name exists")
    user = User(id=_new_id(None), name=name)
    session.add(user)
    session.flush()
    return user


def create_api_key(session: Session, user_id: str, *, name: str, secret_hash: str) -> ApiKey:
    """Add an API key for a user. Its id is the client id."""
    key = ApiKey(id=_new_id(None), user_id=user_id, name=checked_name(name), secret_hash=secret_hash)
    session.add(key)
    session.flush()
    return key


def is_id(text: str) -> bool:
    """Return whether the text is an id in its usual form. Anything else may be text that no database accepts."""
    return _UUID.fullmatch(text) is not None


def find_api_key(session: Session, client_id: str) -> ApiKey | None:
    """Return the API key with this client id, or None."""
    return session.get(ApiKey, client_id) if is_id(client_id) else None


def owns_thing(session: Session, user_id: str, thing_id: str) -> bool:
    """Return whether the thing exists and is the user's."""
    thing = _present(session, Thing, thing_id)
    if thing is None:
        return False
    if thing.user_id is not None:
        return thing.user_id == user_id
    default = session.get(Setting, DEFAULT_USER)
    return default is not None and default.value == user_id


def create_device(
    session: Session,
    *,
    name: str,
    secret_hash: str | None,
    type: str = "login_and_secretkey_wifi",
    id: str | None = None,
    user_id: str | None = None,
) -> Device:
    """Add a device. Without a secret's hash it can connect only with a certificate. Raises Refused."""
    device_id = _new_id(id)
    if session.get(Device, device_id) is not None:
        raise Refused("a device with this id exists")
    device = Device(
        id=device_id, name=checked_name(name), type=type, secret_hash=secret_hash, user_id=user_id
    )
    session.add(device)
    session.flush()
    return device


def get_device(session: Session, device_id: str) -> Device:
    """Return the device. Raises NotFound."""
    device = _present(session, Device, device_id)
    if device is None:
        raise NotFound("no such device")
    return device


def list_devices(session: Session) -> list[Device]:
    """Return all devices, oldest first."""
    return _all_present(session, Device)


def record_facts(session: Session, device_id: str, name: str, facts: dict[str, Any]) -> None:
    """Store what a device reported about itself, in its columns or as an event."""
    device = session.get(Device, device_id)
    if device is None:
        return
    device.last_activity_at = now_us()
    if name == "DeviceBegin":
        device.lib_version = facts["lib_version"]
    elif name == "WiFiFWVersion":
        device.wifi_fw_version = facts["version"]
    elif name == "DeviceNetConfig":
        device.net_config = _storable(facts)
    elif name == "OtaBegin":
        device.ota_sha256 = facts["sha256"].hex()
        ota_updates.note_begin(session, device_id)
    else:
        if name == "OtaProgress":
            ota_updates.note_progress(session, device_id, facts)
        if isinstance(facts.get("LIB_VERSION"), str):
            # PostgreSQL accepts a NUL only in JSON.
            device.lib_version = facts["LIB_VERSION"].replace("\0", "")[:64]
        device_events.add(session, device_id, name, _storable(facts))


def record_connection(session: Session, device_id: str, connected: bool) -> None:
    """Record that the device has just connected or disconnected."""
    device = session.get(Device, device_id)
    if device is None:
        return
    device.last_activity_at = now_us()
    value = "CONNECTED" if connected else "DISCONNECTED"
    device_events.add(session, device_id, device_events.CONNECTION, value)


def create_thing(
    session: Session, *, name: str, timezone: str = "UTC", id: str | None = None, user_id: str | None = None
) -> Thing:
    """Add a thing without variables and device. `user_id` None means the default user. Raises Refused."""
    thing_id = _new_id(id)
    if session.get(Thing, thing_id) is not None:
        raise Refused("a thing with this id exists")
    if not time_zone.is_known(timezone):
        raise Refused("unknown time zone")
    if user_id is not None and session.get(User, user_id) is None:
        raise Refused("no such user")
    thing = Thing(id=thing_id, name=checked_name(name), timezone=timezone, user_id=user_id)
    session.add(thing)
    session.flush()
    return thing


def get_thing(session: Session, thing_id: str) -> Thing:
    """Return the thing. Raises NotFound."""
    thing = _present(session, Thing, thing_id)
    if thing is None:
        raise NotFound("no such thing")
    return thing


def list_things(session: Session) -> list[Thing]:
    """Return all things, oldest first."""
    return _all_present(session, Thing)


def thing_of_device(session: Session, device_id: str) -> Thing | None:
    """Return the thing that the device is attached to, or None."""
    return session.scalars(select(Thing).where(Thing.device_id == device_id)).one_or_none()


def attach_device(session: Session, thing_id: str, device_id: str | None) -> tuple[str | None, str | None]:
    """Attach a device to the thing (None: detach its device).

    Return the ids of the device that was attached before and of the thing that the new device left.
    """
    thing = get_thing(session, thing_id)
    previous = thing.device_id
    left = None
    if device_id is not None:
        get_device(session, device_id)
        other = thing_of_device(session, device_id)
        if other is not None and other.id != thing_id:
            other.device_id = None
            left = other.id
            session.flush()
    thing.device_id = device_id
    session.flush()
    return previous, left


def create_variable(
    session: Session,
    thing_id: str,
    *,
    name: str,
    type: str,
    permission: str = READ_WRITE,
    variable_name: str | None = None,
    persist: bool = True,
    **details: Any,
) -> Variable:
    """Add a variable to a thing. By default its name on the wire is derived from `name`.

    `details` are more columns: min_value, max_value, update_strategy, update_parameter, tag.
    Raises NotFound or Refused.
    """
    get_thing(session, thing_id)
    if type not in PROPERTY_TYPES:
        raise Refused("unknown variable type")
    if permission not in (READ_ONLY, READ_WRITE):
        raise Refused("permission must be READ_ONLY or READ_WRITE")
    variable_name = variable_name or derive_variable_name(name)
    if not _VARIABLE_NAME.fullmatch(variable_name):
        raise Refused("a variable name must have letters, digits and _, and must not begin with a digit")
    if find_variable(session, thing_id, variable_name) is not None:
        raise Refused("a variable with the variable_name %s exists in the thing" % variable_name)
    variable = Variable(
        id=str(uuid.uuid4()),
        thing_id=thing_id,
        name=checked_display_name(name),
        variable_name=variable_name,
        type=type,
        permission=permission,
        persist=persist,
        **details,
    )
    session.add(variable)
    session.flush()
    return variable


def derive_variable_name(name: str) -> str:
    """Derive the name on the wire from a display name: "Air Temp" becomes "air_temp"."""
    if _VARIABLE_NAME.fullmatch(name):
        return name
    derived = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_").lower()[:63]
    return "_" + derived if not derived or derived[0].isdigit() else derived


def find_variable(session: Session, thing_id: str, key: str) -> Variable | None:
    """Return the variable with this id or this name on the wire, or None."""
    query = select(Variable).where(
        Variable.thing_id == thing_id, (Variable.variable_name == key) | (Variable.id == key)
    )
    return session.scalars(query).one_or_none()


def get_variable(session: Session, thing_id: str, key: str) -> Variable:
    """Return the variable with this id or this name on the wire. Raises NotFound."""
    variable = find_variable(session, thing_id, key)
    if variable is None:
        raise NotFound("no such variable")
    return variable


def list_variables(session: Session, thing_id: str) -> list[Variable]:
    """Return the variables of a thing, oldest first."""
    query = select(Variable).where(Variable.thing_id == thing_id).order_by(Variable.created_at, Variable.id)
    return list(session.scalars(query))


def variables_of(session: Session, thing_ids: Iterable[str]) -> dict[str, list[Variable]]:
    """Return the variables of each thing, oldest first."""
    query = select(Variable).order_by(Variable.created_at, Variable.id)
    found: dict[str, list[Variable]] = {}
    for (variable,) in rows_of(session, query, Variable.thing_id, thing_ids):
        found.setdefault(variable.thing_id, []).append(variable)
    return found


def count_variables(session: Session, thing_ids: Iterable[str]) -> dict[str, int]:
    """Return the number of each thing's variables, without things that have none."""
    query = select(Variable.thing_id, func.count()).group_by(Variable.thing_id)
    return {thing_id: count for thing_id, count in rows_of(session, query, Variable.thing_id, thing_ids)}


def rows_of(
    session: Session, query: "Select[*tuple[Any, ...]]", column: "InstrumentedAttribute[Any]", ids: Iterable[str]
) -> "list[Row[*tuple[Any, ...]]]":
    """Run the query with the column limited to the ids, with as few queries as possible."""
    ordered = sorted(set(ids))
    rows: "list[Row[*tuple[Any, ...]]]" = []
    for start in range(0, len(ordered), _IDS_PER_QUERY):
        rows += session.execute(query.where(column.in_(ordered[start : start + _IDS_PER_QUERY])))
    return rows


def newest_value_us(session: Session) -> int | None:
    """Return the time of the newest last value, None if there is none."""
    return session.scalar(select(func.max(Variable.value_updated_at)))


def history(
    session: Session,
    variable_id: str,
    *,
    limit: int,
    start_us: int | None = None,
    end_us: int | None = None,
) -> list[tuple[int, Any]]:
    """Return the latest `limit` samples with start <= time < end, oldest first."""
    query = select(Sample.time_us, Sample.value).where(Sample.variable_id == variable_id)
    if start_us is not None:
        query = query.where(Sample.time_us >= start_us)
    if end_us is not None:
        query = query.where(Sample.time_us < end_us)
    query = query.order_by(Sample.time_us.desc(), Sample.id.desc()).limit(limit)
    variable = session.get(Variable, variable_id)
    restore = PROPERTY_TYPES[variable.type].restore if variable else lambda value: value
    return [(row.time_us, restore(row.value)) for row in reversed(session.execute(query).all())]


def _present(session: Session, kind: type[Deletable], id: str) -> Deletable | None:
    """Return the resource with this id, or None if it does not exist or was deleted."""
    found = session.get(kind, id)
    return None if found is None or found.deleted_at is not None else found


def _all_present(session: Session, kind: type[Deletable]) -> list[Deletable]:
    """Return all resources that were not deleted, oldest first."""
    query = select(kind).where(kind.deleted_at.is_(None)).order_by(kind.created_at, kind.id)
    return list(session.scalars(query))


def _new_id(id: str | None) -> str:
    return str(uuid.uuid4()) if id is None else checked_id(id)


def checked_id(id: str) -> str:
    """Return an id that a request brings, in its usual form. Raises `Refused` if it is none."""
    try:
        return str(uuid.UUID(id))
    except ValueError:
        raise Refused("an id must be a UUID") from None


def checked_name(name: str) -> str:
    """Return the name of a thing, device or user. Raises Refused if it is not allowed."""
    if not _NAME.fullmatch(name):
        raise Refused("a name must have 1 to 64 letters, digits, spaces and . _ -")
    return name


def checked_display_name(name: str) -> str:
    """Return a variable's display name. Raises Refused if it is not allowed."""
    if not _DISPLAY_NAME.fullmatch(name):
        raise Refused("a variable's name must have 1 to 64 characters, without control characters")
    return name


def _storable(fact: Any) -> Any:
    """Convert what a device reported to JSON: bytes to hexadecimal digits, NaN and infinity to null."""
    if isinstance(fact, dict):
        return {key: _storable(value) for key, value in fact.items()}
    if isinstance(fact, bytes):
        return fact.hex()
    return None if isinstance(fact, float) and not math.isfinite(fact) else fact

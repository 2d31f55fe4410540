"""The default project, made at first start: one device and one thing, with files for a client."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from ..files import make_private_folder, write_whole
from ..identity.certificates import Authority, KeyFiles
from ..identity.hashed_secrets import hash_secret, new_secret
from ..property_types import READ_ONLY, READ_WRITE
from ..store import catalogue
from ..store.database import Store
from ..store.models import Setting

# What the official Python client's examples register, by name on the wire.
VARIABLES = (
    ("sw1", "STATUS", READ_WRITE),
    ("led", "STATUS", READ_WRITE),
    ("clk", "CHARSTRING", READ_ONLY),
    ("clight", "HOME_COLORED_LIGHT", READ_WRITE),
    ("treasureisland", "LOCATION", READ_ONLY),
    ("schedule", "SCHEDULE", READ_WRITE),
)
_DEVICE_SETTING, _THING_SETTING = "default_device", "default_thing"


@dataclass(frozen=True)
class DefaultProject:
    """What a client needs to act as the default device."""

    device_id: str
    secret: str
    thing_id: str
    files: KeyFiles


async def default_project(store: Store, authority: Authority, data: Path) -> DefaultProject:
    """Return the default project. It is made at first start and then stays."""
    ids = await store.read(_known_ids)
    if ids is None:
        secret = new_secret()
        secret_hash = hash_secret(secret)
        folder = data / "devices"
        make_private_folder(folder)
        # The file first: a device whose secret is lost would be useless.
        write_whole(folder / "default.secret", secret.encode())
        ids = await store.write(lambda session: _create(session, secret_hash))
    device_id, thing_id = ids
    secret = (data / "devices" / "default.secret").read_text()
    files = authority.device(data / "devices" / device_id, device_id)
    return DefaultProject(device_id, secret, thing_id, files)


def _known_ids(session: Session) -> tuple[str, str] | None:
    device, thing = session.get(Setting, _DEVICE_SETTING), session.get(Setting, _THING_SETTING)
    return (device.value, thing.value) if device and thing else None


def _create(session: Session, secret_hash: str) -> tuple[str, str]:
    device = catalogue.create_device(session, name="My device", secret_hash=secret_hash)
    thing = catalogue.create_thing(session, name="My thing")
    for name, type_, permission in VARIABLES:
        catalogue.create_variable(session, thing.id, name=name, type=type_, permission=permission)
    catalogue.attach_device(session, thing.id, device.id)
    session.add(Setting(name=_DEVICE_SETTING, value=device.id))
    session.add(Setting(name=_THING_SETTING, value=thing.id))
    return device.id, thing.id

"""The default project, made at first start: one device and one thing, with files for a client."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from ..identity.certificates import Authority
from ..identity.hashed_secrets import hash_secret
from ..identity.key_files import KeyFiles, load_certificate
from ..property_types import READ_ONLY, READ_WRITE
from ..store import catalogue, device_certificates
from ..store.database import Store
from ..store.models import Device, Setting
from . import secret_files

# What the official Python client's examples register, by name on the wire.
VARIABLES = (
    ("sw1", "STATUS", READ_WRITE),
    ("led", "STATUS", READ_WRITE),
    ("clk", "CHARSTRING", READ_ONLY),
    ("clight", "HOME_COLORED_LIGHT", READ_WRITE),
    ("treasureisland", "LOCATION", READ_ONLY),
    ("schedule", "SCHEDULE", READ_WRITE),
)
_THING_SETTING = "default_thing"


@dataclass(frozen=True)
class DefaultProject:
    """What a client needs to act as the default device."""

    device_id: str
    secret: str
    thing_id: str
    files: KeyFiles

    @property
    def own(self) -> device_certificates.Own:
        """Return the certificate in the files, which is not in the store."""
        serial = load_certificate(self.files.certificate).serial_number
        return {device_certificates.as_text(serial): self.device_id}


async def is_made(store: Store) -> bool:
    """Return whether the store has a default project, and so relies on an authority."""
    return await store.read(_known_ids) is not None


async def default_project(
    store: Store, authority: Authority, data: Path, losses: secret_files.Losses
) -> DefaultProject:
    """Return the default project. It is made at first start and then stays. Raises `files.SecretUnusable`."""
    path = data / "devices" / "default.secret"
    ids = await store.read(_known_ids)
    if ids is None:
        # The file first: a device whose secret is lost would be useless.
        secret_hash = hash_secret(secret_files.make_default(path))
        ids = await store.write(lambda session: _create(session, secret_hash))
    device_id, thing_id = ids

    async def change(secret: str) -> None:
        secret_hash = hash_secret(secret)
        await store.write(lambda session: _change(session, device_id, secret_hash))

    secret = await secret_files.default_secret(path, "the default device", losses, change)
    files = authority.device(data / "devices" / device_id, device_id)
    return DefaultProject(device_id, secret, thing_id, files)


def _known_ids(session: Session) -> tuple[str, str] | None:
    device, thing = session.get(Setting, catalogue.DEFAULT_DEVICE), session.get(Setting, _THING_SETTING)
    return (device.value, thing.value) if device and thing else None


def _change(session: Session, device_id: str, secret_hash: str) -> None:
    device = session.get(Device, device_id)
    if device is not None:
        device.secret_hash = secret_hash


def _create(session: Session, secret_hash: str) -> tuple[str, str]:
    device = catalogue.create_device(session, name="My device", secret_hash=secret_hash)
    thing = catalogue.create_thing(session, name="My thing")
    for name, type_, permission in VARIABLES:
        catalogue.create_variable(session, thing.id, name=name, type=type_, permission=permission)
    catalogue.attach_device(session, thing.id, device.id)
    session.add(Setting(name=catalogue.DEFAULT_DEVICE, value=device.id))
    session.add(Setting(name=_THING_SETTING, value=thing.id))
    return device.id, thing.id

"""Certificates of devices that the API has issued, and which of them are valid."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from .catalogue import DEFAULT_DEVICE, NotFound
from .models import Device, DeviceCertificate, Setting, now_us

Own = Mapping[str, str]
"""Certificates that `serve` made itself: serial numbers as text, each with its device's id."""


def of_device(session: Session, device_id: str) -> list[DeviceCertificate]:
    """Return the device's certificates, oldest first."""
    query = select(DeviceCertificate).where(
        DeviceCertificate.device_id == device_id, DeviceCertificate.withdrawn_at.is_(None)
    )
    return list(session.scalars(query.order_by(DeviceCertificate.created_at, DeviceCertificate.id)))


def get(session: Session, device_id: str, certificate_id: str) -> DeviceCertificate:
    """Return a certificate of the device. Raises `NotFound`."""
    for certificate in of_device(session, device_id):
        if certificate.id == certificate_id.lower():
            return certificate
    raise NotFound("no such certificate")


def withdraw(certificate: DeviceCertificate) -> None:
    """Make the certificate invalid."""
    certificate.withdrawn_at = now_us()


def as_text(serial: int) -> str:
    """Return a serial number in the form that the table and the API use."""
    return "%032x" % serial


def is_good(session: Session, serial: int, device_id: str, own: Own) -> bool:
    """Return whether the device may connect with this certificate of our authority.

    One that is neither in the table nor in `own` was made by somebody who had the authority's key.
    """
    certificate = session.get(DeviceCertificate, as_text(serial))
    if certificate is None:
        return own.get(as_text(serial)) == device_id
    return (
        certificate.device_id == device_id and certificate.enabled and certificate.withdrawn_at is None
    )


def may_show_one(session: Session, device_id: str) -> bool:
    """Return whether the device may have a valid certificate. `serve` made one for the default device."""
    query = select(DeviceCertificate).where(DeviceCertificate.device_id == device_id)
    issued = list(session.scalars(query))
    if not issued:
        default = session.get(Setting, DEFAULT_DEVICE)
        return default is not None and default.value == device_id
    return any(each.enabled and each.withdrawn_at is None for each in issued)


def in_use(session: Session) -> list[tuple[str, str, bytes]]:
    """Return the names and ids of devices with their certificates (DER) that let them in now, oldest first."""
    query = (
        select(Device.name, Device.id, DeviceCertificate.der)
        .join(Device, Device.id == DeviceCertificate.device_id)
        .where(DeviceCertificate.enabled, DeviceCertificate.withdrawn_at.is_(None), Device.deleted_at.is_(None))
        .order_by(DeviceCertificate.created_at, DeviceCertificate.serial)
    )
    return [(name, id, der) for name, id, der in session.execute(query)]

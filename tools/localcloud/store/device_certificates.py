"""Certificates of devices that the API has issued, and which of them are valid."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from .catalogue import NotFound
from .models import DeviceCertificate, now_us


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


def is_good(session: Session, serial: int, device_id: str) -> bool:
    """Return whether the device may connect with this certificate of our authority.

    `serve` made the one that is not in the table, with the default device's key.
    """
    certificate = session.get(DeviceCertificate, as_text(serial))
    if certificate is None:
        return True
    return (
        certificate.device_id == device_id and certificate.enabled and certificate.withdrawn_at is None
    )


def may_show_one(session: Session, device_id: str) -> bool:
    """Return whether the device may have a valid certificate: also if the API has issued none for it."""
    query = select(DeviceCertificate).where(DeviceCertificate.device_id == device_id)
    issued = list(session.scalars(query))
    return not issued or any(each.enabled and each.withdrawn_at is None for each in issued)

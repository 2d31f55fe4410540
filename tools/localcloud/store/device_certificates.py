"""Certificates of devices that the API has issued, and which of them let a device in."""

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
    """Return a certificate of the device, or raise `NotFound`."""
    for certificate in of_device(session, device_id):
        if certificate.id == certificate_id.lower():
            return certificate
    raise NotFound("no such certificate")


def withdraw(certificate: DeviceCertificate) -> None:
    """Let the certificate let nobody in any more."""
    certificate.withdrawn_at = now_us()


def as_text(serial: int) -> str:
    """Return a serial number as the table and the API have it."""
    return "%032x" % serial


def is_good(session: Session, serial: int, device_id: str) -> bool:
    """May the device get in with this certificate of our authority?

    One that is not in the table was made by `serve`, with the default device's key.
    """
    certificate = session.get(DeviceCertificate, as_text(serial))
    if certificate is None:
        return True
    return (
        certificate.device_id == device_id and certificate.enabled and certificate.withdrawn_at is None
    )


def may_show_one(session: Session, device_id: str) -> bool:
    """May the device have a certificate that is good? Yes, too, if the API has never issued any for it."""
    query = select(DeviceCertificate).where(DeviceCertificate.device_id == device_id)
    issued = list(session.scalars(query))
    return not issued or any(each.enabled and each.withdrawn_at is None for each in issued)

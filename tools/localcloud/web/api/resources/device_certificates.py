"""Certificates of devices: `/v2/devices/{id}/certs`. Keys stay on the boards, which send requests (CSR)."""

import base64
import uuid

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Response

from ....identity.certificates import Authority
from ....store import device_certificates as store
from ....store.models import DeviceCertificate
from ....store.owner import Owner
from .. import requests
from ..answers import Json, without_none
from ..services import Services, UserId, empty


def router(services: Services, authority: Authority) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v2/devices/{id}/certs", tags=["devices"])
    _add_questions(routes, services, authority)
    _add_changes(routes, services, authority)
    _add_deletion(routes, services)
    return routes


def _add_questions(routes: APIRouter, services: Services, authority: Authority) -> None:
    @routes.get("")
    async def list_certificates(user: UserId, id: str) -> list[Json]:
        """List the certificates that this cloud has issued for a device."""

        def read(owner: Owner) -> list[Json]:
            device = owner.device(id)
            return [_json(each, authority) for each in store.of_device(owner.session, device.id)]

        return await services.read(user, read)

    @routes.get("/{cid}")
    async def show_certificate(user: UserId, id: str, cid: str) -> Json:
        """Describe a certificate."""
        return await services.read(user, lambda owner: _json(_get(owner, id, cid), authority))


def _add_changes(routes: APIRouter, services: Services, authority: Authority) -> None:
    @routes.put("", status_code=201)
    async def create_certificate(user: UserId, id: str, body: requests.CertificateCreate) -> Json:
        """Sign a board's request. The device's id becomes the common name."""

        def write(owner: Owner) -> Json:
            device_id = owner.device(id).id
            made = _issue(authority, body.csr, device_id, str(uuid.uuid4()), body.enabled, body.ca)
            owner.session.add(made)
            owner.session.flush()
            return _json(made, authority)

        return await services.write(user, write)

    @routes.post("/{cid}")
    async def update_certificate(
        user: UserId, id: str, cid: str, body: requests.CertificateUpdate
    ) -> Json:
        """Enable, disable or replace a certificate. Disabling or replacing it disconnects the device."""

        def write(owner: Owner) -> tuple[str, Json]:
            present = _get(owner, id, cid)
            if body.enabled is not None:
                present.enabled = body.enabled
            if body.ca is not None:
                present.ca = body.ca
            if body.csr is not None:
                old, device_id = present, present.device_id
                present = _issue(authority, body.csr, device_id, old.id, old.enabled, old.ca)
                present.created_at = old.created_at
                store.withdraw(old)
                owner.session.add(present)
            owner.session.flush()
            return present.device_id, _json(present, authority)

        device_id, changed = await services.write(user, write)
        if body.csr is not None or body.enabled is False:
            services.exchange.drop(device_id)
        return changed


def _add_deletion(routes: APIRouter, services: Services) -> None:
    @routes.delete("/{cid}")
    async def delete_certificate(user: UserId, id: str, cid: str) -> Response:
        """Delete a certificate and disconnect its device."""

        def write(owner: Owner) -> str:
            present = _get(owner, id, cid)
            store.withdraw(present)
            return present.device_id

        services.exchange.drop(await services.write(user, write))
        return empty()


def _get(owner: Owner, id: str, cid: str) -> DeviceCertificate:
    return store.get(owner.session, owner.device(id).id, cid)


def _issue(
    authority: Authority, csr: str, device_id: str, id: str, enabled: bool, ca: str | None
) -> DeviceCertificate:
    signed = authority.sign(csr, device_id)
    return DeviceCertificate(
        serial=store.as_text(signed.serial_number),
        id=id,
        device_id=device_id,
        der=signed.public_bytes(Encoding.DER),
        enabled=enabled,
        ca=ca,
    )


def _json(certificate: DeviceCertificate, authority: Authority) -> Json:
    parsed = x509.load_der_x509_certificate(certificate.der)
    return without_none(
        {
            "ca": certificate.ca,
            "compressed": _compressed(parsed, authority),
            "der": base64.b64encode(certificate.der).decode(),
            "device_id": certificate.device_id,
            "enabled": certificate.enabled,
            "href": "/iot/v2/devices/%s/certs/%s" % (certificate.device_id, certificate.id),
            "id": certificate.id,
            "pem": parsed.public_bytes(Encoding.PEM).decode(),
        }
    )


def _compressed(parsed: x509.Certificate, authority: Authority) -> Json:
    """Return the parts that differ between certificates; numbers as hexadecimal digits."""
    r, s = decode_dss_signature(parsed.signature)
    return {
        "authority_key_identifier": authority.key_identifier.hex(),
        "not_after": parsed.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "not_before": parsed.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "serial": store.as_text(parsed.serial_number),
        "signature": parsed.signature.hex(),
        "signature_asn1_x": "%064x" % r,
        "signature_asn1_y": "%064x" % s,
    }

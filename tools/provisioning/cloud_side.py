"""The cloud's side of a board: its device, secret or certificate, and thing. Each step can be repeated.

The journal names a device before the cloud is asked to make it. So after an interrupted run, the next run finds that
device instead of making another.
"""

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any

from arduino_cloud_api import APIError
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from localcloud.cli.exits import CommandError
from localcloud.cli.finding import find

from .journal import Journal

# The variables of the default program: see `on_board/first_program.py`.
VARIABLES = (
    {"name": "uptime", "variable_name": "uptime", "type": "INT", "permission": "READ_ONLY"},
    {"name": "led", "variable_name": "led", "type": "STATUS", "permission": "READ_WRITE"},
)


class CloudSide:
    """Does the steps in the cloud of `api`, for the device of the board of `journal`. `dry_run`: only look.

    Each step returns what was done in words, "" for nothing. `changed`: something in the cloud may have changed.
    """

    def __init__(self, api: Any, journal: Journal, *, dry_run: bool) -> None:
        self._api = api
        self._journal = journal
        self._dry_run = dry_run
        self.changed = False

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        before, self.changed = self.changed, True
        try:
            yield
        except APIError as error:
            if 400 <= error.status < 500:  # refused; after any other error it may have been done
                self.changed = before
            raise

    async def device(self, name: str, kind: str, existing: str | None) -> str:
        """Make or find the device, and note its id in the journal; return what was done, "" for nothing.

        `existing`: id or name of a device that this board takes over. Raises CommandError, APIError.
        """
        devices = await self._api.devices.list().all()
        if existing:
            return self._adopt(find("device", existing, devices))
        journal = self._journal
        if journal.get("device_id"):
            if any(each["id"] == journal.get("device_id") for each in devices) or await self._exists():
                return ""
            journal.forget()
        named = [each for each in devices if each["name"] == (journal.get("device_name") or name)]
        if named and journal.get("device_name"):
            # An interrupted run of ours asked for it, and never got the answer.
            journal.note(device_id=named[0]["id"])
            return "%s found again" % journal.get("device_name")
        if named:
            raise CommandError(
                "device %r already exists, and this computer did not provision this board as it; use --name for another"
                " device, or --device to let this board take it over" % name
            )
        if self._dry_run:
            return "%s would be made" % name
        await self._create(name, kind)
        return "%s made" % name

    async def _exists(self) -> bool:
        # A list may leave out what this API key may not see. Only a device that the cloud denies is forgotten.
        try:
            await self.shown()
        except APIError as error:
            if error.status != 404:
                raise
            return False
        return True

    def _adopt(self, device: dict[str, Any]) -> str:
        if self._journal.get("device_id") == device["id"]:
            return ""
        self._journal.forget()
        self._journal.note(device_name=device["name"], device_id=device["id"])
        if self._dry_run:
            return "this board would become %s" % device["name"]
        return "this board is now %s" % device["name"]

    async def _create(self, name: str, kind: str) -> None:
        self._journal.note(device_name=name)
        try:
            with self._changing():
                made = await self._api.devices.create({"name": name, "type": kind})
        except APIError as error:
            if 400 <= error.status < 500:
                # A later device with this name will not be this board's.
                self._journal.forget()
            raise
        self._journal.note(device_id=made["id"])

    async def secret(self, *, new: bool) -> str:
        """Set a secret in the cloud and note it in the journal; return what was done."""
        journal = self._journal
        if new and not self._dry_run:
            journal.note(secret=None, secret_set=None)
        if journal.get("secret_set") and not new:
            return ""
        if self._dry_run:
            return "would be set"
        device_id = journal.get("device_id")
        if not journal.get("secret"):
            answer = await self._api.devices.pass_get(device_id, suggested_password=True)
            # On the disk before the cloud takes it, since the cloud never shows it again.
            journal.note(secret=answer["suggested_password"])
        with self._changing():
            await self._api.devices.pass_set(device_id, {"password": journal.get("secret")})
        journal.note(secret_set=True)
        return "set"

    async def forget_secret(self) -> str:
        """Remove the secret that this board had before its certificate from the cloud; return what was done."""
        if not self._journal.get("secret"):
            return ""
        if self._dry_run:
            return "the earlier one would be removed from the cloud"
        with self._changing():
            await _unless_gone(self._api.devices.pass_delete(self._journal.get("device_id")))
        self._journal.note(secret=None, secret_set=None)
        return "the earlier one removed from the cloud"

    async def certificate(self, csr: str | None) -> tuple[str, bytes | None]:
        """Get a certificate for the key of the request `csr` (PEM; None if a dry run did not make it).

        Returns what was done, and the certificate (DER; None in a dry run). Certificates of this board's other keys
        stay until it has the new one: `forget_certificates`.
        """
        journal = self._journal
        wanted = _hash(x509.load_pem_x509_csr(csr.encode())) if csr else None
        for each in await self._certificates():
            if each.get("enabled") and _hash(_certificate(each)) == wanted:
                journal.note(keys=self._keys_with(wanted))
                return "", _der(each)
        if self._dry_run:
            return "would be signed by the cloud", None
        # On the disk before the cloud signs: after an interruption, the certificate is known to be this board's.
        journal.note(keys=self._keys_with(wanted))
        with self._changing():
            made = await self._api.devices.certs_create(journal.get("device_id"), {"csr": csr, "enabled": True})
        return "signed by the cloud", _der(made)

    async def forget_certificates(self, *, but: bytes | None) -> str:
        """Remove the certificates of this board's keys from the cloud, except for the key of the certificate `but`
        (DER); return what was done."""
        wanted = _hash(x509.load_der_x509_certificate(but)) if but else None
        keys = [key for key in self._journal.get("keys") or () if key != wanted]
        if not keys:
            return ""
        old = [each for each in await self._certificates() if _hash(_certificate(each)) in keys]
        if self._dry_run:
            return "the earlier one would be removed from the cloud" if old else ""
        for each in old:
            with self._changing():
                await _unless_gone(self._api.devices.certs_delete(self._journal.get("device_id"), each["id"]))
        self._journal.note(keys=[wanted] if wanted else None)
        return "the earlier one removed from the cloud" if old else ""

    async def _certificates(self) -> list[dict[str, Any]]:
        device_id = self._journal.get("device_id")
        return await self._api.devices.certs_list(device_id).all() if device_id else []

    def _keys_with(self, key: str | None) -> list[str | None]:
        return [*(each for each in self._journal.get("keys") or () if each != key), key]

    async def thing(self, name: str) -> str:
        """Attach the thing with this name to the device, and make it if necessary; return what was done."""
        device_id = self._journal.get("device_id")
        named = [each for each in await self._api.things.list().all() if each["name"] == name]
        thing = find("thing", name, named) if named else None
        if thing and thing.get("device_id") not in (None, "", device_id):
            raise CommandError("thing %r is already attached to another device" % name)
        if self._dry_run:
            return "" if thing and thing.get("device_id") else "%s would be %s" % (
                name,
                "attached" if thing else "made",
            )
        done = []
        if thing is None:
            # Its variables come later: the next run adds those that are missing after an interruption.
            self._journal.note(thing=name)
            with self._changing():
                thing = await self._api.things.create({"name": name, "device_id": device_id})
            done.append("%s made" % name)
        elif not thing.get("device_id"):
            with self._changing():
                await self._api.things.update(thing["id"], {"device_id": device_id})
            done.append("%s attached" % name)
        if self._journal.get("thing") == name:
            there = await self._api.properties.list(thing["id"]).all()
            names = {each["variable_name"] for each in there}
            for each in VARIABLES:
                if each["variable_name"] not in names:
                    with self._changing():
                        await self._api.properties.create(
                            thing["id"], {**each, "update_strategy": "ON_CHANGE", "persist": True}
                        )
                    done.append("variable %s" % each["name"])
            self._journal.note(thing=None)
        return ", ".join(done)

    async def shown(self) -> dict[str, Any]:
        """Return the device as the cloud shows it."""
        return await self._api.devices.show(self._journal.get("device_id"))

    async def uptime(self, thing_id: str) -> tuple[bool, Any]:
        """Return whether the thing has a variable `uptime`, and when its last value arrived."""
        for each in await self._api.properties.list(thing_id).all():
            if each["variable_name"] == "uptime" and each["type"] == "INT":
                return True, each.get("value_updated_at")
        return False, None


async def _unless_gone(request: Any) -> None:
    try:
        await request
    except APIError as error:
        if error.status != 404:
            raise


def _certificate(answer: dict[str, Any]) -> x509.Certificate:
    # `der` is base64 without line ends; `pem` is the same certificate.
    if answer.get("pem"):
        return x509.load_pem_x509_certificate(answer["pem"].encode())
    return x509.load_der_x509_certificate(base64.b64decode(answer["der"]))


def _der(answer: dict[str, Any]) -> bytes:
    return _certificate(answer).public_bytes(Encoding.DER)


def _hash(signed: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """Return a hash of the public key, in hexadecimal."""
    key = signed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()

"""A local cloud's certificate authority, its server certificate, and those of devices.

The authority is made at first start and stays, because devices trust it.
"""

import datetime
import fcntl
import ipaddress
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..clock import now_s
from ..files import Unusable, close_to_others, in_words, make_private_folder
from .key_files import Broken, KeyFiles, Missing, is_issued_by

log = logging.getLogger(__name__)

SERVER_NAMES = (
    "localhost",
    "iot.arduino.cc",
    "mqtts-up.iot.arduino.cc",
    "wss.iot.arduino.cc",
    "api2.arduino.cc",
)
SERVER_ADDRESSES = ("127.0.0.1", "::1")
_AUTHORITY_YEARS, _SERVER_YEARS, _CLIENT_YEARS = 30, 2, 20
RENEW_BEFORE = datetime.timedelta(days=60)
"""The server's certificate is renewed when less than this is left of it."""
_MOST_NAMES = 64
# With 12 bytes, PEM has at most 512 characters, even though years after 2049 take two more bytes each.
_SERIAL_BITS = 95


class RequestRefused(ValueError):
    """The certificate request was not signed. `str()` says why, for its sender."""


def now() -> datetime.datetime:
    """Return the time, UTC."""
    return datetime.datetime.fromtimestamp(now_s(), datetime.timezone.utc)


class Authority:
    """The certificate authority in a folder."""

    def __init__(
        self, folder: Path, *, in_use: bool = False, clock: Callable[[], datetime.datetime] = now
    ) -> None:
        """Load the authority, or make a new one if nothing was ever signed here.

        `in_use` says that something elsewhere relies on an authority. Raises `files.Unusable` if it is lost or
        garbled: every board trusts it, so no other one takes its place unasked.
        """
        make_private_folder(folder)
        self.files = KeyFiles.at(folder, "ca")
        self.clock = clock
        self._folder = folder
        try:
            self._key, self.certificate = self._load(in_use)
        except Broken as error:
            raise Unusable("%s. %s" % (error, self._remedy())) from None
        try:
            for path in self.files.write_missing_copies(self._key, self.certificate):
                log.warning("%s was missing or outdated: written from the PEM files", path)
        except OSError as error:
            log.warning("a copy of the authority for boards cannot be written: %s", in_words(error))
        close_to_others(self.files.key)
        close_to_others(self.files.key_der)

    def server(self, more_names: tuple[str, ...] = (), *, keep_names: bool = False) -> KeyFiles:
        """Return the server's key and certificate, renewed if it is about to end or lacks a name.

        `keep_names` is for workers that share the folder: a new certificate has the others' names too.
        """
        files = KeyFiles.at(self._folder, "server")
        names = [_general_name(name) for name in SERVER_NAMES + SERVER_ADDRESSES + more_names]
        with self._alone():
            known = self._names_in(files)
            if known is None or not all(name in known for name in names):
                names += [name for name in known or () if keep_names and name not in names]
                made = self._issue(
                    files, "localhost", _SERVER_YEARS, ExtendedKeyUsageOID.SERVER_AUTH, names[:_MOST_NAMES]
                )
                log.info("new certificate of the server, good until %s", as_date(made.not_valid_after_utc))
        close_to_others(files.key)
        close_to_others(files.key_der)
        return files

    def present_server(self) -> KeyFiles | None:
        """Return the server's key and certificate as they are, or None if they are no use."""
        files = KeyFiles.at(self._folder, "server")
        present = self._load_own(files)
        return files if present is not None and present.not_valid_after_utc > self.clock() else None

    def device(self, folder: Path, device_id: str) -> KeyFiles:
        """Return a device's key and certificate, kept in `folder`. The common name is the device's id."""
        make_private_folder(folder)
        files = KeyFiles.at(folder, "client")
        if self._load_own(files) is None:
            self._issue(files, device_id, _CLIENT_YEARS, ExtendedKeyUsageOID.CLIENT_AUTH, [])
        close_to_others(files.key)
        close_to_others(files.key_der)
        return files

    def sign(self, request: str, device_id: str) -> x509.Certificate:
        """Return a certificate for the key of a request (CSR in PEM). The common name is the device's id.

        The request's subject and extensions are ignored. The certificate has no extensions, because the
        official Python client accepts at most 512 characters of PEM. Raises `RequestRefused`.
        """
        start = self.clock().replace(minute=0, second=0, microsecond=0) - datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(_name(device_id))
            .issuer_name(self.certificate.subject)
            .public_key(_requested_key(request))
            .serial_number(1 + secrets.randbits(_SERIAL_BITS))
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=365 * _CLIENT_YEARS))
            .sign(self._key, hashes.SHA256())
        )

    @property
    def key_identifier(self) -> bytes:
        """Return the 20 bytes that identify the authority's key in certificates (RFC 5280, 4.2.1.1)."""
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()).key_identifier
        assert identifier is not None
        return identifier

    def _load(self, in_use: bool) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        try:
            return self.files.load()
        except Missing as error:
            trace = _trace(self._folder)
            if in_use or trace:
                about = ", although %s was signed with it" % trace if trace else ", although the store relies on it"
                raise Unusable("%s%s. %s" % (error, about, self._remedy())) from None
        return self._create()

    def _remedy(self) -> str:
        names = (self.files.key.name, self.files.certificate.name)
        text = "It belongs to the authority that every board trusts: restore %s and %s from a backup of the data folder"
        return text % names + (
            ", or make a new authority with `local-cloud new-authority --data %s`, which every board must then get"
            % self._folder.parent
        )

    def _create(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Local Arduino Cloud CA")
        certificate = (
            self._builder(name, name, key, _AUTHORITY_YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.files.write(key, certificate)
        return key, certificate

    def _names_in(self, files: KeyFiles) -> list[x509.GeneralName] | None:
        """Return the names in the server's certificate, or None if a new one is needed."""
        present = self._load_own(files)
        if present is None or present.not_valid_after_utc - self.clock() <= RENEW_BEFORE:
            return None
        try:
            return list(present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        except x509.ExtensionNotFound:
            return None

    def _load_own(self, files: KeyFiles) -> x509.Certificate | None:
        """Return the certificate in the files, or None if it has to be made (again)."""
        try:
            certificate = files.load()[1]
        except Missing as error:
            if files.certificate.exists() or files.key.exists():
                log.warning("%s: a new key and certificate are made", error)
            return None
        except Broken as error:
            log.warning("%s: a new key and certificate are made", error)
            return None
        if not is_issued_by(certificate, self.certificate):
            log.warning("%s was issued by another authority: a new key and certificate are made", files.certificate)
            return None
        return certificate

    def _issue(
        self,
        files: KeyFiles,
        common_name: str,
        years: int,
        usage: x509.ObjectIdentifier,
        names: list[x509.GeneralName],
    ) -> x509.Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            self._builder(_name(common_name), self.certificate.subject, key, years)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        files.write(key, certificate)
        return certificate

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, years: int
    ) -> x509.CertificateBuilder:
        # From yesterday, for boards whose clock is slow.
        start = self.clock().replace(microsecond=0) - datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=365 * years))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes with this folder from renewing at the same time."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            # Some network file systems cannot lock a folder: then the last one to renew wins.
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def as_date(time: datetime.datetime) -> str:
    """Return the day, as messages show it."""
    return time.strftime("%Y-%m-%d")


def _trace(folder: Path) -> Path | None:
    """Return a file that an authority in this folder has signed, if there is one."""
    signed = [folder / "server.pem", *sorted(folder.parent.glob("devices/*/client.pem"))]
    return next((path for path in signed if path.exists()), None)


def _requested_key(request: str) -> ec.EllipticCurvePublicKey:
    """Return the request's key. The request's signature proves that its sender has the private key."""
    try:
        parsed = x509.load_pem_x509_csr(request.encode())
        key = parsed.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise RequestRefused("csr: the key is not on the curve P-256")
        if not parsed.is_signature_valid:
            raise RequestRefused("csr: the signature was not made with the key in the request")
    except RequestRefused:
        raise
    except (ValueError, UnsupportedAlgorithm):
        raise RequestRefused("csr: not a certificate request (PKCS #10) in PEM") from None
    return key


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )

"""A local cloud's certificate authority, its server certificate, and those of devices.

The authority is made at first start and stays, because devices trust it.
"""

import datetime
import ipaddress
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..files import make_private_folder, write_whole

SERVER_NAMES = (
    "localhost",
    "iot.arduino.cc",
    "mqtts-up.iot.arduino.cc",
    "wss.iot.arduino.cc",
    "api2.arduino.cc",
)
SERVER_ADDRESSES = ("127.0.0.1", "::1")
_AUTHORITY_YEARS, _SERVER_YEARS, _CLIENT_YEARS = 30, 2, 20
_RENEW_BEFORE = datetime.timedelta(days=60)
# With 12 bytes, PEM has at most 512 characters, even though years after 2049 take two more bytes each.
_SERIAL_BITS = 95


class RequestRefused(ValueError):
    """The certificate request was not signed. `str()` says why, for its sender."""


@dataclass(frozen=True)
class KeyFiles:
    """A key and its certificate, as PEM and as the DER that boards read."""

    key: Path
    certificate: Path
    key_der: Path
    certificate_der: Path

    @classmethod
    def at(cls, folder: Path, name: str) -> "KeyFiles":
        """Return the names of the four files."""
        return cls(
            folder / (name + ".key.pem"),
            folder / (name + ".pem"),
            folder / (name + ".key.der"),
            folder / (name + ".der"),
        )


class Authority:
    """The certificate authority in a folder. It is made there if it is missing."""

    def __init__(self, folder: Path) -> None:
        make_private_folder(folder)
        self.files = KeyFiles.at(folder, "ca")
        self._folder = folder
        if not (self.files.key.exists() and self.files.certificate.exists()):
            self._create()
        self._key = _load_key(self.files.key)
        self._certificate = x509.load_pem_x509_certificate(self.files.certificate.read_bytes())

    def server(self, more_names: tuple[str, ...] = ()) -> KeyFiles:
        """Return the server's key and certificate, renewed if it is about to expire or lacks a name."""
        files = KeyFiles.at(self._folder, "server")
        names = [_general_name(name) for name in SERVER_NAMES + SERVER_ADDRESSES + more_names]
        if files.certificate.exists() and files.key.exists():
            present = x509.load_pem_x509_certificate(files.certificate.read_bytes())
            known = present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            if present.not_valid_after_utc - _now() > _RENEW_BEFORE and all(name in known for name in names):
                return files
        self._issue(files, "localhost", _SERVER_YEARS, ExtendedKeyUsageOID.SERVER_AUTH, names)
        return files

    def device(self, folder: Path, device_id: str) -> KeyFiles:
        """Return a device's key and certificate, kept in `folder`. The common name is the device's id."""
        make_private_folder(folder)
        files = KeyFiles.at(folder, "client")
        if not (files.certificate.exists() and files.key.exists()):
            self._issue(files, device_id, _CLIENT_YEARS, ExtendedKeyUsageOID.CLIENT_AUTH, [])
        return files

    def sign(self, request: str, device_id: str) -> x509.Certificate:
        """Return a certificate for the key of a request (CSR in PEM). The common name is the device's id.

        The request's subject and extensions are ignored. The certificate has no extensions, because the
        official Python client accepts at most 512 characters of PEM. Raises `RequestRefused`.
        """
        start = _now().replace(minute=0, second=0, microsecond=0) - datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(_name(device_id))
            .issuer_name(self._certificate.subject)
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

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Local Arduino Cloud CA")
        builder = (
            _builder(name, name, key, _AUTHORITY_YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
        )
        certificate = builder.sign(key, hashes.SHA256())
        _write(self.files, key, certificate)

    def _issue(
        self,
        files: KeyFiles,
        common_name: str,
        years: int,
        usage: x509.ObjectIdentifier,
        names: list[x509.GeneralName],
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(_name(common_name), self._certificate.subject, key, years)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        _write(files, key, builder.sign(self._key, hashes.SHA256()))


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


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, years: int
) -> x509.CertificateBuilder:
    # From yesterday, for boards whose clock is slow.
    start = _now().replace(microsecond=0) - datetime.timedelta(days=1)
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


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("%s is not an elliptic-curve key" % path)
    return key


def _write(files: KeyFiles, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Write all four files. The PEM certificate comes last: if it exists, all of them do."""
    encoding, plain = serialization.Encoding, serialization.NoEncryption()
    # The TLS stacks of all boards can read the older of the two DER layouts.
    sec1, pkcs8 = serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8
    write_whole(files.key_der, key.private_bytes(encoding.DER, sec1, plain))
    write_whole(files.key, key.private_bytes(encoding.PEM, pkcs8, plain))
    write_whole(files.certificate_der, certificate.public_bytes(encoding.DER), 0o644)
    write_whole(files.certificate, certificate.public_bytes(encoding.PEM), 0o644)

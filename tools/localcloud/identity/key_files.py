"""A private key and its certificate in files: written, read, and checked to belong together."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..files import write_together, write_whole


class Missing(Exception):
    """A file of the pair does not exist. `str()` names it."""


class Broken(Exception):
    """The files are no key and certificate that belong together. `str()` names the file and says why."""


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

    def all(self) -> tuple[Path, ...]:
        """Return the four paths."""
        return self.key, self.certificate, self.key_der, self.certificate_der

    def load(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Return key and certificate. Raises `Missing`, `Broken`, and OSError if a file cannot be read."""
        for path in (self.key, self.certificate):
            if not path.exists():
                raise Missing("%s is missing" % path)
        key, certificate = _load_key(self.key), load_certificate(self.certificate)
        if certificate.public_key() != key.public_key():
            raise Broken("%s does not belong to the key in %s" % (self.certificate, self.key))
        return key, certificate

    def write(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        """Write all four files. The PEM certificate comes last: if it exists, all of them do."""
        encoding, plain = serialization.Encoding, serialization.NoEncryption()
        pkcs8 = serialization.PrivateFormat.PKCS8
        write_together(
            [
                (self.key_der, _der(key), 0o600),
                (self.key, key.private_bytes(encoding.PEM, pkcs8, plain), 0o600),
                (self.certificate_der, certificate.public_bytes(encoding.DER), 0o644),
                (self.certificate, certificate.public_bytes(encoding.PEM), 0o644),
            ]
        )

    def write_missing_copies(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> list[Path]:
        """Write the DER files that are missing or differ from the PEM files, and return their paths."""
        written = []
        der = certificate.public_bytes(serialization.Encoding.DER)
        if not self.certificate_der.exists() or self.certificate_der.read_bytes() != der:
            write_whole(self.certificate_der, der, 0o644)
            written.append(self.certificate_der)
        if not self.key_der.exists() or self.key_der.read_bytes() != _der(key):
            write_whole(self.key_der, _der(key))
            written.append(self.key_der)
        return written


def load_certificate(path: Path) -> x509.Certificate:
    """Return the certificate in a PEM file. Raises `Broken` and OSError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        raise Broken("%s holds no certificate in PEM" % path) from None


def is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Return whether this authority signed the certificate."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a passphrase
        raise Broken("%s holds no private key in PEM" % path) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Broken("%s holds a key that is not of an elliptic curve" % path)
    return key


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    # The TLS stacks of all boards can read the older of the two DER layouts.
    sec1 = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.DER, sec1, serialization.NoEncryption())

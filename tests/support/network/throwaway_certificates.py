"""Throw-away certificates for tests: an authority, a server for 127.0.0.1/localhost, a client, invalid servers."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Certificates:
    """Paths of PEM files (`ca_file`, `server_cert`, `server_key`, `client_cert`, `client_key`); `…_der`: as DER."""

    def __init__(self, folder, client_name="test-client"):
        self.folder = folder
        self._ca_key = ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _certificate("Test authority", ca_key.public_key(), "Test authority", ca_key, authority=True)
        self.ca_file, self.ca_file_der = self._write("ca", ca)
        for role, name in (("server", "localhost"), ("client", client_name)):
            key = ec.generate_private_key(ec.SECP256R1())
            cert = _certificate(name, key.public_key(), "Test authority", ca_key)
            for kind, thing in (("cert", cert), ("key", key)):
                pem, der = self._write("%s_%s" % (role, kind), thing)
                setattr(self, "%s_%s" % (role, kind), pem)
                setattr(self, "%s_%s_der" % (role, kind), der)

    def make_server(self, label, name="localhost", days=(-1, 30)):
        """Make another server's (certificate, key) in PEM, for one name, valid between these days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name)]
        cert = _certificate(name, key.public_key(), "Test authority", self._ca_key, names=names, days=days)
        return self._write(label + "_cert", cert)[0], self._write(label + "_key", key)[0]

    def _write(self, name, thing):
        paths = []
        for encoding, ending in ((serialization.Encoding.PEM, ".pem"), (serialization.Encoding.DER, ".der")):
            if isinstance(thing, x509.Certificate):
                data = thing.public_bytes(encoding)
            else:
                # MicroPython's mbedtls accepts either form of an elliptic-curve key. This one is shorter.
                form = serialization.PrivateFormat.TraditionalOpenSSL
                data = thing.private_bytes(encoding, form, serialization.NoEncryption())
            paths.append(self.folder / (name + ending))
            paths[-1].write_bytes(data)
            paths[-1].chmod(0o600)
        return paths


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


_LOCAL = (x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


def _certificate(name, public_key, issuer, issuer_key, authority=False, names=_LOCAL, days=(-1, 30)):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())

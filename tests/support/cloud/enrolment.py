"""Certificates for devices of a local cloud: from its API, as boards get them, or made with its authority's key."""

import datetime
import json
import urllib.request
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from localcloud.identity.key_files import KeyFiles

PEM = serialization.Encoding.PEM


def enrol(about, device_id, folder):
    """Have the API issue a certificate for the device, and return a localcloud KeyFiles in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    body = {"csr": request.public_bytes(PEM).decode(), "enabled": True}
    made = call(about, "PUT", "/iot/v2/devices/%s/certs" % device_id, body)
    return _written(folder, "device-" + device_id, key, x509.load_pem_x509_certificate(made["pem"].encode()))


def call(about, method, path, body=None):
    """Send a request to the Application API as the default user, and return the JSON of the answer."""
    form = "grant_type=client_credentials&client_id=%(api_key_id)s&client_secret=%(api_key_secret)s" % about
    with urllib.request.urlopen(about["token_url"], form.encode(), timeout=10) as answer:
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(about["http"] + path, method=method)
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    request.data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=10) as answer:
        data = answer.read()
    return json.loads(data) if data else None


def sign(data, common_name, *, days=(-1, 365), key=None, server=False):
    """Sign a certificate with the key of the authority in a data folder, valid between these days from now.

    Return the key and the certificate. The cloud does not know about it.
    """
    authority_key, authority = KeyFiles.at(Path(data) / "certificates", "ca").load()
    key = key or ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number() >> 40)
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
    )
    if server:
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(names, critical=False).add_extension(usage, critical=False)
    return key, builder.sign(authority_key, hashes.SHA256())


def sign_files(data, folder, common_name, **options):
    """Do the same, and return the key and certificate as a localcloud KeyFiles in the folder."""
    return _written(folder, "signed-" + common_name, *sign(data, common_name, **options))


def _written(folder, name, key, certificate):
    folder.mkdir(parents=True, exist_ok=True)
    files = KeyFiles.at(folder, name)
    files.write(key, certificate)
    return files

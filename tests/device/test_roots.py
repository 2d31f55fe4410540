"""The bundled root certificates: which ones are bundled, and which ones a connection trusts."""

import datetime
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from toolchain.paths import LIB

CERTS = LIB / "arduino_iot_cloud" / "certs"

# file -> common name, organisation
ROOTS = {
    "AmazonRootCA1": ("Amazon Root CA 1", "Amazon"),
    "AmazonRootCA2": ("Amazon Root CA 2", "Amazon"),
    "AmazonRootCA3": ("Amazon Root CA 3", "Amazon"),
    "AmazonRootCA4": ("Amazon Root CA 4", "Amazon"),
    "SFSRootCAG2": ("Starfield Services Root Certificate Authority - G2", "Starfield Technologies, Inc."),
    "ArduinoRoot": ("Arduino", "Arduino LLC US"),
}

# SHA-256, as published by the authorities
FINGERPRINTS = {
    "AmazonRootCA1": "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
    "AmazonRootCA2": "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
    "AmazonRootCA3": "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
    "AmazonRootCA4": "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
    "SFSRootCAG2": "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
}


def test_the_roots_are_those_listed():
    assert {path.stem for path in CERTS.iterdir()} == set(ROOTS)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # Starfield's is 0
@pytest.mark.parametrize("name", ROOTS)
def test_a_root_is_what_its_name_says(name):
    data = (CERTS / (name + ".der")).read_bytes()
    root = x509.load_der_x509_certificate(data)
    assert root.issuer == root.subject
    root.verify_directly_issued_by(root)
    common_name, organisation = (
        root.subject.get_attributes_for_oid(oid)[0].value
        for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME)
    )
    assert (common_name, organisation) == ROOTS[name]
    assert root.not_valid_after_utc > datetime.datetime(2036, 1, 1, tzinfo=datetime.timezone.utc)
    if name in FINGERPRINTS:
        assert root.fingerprint(hashes.SHA256()).hex() == FINGERPRINTS[name]


# Runs on each interpreter and records which roots are loaded at the point where a connection would begin.
_PROGRAM = """
import builtins, json, sys
if sys.implementation.name == "micropython":
    import tls
else:
    import ssl as tls
real_open = open
seen = []
def noting_open(path, *rest):
    if str(path).endswith(".der"):
        seen.append(path.rsplit("/", 1)[1])
    return real_open(path, *rest)
builtins.open = noting_open
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient(**%r)
print(json.dumps([client.server, client.port]))
from arduino_iot_cloud.trust import context
made = context(client)
print(json.dumps([sorted(seen), made.verify_mode == tls.CERT_REQUIRED]))
"""


def run(interpreter, **arguments):
    """Return [server, port, root files, whether it verifies] of a client with these arguments."""
    done = interpreter.run(code=_PROGRAM % arguments, check=True)
    return sum((json.loads(line) for line in done.stdout.splitlines()), [])


def test_with_a_password_the_public_roots_are_trusted(interpreter):
    server, port, roots, verifies = run(interpreter, device_id="d", username="d", password="p")
    assert (server, port, verifies) == ("iot.arduino.cc", 8884, True)
    assert roots == sorted(name + ".der" for name in ROOTS if name != "ArduinoRoot")


def test_with_a_certificate_arduinos_own_root_is_trusted(interpreter, certificates):
    keys = {"keyfile": str(certificates.client_key_der), "certfile": str(certificates.client_cert_der)}
    if interpreter.name == "cpython":
        keys = {"keyfile": str(certificates.client_key), "certfile": str(certificates.client_cert)}
    server, port, roots, verifies = run(interpreter, device_id="d", ssl_params=keys)
    assert (server, port, verifies) == ("iot.arduino.cc", 8885, True)
    assert [name for name in roots if "client" not in name] == ["ArduinoRoot.der"]


def test_roots_of_ones_own_replace_the_bundled_ones(interpreter, certificates):
    params = {"cafile": str(certificates.ca_file_der)}
    assert run(interpreter, device_id="d", username="d", password="p", ssl_params=params)[2:] == [["ca.der"], True]


def test_the_official_name_for_arduinos_root_holds_it(interpreter):
    code = "from arduino_iot_cloud import CADATA; import binascii; print(binascii.hexlify(CADATA).decode())"
    done = interpreter.run(code=code, check=True)
    assert bytes.fromhex(done.stdout.strip()) == (CERTS / "ArduinoRoot.der").read_bytes()

"""Keys and certificates in every form, loaded into CPython's ssl."""

import os
import ssl
import stat
import tempfile

import pytest
from arduino_iot_cloud.pem_files import load, pem_file
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The test's own folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _context():
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.mark.parametrize("of_key", ["pem", "der", "pem bytes", "der bytes"])
@pytest.mark.parametrize("of_certificate", ["pem", "der", "pem bytes", "der bytes"])
def test_key_and_certificate_in_every_form(certificates, temporary, of_key, of_certificate):
    def source(name, form):
        path = getattr(certificates, name + ("_der" if "der" in form else ""))
        return path.read_bytes() if "bytes" in form else str(path)

    load(_context(), source("client_cert", of_certificate), source("client_key", of_key))
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_each_kind_of_key_in_der(certificates, temporary, form, kind):
    if kind == "ec":
        key = serialization.load_pem_private_key(certificates.client_key.read_bytes(), None)
    else:
        key = rsa.generate_private_key(65537, 2048)
    der = key.private_bytes(
        serialization.Encoding.DER, getattr(serialization.PrivateFormat, form), serialization.NoEncryption()
    )
    with pem_file("keyfile", der) as path:
        with open(path, "rb") as file:
            again = serialization.load_pem_private_key(file.read(), None)
    assert again.private_numbers() == key.private_numbers()


def test_the_temporary_file_is_for_its_owner_only_and_goes(temporary):
    with pytest.raises(KeyboardInterrupt):
        with pem_file("certfile", b"\x30\x00") as path:
            assert os.path.dirname(path) == str(temporary)
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
            raise KeyboardInterrupt
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("name", ["keyfile", "certfile"])
@pytest.mark.parametrize("data", [b"", b"junk"])
def test_what_is_neither_pem_nor_der_is_refused(temporary, name, data):
    with pytest.raises(ValueError, match=name):
        with pem_file(name, data):
            pass
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("length", range(1, 12))
def test_a_key_cut_short_is_refused(certificates, temporary, length):
    with pytest.raises((ValueError, OSError)):
        load(_context(), str(certificates.client_cert), certificates.client_key_der.read_bytes()[:length])
    assert not list(temporary.iterdir())


def test_an_encrypted_key_in_der_is_refused(certificates):
    key = serialization.load_pem_private_key(certificates.client_key.read_bytes(), None)
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with pytest.raises(ValueError, match="encrypted"):
        with pem_file("keyfile", der):
            pass

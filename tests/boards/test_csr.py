"""Keys and certificate requests as a board makes them, checked by `cryptography`."""

import random
from hashlib import sha256

import pytest
from arduino_cloud_board.keys import csr, p256
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

DEVICE_ID = "d0d0d0d0-1111-4222-8333-d0d0d0d0d0d0"


@pytest.mark.parametrize("seed", range(8))
def test_public_keys_and_signatures_agree(seed):
    source = random.Random(seed)
    for _ in range(12):
        number = source.randrange(1, p256.N)
        if seed == 0:
            number >>= source.randrange(256)  # short ones too
        number = number or 1
        private = number.to_bytes(32, "big")
        key = ec.derive_private_key(number, ec.SECP256R1())
        form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        assert p256.public_point(private) == key.public_key().public_bytes(*form)
        digest = sha256(source.randbytes(40)).digest()
        signature = p256.sign(private, digest)
        algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
        key.public_key().verify(signature, digest, algorithm)  # raises if it is wrong
        deterministic = ec.ECDSA(utils.Prehashed(hashes.SHA256()), deterministic_signing=True)
        assert signature == key.sign(digest, deterministic)


def _request(data):
    request = x509.load_der_x509_csr(data)
    assert request.is_signature_valid
    assert request.subject == x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEVICE_ID, _type=_PRINTABLE)])
    return request


_PRINTABLE = x509.name._ASN1Type.PrintableString


def test_a_request_of_a_new_key():
    for _ in range(20):
        key = csr.create_key()
        loaded = serialization.load_der_private_key(key, None)
        form = (serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL)
        assert loaded.private_bytes(*form, serialization.NoEncryption()) == key
        data = csr.csr(DEVICE_ID, key)
        assert _request(data).public_key() == loaded.public_key()
        assert x509.load_pem_x509_csr(csr.pem(data).encode()) == x509.load_der_x509_csr(data)


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_a_request_of_a_key_made_elsewhere(form):
    key = ec.generate_private_key(ec.SECP256R1())
    data = key.private_bytes(
        serialization.Encoding.DER, getattr(serialization.PrivateFormat, form), serialization.NoEncryption()
    )
    assert _request(csr.csr(DEVICE_ID, data)).public_key() == key.public_key()


@pytest.mark.parametrize("curve", [ec.SECP384R1, ec.SECP256K1])
@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_keys_of_other_curves_are_refused(curve, form):
    data = ec.generate_private_key(curve()).private_bytes(
        serialization.Encoding.DER, getattr(serialization.PrivateFormat, form), serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="P-256"):
        csr.csr(DEVICE_ID, data)


def test_a_certificate_and_its_key_are_known_to_belong_together(certificates):
    key = csr.PrivateKey(certificates.client_key_der.read_bytes())
    assert csr.public_key_of(certificates.client_cert_der.read_bytes()) == key.public_key()
    assert csr.public_key_of(certificates.ca_file_der.read_bytes()) != key.public_key()


@pytest.mark.parametrize("bits", [32, 64])
def test_requests_made_on_a_board_are_valid(micropython, bits):
    code = "from arduino_cloud_board.keys.csr import *; print(pem(csr(%r, create_key(b'more'))))" % DEVICE_ID
    printed = micropython(bits).run(code=code, heap="64k", check=True).stdout
    _request(x509.load_pem_x509_csr(printed.encode()).public_bytes(serialization.Encoding.DER))

"""Devices whose key is in a key store, with real brokers and the local cloud."""

import datetime
import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

DEVICE_ID = "d0d0d0d0-1111-4222-8333-d0d0d0d0d0d0"

PROVISION = """
from arduino_cloud_board import settings

def read(path):
    with open(path, "rb") as file:
        return file.read()

kept = settings.open()
kept.set_cloud(%r, read(%r))
kept.set_device(%r)
kept.device_keys.store("key", read(%r))
kept.device_keys.store("certificate", read(%r))
"""

REQUEST = """
from arduino_cloud_board import settings
from arduino_cloud_board.keys import csr
keys = settings.open().device_keys
keys.create_key("key", b"entropy")
print(csr.pem(csr.csr(%r, keys.key("key"))))
"""

RUN = """
import asyncio
from arduino_cloud_board import settings
from arduino_iot_cloud import ArduinoCloudClient

kept = settings.open()
client = ArduinoCloudClient(**kept.client_arguments())
client.register("a", value=1)

async def main():
    running = asyncio.create_task(client.run())
    while not %s and not running.done():
        await asyncio.sleep(0.02)
    print("thing", client.thing_id)
    print("shown", repr(client), client.__dict__ if hasattr(client, "__dict__") else "", kept)
    client.stop()
    await running

asyncio.run(main())
"""


@pytest.fixture
def run(interpreter, tmp_path):
    """`run(code)` -> the output of a program in the board's folder."""

    def run(code):
        path = tmp_path / "program.py"
        path.write_text(code)
        return interpreter.run(path, cwd=tmp_path, check=True).stdout

    return run


def test_a_device_logs_in_to_the_local_cloud_with_a_key_of_a_store(interpreter, run, local_cloud, tmp_path):
    about = local_cloud.about
    cloud = {"server": about["host"], "port": about["mtls_port"], "ssl_params": {"server_hostname": "localhost"}}
    key, certificate = about["client_key_der"], about["client_cert_der"]
    run(PROVISION % (cloud, about["ca_der_file"], about["device_id"], key, certificate))
    files = sorted(os.listdir(tmp_path / "keys"))
    assert files == ["certificate.key", "cloud.key", "device_id.key", "key.key", "root.key"]
    if interpreter.name == "cpython":  # MicroPython has no os.chmod
        assert set([os.stat(tmp_path / "keys" / file).st_mode & 0o777 for file in files]) == {0o600}
    printed = run(RUN % "client.connected")
    assert "thing " + about["thing_id"] in printed
    with open(key, "rb") as file:
        number = file.read()[7:39]
    for form in (repr(number)[2:-1], number.hex(), "EC PRIVATE"):
        assert form not in printed


def test_a_key_made_on_the_board_and_its_certificate_log_in(interpreter, run, mosquitto, certificates, tmp_path):
    broker = mosquitto()
    request = x509.load_pem_x509_csr(run(REQUEST % DEVICE_ID).encode())
    assert request.is_signature_valid
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(x509.load_pem_x509_certificate(certificates.ca_file.read_bytes()).subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(certificates._ca_key, hashes.SHA256())
    )
    path = tmp_path / "certificate.der"
    path.write_bytes(made.public_bytes(serialization.Encoding.DER))
    cloud = {"server": broker.host, "port": broker.mtls_port, "ssl_params": {"server_hostname": "localhost"}}
    code = PROVISION % (cloud, str(certificates.ca_file_der), DEVICE_ID, "", str(path))
    run(code.replace('kept.device_keys.store("key", read(\'\'))\n', ""))
    program = tmp_path / "run.py"
    program.write_text(RUN % "client.connected")
    interpreter.start(program, cwd=tmp_path)
    broker.wait_for_log(r"New client connected from \S+ as %s " % DEVICE_ID)


def test_a_damaged_key_is_said_and_not_shown(interpreter, run, certificates, tmp_path):
    key, certificate = str(certificates.client_key_der), str(certificates.client_cert_der)
    run(PROVISION % ({"server": "127.0.0.1", "port": 1}, str(certificates.ca_file_der), DEVICE_ID, key, certificate))
    path = tmp_path / "keys" / "key.key"
    path.write_bytes(path.read_bytes()[:-1])
    program = tmp_path / "run.py"
    program.write_text(RUN % "client.connected")
    done = interpreter.run(program, cwd=tmp_path)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "'key' of files:%s/keys is damaged" % tmp_path in said
    number = certificates.client_key_der.read_bytes()[7:39]
    assert number.hex() not in said and repr(number)[2:-1] not in said


@pytest.mark.parametrize(
    "mistake, said",
    [
        ("SECRET_KEY = hidden_word", "NameError"),  # its quotes are missing
        ("SECRET_KEY = 'hidden_word", "SyntaxError"),
        ("SECRET_KEY = 'hidden_word' + 5", "TypeError"),
        ("from hidden_word import SECRET_KEY", "ImportError. Does the board have every module"),
        ("\ufeff# hidden_word", "Is every text in quotes, and the file in UTF-8 without a byte order mark?"),
    ],
)
def test_a_mistake_in_secrets_py_is_said_without_its_line(interpreter, tmp_path, mistake, said):
    (tmp_path / "secrets.py").write_text("DEVICE_ID = 'd'\n%s\n" % mistake)
    program = tmp_path / "program.py"
    for ask in ("settings.open().client_arguments()", "detection.load()"):
        program.write_text("from arduino_cloud_board import detection, settings\n%s\n" % ask)
        done = interpreter.run(program, cwd=tmp_path)
        assert done.returncode == 1
        text = done.stdout + done.stderr
        assert "ValueError: secrets.py cannot be imported: " in text and said in text
        assert "hidden_word" not in done.stdout + done.stderr


@pytest.mark.parametrize("trouble, said", [("MemoryError()", "MemoryError"), ("OSError(5)", "secrets.py cannot be read"), ("OSError", "5")])
def test_a_board_in_trouble_is_not_told_of_a_mistake_in_secrets_py(interpreter, tmp_path, trouble, said):
    (tmp_path / "secrets.py").write_text("DEVICE_ID = 'd'\nSECRET_KEY = 'hidden_word'\nraise %s\n" % trouble)
    program = tmp_path / "program.py"
    for ask in ("settings.open().client_arguments()", "detection.load()", "settings.open().networks()"):
        program.write_text("from arduino_cloud_board import detection, settings\n%s\n" % ask)
        done = interpreter.run(program, cwd=tmp_path)
        text = done.stdout + done.stderr
        assert done.returncode == 1 and said in text
        assert "hidden_word" not in text and "quotes" not in text and "provision" not in text


def test_a_byte_order_mark_in_secrets_py_hides_nothing(interpreter, tmp_path):
    (tmp_path / "secrets.py").write_bytes(b"\xef\xbb\xbfDEVICE_ID = 'd'\nSECRET_KEY = 's'\n")
    program = tmp_path / "program.py"
    program.write_text("from arduino_cloud_board import settings\nprint(settings.open().client_arguments()['password'])\n")
    assert interpreter.run(program, cwd=tmp_path).stdout == "s\n"


def test_signatures_of_chips_are_valid():
    """`cryptography` verifies what the simulated chips sign."""
    from se05x_chip import SE05XChip
    from test_key_atecc608 import DIGEST, keys as atecc608_keys, set_up
    from test_key_se05x import keys as se05x_keys

    for store in (se05x_keys(SE05XChip()), atecc608_keys(set_up())):
        store.create_key("key")
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), store.public_key("key"))
        algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
        public.verify(store.sign("key", DIGEST), DIGEST, algorithm)


@pytest.mark.parametrize("years", [5, 31])
@pytest.mark.parametrize("authority_id", [True, False])
def test_a_certificate_of_arduinos_kind_is_put_together_byte_by_byte(years, authority_id):
    """A certificate made by `cryptography`, taken apart and put together again has the same bytes."""
    from arduino_cloud_board.keys.ecc_certificate import compress, rebuild
    from cryptography.x509.oid import NameOID

    printable = x509.name._ASN1Type.PrintableString
    names = ((NameOID.COUNTRY_NAME, "US"), (NameOID.ORGANIZATION_NAME, "Arduino LLC US"))
    names += ((NameOID.ORGANIZATIONAL_UNIT_NAME, "IT"), (NameOID.COMMON_NAME, "Arduino"))
    issuer = x509.Name([x509.NameAttribute(kind, text, _type=printable) for kind, text in names])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEVICE_ID, _type=printable)])
    authority = ec.generate_private_key(ec.SECP256R1())
    for i in range(20):
        key = ec.generate_private_key(ec.SECP256R1())
        begin = datetime.datetime(2000 + i, 1 + i % 12, 1 + i, i)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number() >> 32 + 8 * (i % 4))
            .not_valid_before(begin)
            .not_valid_after(begin.replace(year=begin.year + years))
        )
        if authority_id:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
            builder = builder.add_extension(identifier, critical=False)
        certificate = builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        point = key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        if not authority_id:
            # Without extensions, Arduino's form has an empty list, and other certificates have no list at all.
            with pytest.raises(ValueError):
                compress(certificate)
            continue
        assert rebuild(*compress(certificate), point) == certificate

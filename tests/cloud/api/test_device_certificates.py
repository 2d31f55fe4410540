"""Certificates for keys that stay on the board: issued, presented to the broker, disabled, replaced, deleted."""

import base64
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID
from toolchain.paths import ROOT

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
REFUSED = "Not authorized"


class Board:
    """A key, and the certificates issued for it, as files."""

    def __init__(self, user, device_id, folder, key=None):
        self.user, self.id, self.folder = user, device_id, folder
        self.path = "/v2/devices/%s/certs" % device_id
        self.key = key or ec.generate_private_key(ec.SECP256R1())

    def request(self):
        """Return a certificate request for the key. Its subject does not matter."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "anybody")])
        builder = x509.CertificateSigningRequestBuilder().subject_name(name)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(PEM).decode()

    def enrol(self, **members):
        """Have a certificate issued for the key."""
        body = {"csr": self.request(), "enabled": True, "ca": "Arduino_v2", **members}
        made = self.user.put(self.path, body)
        assert made.status == 201, made.body
        return made.json

    def about(self, certificate):
        """Return what PahoDevice and our client need to present the certificate. Each certificate has a folder."""
        folder = self.folder / certificate["compressed"]["serial"]
        folder.mkdir()
        form = (serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        files = {
            "client_cert": certificate["pem"].encode(),
            "client_cert_der": base64.b64decode(certificate["der"]),
            "client_key": self.key.private_bytes(PEM, *form),
            "client_key_der": self.key.private_bytes(DER, *form),
        }
        for name, data in files.items():
            (folder / name).write_bytes(data)
        paths = {name: str(folder / name) for name in files}
        return {**self.user.about, "device_id": self.id, "thing_id": None, **paths}


@pytest.fixture
def new_board(user, tmp_path):
    """`new_board(key=None)` -> a Board for a new device of the user, without a password."""
    return lambda key=None, owner=user: Board(owner, owner.make_device()["id"], tmp_path, key)


@pytest.fixture
def board(new_board):
    return new_board()


@pytest.fixture
def show(make_device):
    """`show(about, client_id=None)` -> a device that presents the certificate, and the broker's answer."""

    def connect(about, **options):
        device = make_device(about, port="mtls_port", **options)
        return device, device.connect("localhost")

    return connect


def test_a_request_of_a_board_becomes_a_certificate_of_the_authority(board, user):
    made = board.enrol()
    parsed = x509.load_der_x509_certificate(base64.b64decode(made["der"]))
    authority = x509.load_pem_x509_certificate(open(user.about["ca_file"], "rb").read())
    parsed.verify_directly_issued_by(authority)
    assert parsed.public_key() == board.key.public_key()
    # The name in the request does not count.
    assert parsed.subject.rfc4514_string() == "CN=" + board.id
    assert made["pem"].encode() == parsed.public_bytes(PEM) and len(made["pem"]) <= 512
    facts = {"device_id": board.id, "enabled": True, "ca": "Arduino_v2"}
    assert {name: made[name] for name in facts} == facts
    assert made["href"] == "/iot%s/%s" % (board.path, made["id"])
    assert user.get(board.path).json == [made] and user.get(board.path + "/" + made["id"]).json == made


def test_its_parts_are_told_as_boards_take_them(board, user):
    compressed = board.enrol()["compressed"]
    parsed = x509.load_der_x509_certificate(base64.b64decode(board.enrol()["der"]))
    shown = user.get(board.path).json[1]["compressed"]
    # Whole hours and numbers of fixed length: a crypto chip has room for no more.
    lengths = {"serial": 32, "authority_key_identifier": 40, "signature_asn1_x": 64, "signature_asn1_y": 64}
    assert {name: len(bytes.fromhex(shown[name])) * 2 for name in lengths} == lengths
    assert int(shown["serial"], 16) == parsed.serial_number != int(compressed["serial"], 16)
    x, y = (int(shown["signature_asn1_" + axis], 16) for axis in "xy")
    assert encode_dss_signature(x, y) == parsed.signature == bytes.fromhex(shown["signature"])
    assert shown["not_before"] == parsed.not_valid_before_utc.strftime("%Y-%m-%dT%H:00:00Z")
    assert shown["not_after"] == parsed.not_valid_after_utc.strftime("%Y-%m-%dT%H:00:00Z")
    authority = x509.load_pem_x509_certificate(open(user.about["ca_file"], "rb").read())
    named = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    assert bytes.fromhex(shown["authority_key_identifier"]) == named.digest


def test_a_device_gets_in_with_it_under_its_own_name_only(board, show):
    about = board.about(board.enrol())
    device, said = show(about)
    assert said == "Success"
    assert show(about, client_id="another")[1] == "Client identifier not valid"
    assert board.user.get("/v2/devices/" + board.id).json["device_status"] == "ONLINE"


def test_a_deleted_certificate_lets_nobody_in(board, show):
    first, second = board.enrol(), board.enrol()
    about = board.about(first)
    device, said = show(about)
    assert said == "Success"
    assert board.user.delete(board.path + "/" + first["id"]).status == 200
    device.wait_closed()
    assert show(about)[1] == REFUSED
    assert show(board.about(second))[1] == "Success"
    assert [each["id"] for each in board.user.get(board.path).json] == [second["id"]]
    for answer in (board.user.get, board.user.delete):
        assert answer(board.path + "/" + first["id"]).status == 404


def test_a_disabled_certificate_lets_nobody_in_until_it_is_enabled(board, show):
    made = board.enrol(enabled=False)
    about, path = board.about(made), board.path + "/" + made["id"]
    assert made["enabled"] is False and show(about)[1] == REFUSED
    assert board.user.post(path, {"enabled": True}).json == {**made, "enabled": True}
    device, said = show(about)
    assert said == "Success"
    assert board.user.post(path, {"enabled": False}).json == made
    device.wait_closed()
    assert show(about)[1] == REFUSED


def test_a_replaced_certificate_lets_nobody_in(board, show):
    old = board.enrol()
    old_about = board.about(old)
    device, said = show(old_about)
    assert said == "Success"
    board.key = ec.generate_private_key(ec.SECP256R1())
    answer = board.user.post(board.path + "/" + old["id"], {"csr": board.request(), "ca": "Another"})
    new = answer.json
    assert (new["id"], new["ca"], new["enabled"]) == (old["id"], "Another", True) and new["der"] != old["der"]
    device.wait_closed()
    assert show(old_about)[1] == REFUSED
    assert show(board.about(new))[1] == "Success"
    assert board.user.get(board.path).json == [new]


@pytest.mark.parametrize("force", [False, True], ids=["restorable", "for good"])
def test_a_deleted_device_does_not_get_in_with_its_certificate(board, show, force):
    about = board.about(board.enrol())
    device, said = show(about)
    assert said == "Success"
    assert board.user.delete("/v2/devices/" + board.id, force=force).status == 200
    device.wait_closed()
    assert show(about)[1] == REFUSED
    assert board.user.get(board.path).status == 404
    if not force:
        board.user.post("/v2/devices/" + board.id, {"soft_deleted": False})
        assert show(about)[1] == "Success"


def test_a_certificate_that_serve_made_still_lets_its_device_in(user, show, new_board):
    new_board().enrol()
    assert show(user.about)[1] == "Success"


def test_certificates_of_another_device_or_user_are_not_found(board, new_board, new_user):
    made = board.enrol()
    mine, others = new_board(), new_board(owner=new_user("other"))
    # Neither under another device of the same user, nor anywhere for another user.
    for asker, path in ((mine, mine.path), (others, others.path), (others, board.path)):
        assert asker.user.get(path + "/" + made["id"]).status == 404
        assert asker.user.post(path + "/" + made["id"], {"enabled": False}).status == 404
        assert asker.user.delete(path + "/" + made["id"]).status == 404
    assert others.user.get(board.path).status == 404
    assert others.user.put(board.path, {"csr": others.request(), "enabled": True}).status == 404
    assert mine.user.get(mine.path).json == others.user.get(others.path).json == []
    assert board.user.get(board.path).json == [made]
    assert board.user.get(board.path + "/x").status == 404


def spoilt(request):
    """Return the request with a wrong signature."""
    data = bytearray(x509.load_pem_x509_csr(request.encode()).public_bytes(DER))
    data[-1] ^= 1
    text = base64.encodebytes(bytes(data)).decode()
    return "-----BEGIN CERTIFICATE REQUEST-----\n%s-----END CERTIFICATE REQUEST-----\n" % text


def bad_requests(board):
    """Yield requests that are refused, each with a word of the answer."""
    good = board.request()
    signer = lambda key: Board(board.user, board.id, None, key)  # noqa: E731
    edwards = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    yield spoilt(good), "signature"
    yield signer(rsa.generate_private_key(65537, 1024)).request(), "P-256"
    yield signer(ec.generate_private_key(ec.SECP384R1())).request(), "P-256"
    yield edwards.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(PEM).decode(), "P-256"
    yield good + "#" * 1024, "1024"
    yield "", "PEM"
    yield base64.b64encode(b"no request").decode(), "PEM"
    yield good.replace("M", "?", 3), "PEM"
    yield open(board.user.about["ca_file"]).read(), "PEM"
    yield board.key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode(), "PEM"


def test_what_is_no_request_for_a_key_of_ours_is_refused(board):
    made = board.enrol()
    for csr, said in bad_requests(board):
        for answer in (
            board.user.put(board.path, {"csr": csr, "enabled": True}),
            board.user.post(board.path + "/" + made["id"], {"csr": csr}),
        ):
            assert answer.status == 400 and said in answer.detail, (csr, answer.body)
    for body in ({"csr": board.request()}, {"enabled": True}, {"csr": 1, "enabled": True}):
        assert board.user.put(board.path, body).status == 400
    assert board.user.put(board.path, {"csr": board.request(), "enabled": "yes"}).status == 400
    assert board.user.get(board.path).json == [made]


PROGRAM = """
from program import *

client = ArduinoCloudClient(%(id)r, server="localhost", port=%(port)d, ssl_params=%(tls)r)
client.register("count", value=7)
run(client, globals())
"""


def test_a_micropython_device_works_with_it_until_it_is_deleted(board, prop, micropython, tmp_path):
    thing = board.user.make_thing(prop("count", "INT"), device_id=board.id)
    made = board.enrol()
    about = board.about(made)
    tls = {"keyfile": about["client_key_der"], "certfile": about["client_cert_der"]}
    tls["cafile"] = about["ca_der_file"]
    script = tmp_path / "device.py"
    script.write_text(PROGRAM % {"id": board.id, "port": about["mtls_port"], "tls": tls})
    device = micropython(32).start(script, path=[ROOT / "tests" / "support" / "device"])
    wait_for_value(board.user, thing, 7)
    board.user.delete(board.path + "/" + made["id"])
    device.wait_for("refused the device: .*not authorised")


def wait_for_value(user, thing, value):
    """Wait until the thing's only variable has the value. Devices report in the background."""
    path = "/v2/things/%s/properties/%s" % (thing["id"], thing["properties"][0]["id"])
    for _ in range(500):
        if user.get(path).json["last_value"] == value:
            return
        time.sleep(0.02)
    raise AssertionError("the value never came")

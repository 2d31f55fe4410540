"""A device whose credentials are revoked while it is being let in stays outside."""

import asyncio
import contextlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from localcloud.cloud import LocalCloud
from localcloud.embedded.devices import ConnectedDevices
from localcloud.reach.ports import Ports

REFUSED = "Not authorized"


@contextlib.contextmanager
def meanwhile(monkeypatch, change):
    """Make `change` happen once, after a device has been admitted and before it is connected."""
    admit, changes = ConnectedDevices.admit, [change]

    async def admit_and_change(self, credentials):
        found = await admit(self, credentials)
        if changes:
            assert found is not None
            assert (await asyncio.to_thread(changes.pop())).status == 200
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ConnectedDevices, "admit", admit_and_change)
        yield
    assert not changes


@pytest.fixture
def in_cloud(tmp_path, api_of, new_user):
    """`in_cloud(work)` runs `work(user)`, which may block, beside a cloud in this process."""

    async def run(work):
        cloud = await LocalCloud.start(tmp_path / "cloud", ports=Ports.free())
        try:
            about = cloud.description()
            return await asyncio.to_thread(lambda: work(new_user(about=about, local=api_of(about))))
        finally:
            await cloud.stop()

    return lambda work: asyncio.run(run(work))


def device_about(user):
    """Return the path of a new device of the user, and what it needs to connect."""
    made = user.make_device()
    path = "/v2/devices/" + made["id"]
    assert user.put(path + "/pass", {"password": "the old one"}).status == 200
    return path, {**user.about, "device_id": made["id"], "secret": "the old one", "thing_id": None}


def events(user, path):
    """Return what was noted about the device's connections, oldest first."""
    return [each["value"] for each in reversed(user.get(path + "/events").json["events"])]


def test_a_secret_that_is_taken_back_while_it_is_verified(in_cloud, make_device, monkeypatch):
    def work(user):
        changes = {
            "replaced": lambda path: user.put(path + "/pass", {"password": "the new one"}),
            "removed": lambda path: user.delete(path + "/pass"),
            "device deleted": lambda path: user.delete(path),
            "device deleted for good": lambda path: user.delete(path, force=True),
        }
        for name, change in changes.items():
            path, about = device_about(user)
            with meanwhile(monkeypatch, lambda: change(path)):
                assert make_device(about).connect() == REFUSED, name
            if name == "replaced":
                assert user.get(path).json["device_status"] == "OFFLINE" and events(user, path) == []
                assert make_device({**about, "secret": "the new one"}).connect() == "Success"
                assert user.get(path).json["device_status"] == "ONLINE"

    in_cloud(work)


def enrol(user, path, folder):
    """Have a certificate issued for a new key of the device: return the certificate's path and the files."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    body = {"csr": request.public_bytes(pem).decode(), "enabled": True, "ca": "Arduino_v2"}
    made = user.put(path + "/certs", body).json
    files = {"client_key": folder / (made["id"] + ".key"), "client_cert": folder / (made["id"] + ".pem")}
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files["client_key"].write_bytes(key.private_bytes(pem, *form))
    files["client_cert"].write_text(made["pem"])
    return path + "/certs/" + made["id"], files


def test_a_certificate_that_is_taken_back_while_it_is_checked(in_cloud, make_device, monkeypatch, tmp_path):
    def work(user):
        changes = {
            "disabled": lambda path, certificate: user.post(certificate, {"enabled": False}),
            "deleted": lambda path, certificate: user.delete(certificate),
            "device deleted": lambda path, certificate: user.delete(path),
        }
        for name, change in changes.items():
            path, about = device_about(user)
            certificate, files = enrol(user, path, tmp_path)
            with meanwhile(monkeypatch, lambda: change(path, certificate)):
                device = make_device({**about, **files}, port="mtls_port")
                assert device.connect("localhost") == REFUSED, name

    in_cloud(work)

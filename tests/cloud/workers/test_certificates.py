"""Certificates that a worker issues, at mosquitto: who gets in, and which of them the broker cannot tell apart."""

import json
import os
import re
import signal
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from enrolment import sign, sign_files
from loads import at_broker
from localcloud.identity.key_files import KeyFiles


@pytest.fixture
def enrol(fleet, api_user, tmp_path):
    """`enrol(device_id)` -> the path of a certificate, and `about` for a device that presents it."""

    def make(device_id):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        request = builder.sign(key, hashes.SHA256())
        body = {"csr": request.public_bytes(Encoding.PEM).decode(), "enabled": True}
        path = "/iot/v2/devices/%s/certs" % device_id
        made = json.loads(api_user("PUT", path, body))
        files = {
            "client_cert": made["pem"].encode(),
            "client_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        }
        for name, data in files.items():
            (tmp_path / (made["id"] + name)).write_bytes(data)
        paths = {name: str(tmp_path / (made["id"] + name)) for name in files}
        about = at_broker({**fleet.workers[0].about, "device_id": device_id, **paths}, fleet)
        return path + "/" + made["id"], about

    return make


@pytest.fixture
def device_id(api_user):
    """The id of a new device without a password."""
    made = api_user("PUT", "/iot/v2/devices", {"type": "login_and_secretkey_wifi", "name": "board"})
    return json.loads(made)["id"]


def show(make_device, about):
    """Return a device that has connected with its certificate."""
    device = make_device(about, port="mtls_port")
    assert device.connect("localhost") == "Success"
    return device


def refused(device):
    """Return whether the device, which the broker lets in by its certificate, may do nothing there."""
    return device.subscribe(device.device_topic("c/dw")) == 128


def finds(device, thing_id):
    """Return whether the device hears, when it subscribes, that this is its thing."""
    topic = device.device_topic("e/i")
    return device.subscribe(topic) == 1 and device.records() == (topic, [{0: "thing_id", 3: thing_id}])


def test_a_device_without_a_good_certificate_can_do_nothing(device_id, enrol, api_user, make_device):
    thing = api_user("PUT", "/iot/v2/things", {"name": "Greenhouse", "device_id": device_id})
    thing_id = json.loads(thing)["id"]
    path, about = enrol(device_id)
    device = show(make_device, about)
    assert finds(device, thing_id)
    for method, body in (("POST", {"enabled": False}), ("DELETE", None)):
        api_user(method, path, body)
        device.wait_closed()
        assert refused(show(make_device, about))
        if body:
            api_user("POST", path, {"enabled": True})
            device = show(make_device, about)
            assert finds(device, thing_id)
    _, another = enrol(device_id)
    assert finds(show(make_device, another), thing_id)


def test_a_deleted_device_can_do_nothing_with_its_certificate(device_id, enrol, api_user, make_device):
    _, about = enrol(device_id)
    device = show(make_device, about)
    api_user("DELETE", "/iot/v2/devices/" + device_id)
    device.wait_closed()
    assert refused(show(make_device, about))


def test_a_device_whose_certificate_is_deleted_has_its_password(device_id, enrol, api_user, make_device):
    path, about = enrol(device_id)
    api_user("DELETE", path)
    api_user("PUT", "/iot/v2/devices/%s/pass" % device_id, {"password": "a-password"})
    device = make_device({**about, "secret": "a-password"})
    assert device.connect() == "Success" and not refused(device)
    api_user("DELETE", "/iot/v2/devices/%s/pass" % device_id)
    device.wait_closed()
    assert refused(show(make_device, about))


def test_who_shows_a_certificate_takes_no_other_name(device_id, enrol, make_device, fleet):
    _, about = enrol(device_id)
    show(make_device, about)
    thief = make_device(about, port="mtls_port", client_id="local-cloud-partition-0")
    assert thief.connect("localhost") == "Success" and not refused(thief)
    # The broker uses the name in the certificate, whatever the device calls itself.
    logged = r"New client connected from \S+ as (\S+) \(.*u'%s'" % device_id
    fleet.broker.wait_for(logged + r"(?:.*\n)+?.*" + logged, stream="stderr")
    names = re.findall(logged, fleet.broker.stderr)
    assert names == [device_id] * 2


def test_a_certificate_that_nobody_issued_can_do_nothing(device_id, api_user, fleet, make_device, tmp_path):
    files = sign_files(fleet.data, tmp_path, device_id)
    paths = {"client_cert": str(files.certificate), "client_key": str(files.key)}
    about = at_broker({**fleet.workers[0].about, "device_id": device_id, **paths}, fleet)
    assert refused(show(make_device, about))
    # The broker cannot tell certificates apart: a password lets this one in too.
    api_user("PUT", "/iot/v2/devices/%s/pass" % device_id, {"password": "a-password-of-its-own"})
    assert not refused(show(make_device, about))


def test_the_default_device_gets_in_with_the_certificate_of_serve(fleet, make_device):
    assert not refused(show(make_device, at_broker(fleet.workers[0].about, fleet)))


def test_the_end_of_the_brokers_certificate_is_told_until_it_shows_the_new_one(start_fleet, api_of):
    fleet = start_fleet(workers=0)
    fleet.stop_broker()
    files = KeyFiles.at(fleet.data / "certificates", "server")
    files.write(*sign(fleet.data, "localhost", days=(-700, 20), server=True))
    fleet.start_broker()
    worker = fleet.start_worker()
    (told,) = api_of(worker.about).request("GET", "/status")["warnings"]
    assert "the certificate of the broker ends on " in told and "send mosquitto SIGHUP" in told
    context = ssl.create_default_context(cafile=worker.ca_file)
    fleet.broker.signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while api_of(worker.about).request("GET", "/status")["warnings"]:
        assert time.monotonic() < deadline
        os.utime(files.certificate)  # the worker looks again when the file changes
        time.sleep(0.2)
    with socket.create_connection(("127.0.0.1", fleet.tls_port), 10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            shown = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True))
    assert shown == x509.load_pem_x509_certificate(files.certificate.read_bytes())

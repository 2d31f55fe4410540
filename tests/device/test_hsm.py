"""Devices whose key is in a PKCS#11 token, on CPython only. The token is SoftHSM, which keeps it in files."""

import ctypes
import os
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from devices import DEVICE_ID
from tls_params import NO_PASSWORD, connect_to_local_cloud, key_and_certificate
from toolchain.parts import hsm
from toolchain.paths import PKCS11_TOOL, SOFTHSM_UTIL

PIN = "739155"
WRONG_PIN = "482604"
URI = "pkcs11:token=arduino;object=device"


def _can_have_engines():
    try:
        import _ssl

        return hasattr(ctypes.CDLL(_ssl.__file__), "ENGINE_by_id")
    except (AttributeError, ImportError, OSError):
        return False


pytestmark = [
    pytest.mark.parametrize("interpreter", ["cpython"], indirect=True),
    pytest.mark.skipif(
        os.environ.get("CI") != "true" and not _can_have_engines(),
        reason="this Python's ssl has no shared OpenSSL with engines",
    ),
]


def _run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, encoding="utf-8", timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def make_token(tmp_path, monkeypatch):
    """`make_token(key, certificate)` (PEM, DER) -> ssl_params of a token that has both under the label `device`."""
    (tmp_path / "tokens").mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text("directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n" % tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))

    def make(key, certificate):
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        pkcs8 = tmp_path / "pkcs8.pem"
        pkcs8.write_bytes(loaded.private_bytes(*form))
        util = (SOFTHSM_UTIL, "--module", hsm.module(), "--pin", PIN)
        _run(*util, "--init-token", "--free", "--label", "arduino", "--so-pin", "12345678")
        _run(*util, "--import", pkcs8, "--token", "arduino", "--label", "device", "--id", "01")
        tool = (PKCS11_TOOL, "--module", hsm.module(), "--token-label", "arduino", "--login", "--pin", PIN)
        _run(*tool, "--write-object", certificate, "--type", "cert", "--label", "device", "--id", "01")
        pkcs8.unlink()
        return {
            "keyfile": URI,
            "certfile": URI,
            "pin": PIN,
            "engine_path": str(hsm.engine()),
            "module_path": str(hsm.module()),
        }

    return make


@pytest.fixture
def token(make_token, certificates):
    """The ssl_params for a token with the test client's key and for the test authority."""
    params = make_token(certificates.client_key, certificates.client_cert_der)
    params.update(cafile=str(certificates.ca_file), server_hostname="localhost")
    return params


@pytest.fixture
def open_broker(mosquitto):
    """A mosquitto that accepts anybody whose certificate it trusts."""
    return mosquitto()


def _refused(start_device, params):
    device = start_device(server="127.0.0.1", port=1, ssl_params=params, **NO_PASSWORD)
    said = device.wait_for("^run raised (.*)\n").group(1)
    assert device.process.wait(10).returncode == 1
    assert PIN not in device.output and WRONG_PIN not in device.output
    return said


def test_a_device_logs_in_with_the_key_of_a_token(start_device, start_opposite, open_broker, token):
    opposite = start_opposite(open_broker, username=None)
    setup = "client.register('a', value=1, on_write=print)"
    device = start_device(setup, open_broker, port=open_broker.mtls_port, ssl_params=token, **NO_PASSWORD)
    opposite.wait_value("a", 1)
    opposite.write(a=2)
    device.wait_until("client['a'] == 2")
    device.stop()
    assert PIN not in device.output


def test_a_link_comes_back_with_the_key_of_a_token(start_device, start_opposite, open_broker, token):
    device = start_device(broker=open_broker, port=open_broker.mtls_port, ssl_params=token, keepalive=2, **NO_PASSWORD)
    connected = r"New client connected from \S+ as %s " % device.id
    open_broker.wait_for_log(connected)
    open_broker.stop()
    device.wait_for("Lost the link|closed the connection|refused the connection")
    open_broker.start()
    open_broker.wait_for_log(connected)
    device.stop()


_FIX_VERSION = """
import ssl
sessions = []
wrap_bio = ssl.SSLContext.wrap_bio
def wrap_and_note(context, *arguments, **options):
    context.minimum_version = context.maximum_version = ssl.TLSVersion.%s
    sessions.append(wrap_bio(context, *arguments, **options))
    return sessions[-1]
ssl.SSLContext.wrap_bio = wrap_and_note
"""


@pytest.mark.parametrize("constant, version", [("TLSv1_2", "TLSv1.2"), ("TLSv1_3", "TLSv1.3")])
def test_a_token_signs_in_each_version_of_tls(start_device, open_broker, token, constant, version):
    setup = _FIX_VERSION % constant
    device = start_device(setup, open_broker, port=open_broker.mtls_port, ssl_params=token, **NO_PASSWORD)
    open_broker.wait_for_log(r"New client connected from \S+ as %s " % device.id)
    assert device.ask("sessions[-1].version()") == version
    device.stop()


def test_a_program_without_asyncio_uses_a_token(interpreter, start_opposite, open_broker, tmp_path, token):
    opposite = start_opposite(open_broker, username=None)
    program = tmp_path / "program.py"
    program.write_text(
        """
import time
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient(%r, server="127.0.0.1", port=%d, ssl_params=%r, sync_mode=True)
client.register("a", value=3)
client.start()
while True:
    client.update()
    time.sleep(0.01)
"""
        % (DEVICE_ID, open_broker.mtls_port, token)
    )
    interpreter.start(program)
    opposite.wait_value("a", 3)


@pytest.mark.parametrize("of_files", ["keyfile", "certfile"])
def test_one_of_the_two_may_be_in_a_file(start_device, open_broker, certificates, token, of_files):
    files = key_and_certificate(
        start_device.interpreter,
        certificates.client_key,
        certificates.client_cert,
        certificates.client_key_der,
        certificates.client_cert_der,
    )
    token[of_files] = files[of_files]
    device = start_device(broker=open_broker, port=open_broker.mtls_port, ssl_params=token, **NO_PASSWORD)
    open_broker.wait_for_log(r"New client connected from \S+ as %s " % device.id)


def test_the_pin_may_be_in_the_uri(start_device, open_broker, token):
    del token["pin"]
    token["keyfile"] += "?pin-value=" + PIN
    device = start_device(broker=open_broker, port=open_broker.mtls_port, ssl_params=token, **NO_PASSWORD)
    open_broker.wait_for_log(r"New client connected from \S+ as %s " % device.id)


def test_the_server_is_verified(start_device, open_broker, token):
    del token["cafile"]  # the bundled roots do not include the test authority
    device = start_device(broker=open_broker, port=open_broker.mtls_port, ssl_params=token, **NO_PASSWORD)
    device.wait_for("The certificate of 127.0.0.1:%d is refused" % open_broker.mtls_port)
    device.stop()
    assert "connected from" not in open_broker.log.replace("New connection", "")


def test_a_device_logs_in_to_the_local_cloud_with_a_token(start_device, local_cloud, make_token, tmp_path):
    about = local_cloud.about
    key = tmp_path / "key.pem"
    with open(about["client_key"], "rb") as file:
        key.write_bytes(file.read())
    params = make_token(key, about["client_cert_der"])
    connect_to_local_cloud(start_device, about, params)


def test_a_wrong_pin_is_said_and_not_shown(start_device, token):
    token["pin"] = WRONG_PIN
    assert _refused(start_device, token) == (
        "ValueError: pin: the token refused this PIN (PIN incorrect, failed loading private key)"
    )


def test_a_wrong_pin_in_the_uri_is_not_shown(start_device, token):
    del token["pin"]
    token["keyfile"] += "?pin-value=" + WRONG_PIN
    assert "the token refused this PIN" in _refused(start_device, token)


def test_a_missing_pin_is_said_and_not_asked_for(start_device, token):
    del token["pin"]
    assert _refused(start_device, token) == (
        "ValueError: pin: the token requires one for '%s', but ssl_params has none" % URI
    )


@pytest.mark.parametrize("what", ["keyfile", "certfile"])
def test_what_is_not_in_the_token_is_said(start_device, token, what):
    token[what] = "pkcs11:token=arduino;object=other?pin-value=" + PIN
    said = _refused(start_device, token)
    assert said.startswith("ValueError: %s: no " % what), said
    assert "'pkcs11:token=arduino;object=other' (object not found" in said, said


@pytest.mark.parametrize(
    "option, package", [("engine_path", "libengine-pkcs11-openssl"), ("module_path", "softhsm2")]
)
def test_a_missing_library_is_said(start_device, token, option, package):
    token[option] = "/nowhere/library.so"
    said = _refused(start_device, token)
    assert said.startswith("ValueError: %s: '/nowhere/library.so' is missing" % option) and package in said, said


def test_a_library_that_is_another_one_is_said(start_device, token):
    token["module_path"] = token["engine_path"]
    said = _refused(start_device, token)
    assert said.startswith("ValueError: module_path: '%s' does not work" % token["engine_path"]), said


def test_key_and_certificate_that_differ_are_refused(start_device, token, certificates):
    token["certfile"] = str(certificates.ca_file)
    assert "ValueError: keyfile and certfile do not belong together" in _refused(start_device, token)


def test_a_python_without_engines_says_so(start_device, interpreter, token, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import _ssl, _struct\n_ssl.__file__ = _struct.__file__\n")
    device = start_device(server="127.0.0.1", port=1, ssl_params=token, path_folders=[tmp_path], **NO_PASSWORD)
    device.wait_for("^run raised ValueError: keyfile: 'pkcs11:...' needs a Python whose ssl uses a shared OpenSSL")

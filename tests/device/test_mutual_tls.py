"""Devices that authenticate with a certificate instead of a password, and servers that refuse it."""

import pytest
from throwaway_certificates import Certificates
from tls_params import NO_PASSWORD, connect_to_local_cloud, key_and_certificate


def of(interpreter, made):
    """Return `key_and_certificate` of a throwaway_certificates.Certificates."""
    pem, der = (made.client_key, made.client_cert), (made.client_key_der, made.client_cert_der)
    return key_and_certificate(interpreter, *pem, *der)


@pytest.fixture
def open_broker(mosquitto):
    """A mosquitto that accepts anybody whose certificate it trusts."""
    return mosquitto()


def test_a_device_logs_in_with_its_certificate(start_device, start_opposite, open_broker, certificates):
    opposite = start_opposite(open_broker, username=None)
    params = of(start_device.interpreter, certificates)
    params.update(cafile=str(certificates.ca_file_der), server_hostname="localhost")
    setup = "client.register('a', value=1, on_write=print)"
    device = start_device(setup, open_broker, port=open_broker.mtls_port, ssl_params=params, **NO_PASSWORD)
    opposite.wait_value("a", 1)
    opposite.write(a=2)
    device.wait_until("client['a'] == 2")
    open_broker.wait_for_log(" as %s .*\n" % device.id)
    assert "u'" not in open_broker.log.split(" as %s " % device.id)[1].split("\n")[0]  # no user name


def test_key_and_certificate_may_be_bytes(start_device, start_opposite, open_broker, certificates):
    opposite = start_opposite(open_broker, username=None)
    params = {
        "keyfile": certificates.client_key_der.read_bytes(),
        "certfile": certificates.client_cert_der.read_bytes(),
        "cafile": str(certificates.ca_file_der),
        "server_hostname": "localhost",
    }
    start_device(
        "client.register('a', value=1)", open_broker, port=open_broker.mtls_port, ssl_params=params, **NO_PASSWORD
    )
    opposite.wait_value("a", 1)


def test_a_refused_certificate_is_said(start_device, open_broker, certificates, tmp_path):
    (tmp_path / "stranger").mkdir()
    params = of(start_device.interpreter, Certificates(tmp_path / "stranger"))
    params.update(cafile=str(certificates.ca_file_der), server_hostname="localhost")
    device = start_device(broker=open_broker, port=open_broker.mtls_port, ssl_params=params, **NO_PASSWORD)
    device.wait_for(r"127.0.0.1:%d (probably )?refused .*the device's certificate.*keyfile and certfile" % open_broker.mtls_port)
    device.stop()
    assert device.output.count("refused ") == 1


def test_a_missing_certificate_is_said(start_device, open_broker, certificates):
    params = {"cafile": str(certificates.ca_file_der), "server_hostname": "localhost"}
    device = start_device(broker=open_broker, port=open_broker.mtls_port, ssl_params=params)
    # The server closes the connection after its alert, and the reset may overtake the alert.
    said = "127.0.0.1:%d (refused the TLS handshake: .* requires a device certificate|closed the connection .* require a certificate)"
    device.wait_for(said % open_broker.mtls_port)
    assert "the device's certificate" not in device.output  # it has none


@pytest.mark.parametrize("broken", ["keyfile", "certfile"])
def test_a_broken_key_or_certificate_is_refused_at_once(start_device, certificates, tmp_path, broken):
    params = of(start_device.interpreter, certificates)
    junk = tmp_path / "junk"
    junk.write_bytes(b"not what it should be")
    params.update(cafile=str(certificates.ca_file_der))
    params[broken] = str(junk)
    device = start_device(server="127.0.0.1", port=1, ssl_params=params, **NO_PASSWORD)
    device.wait_for("^run raised (ValueError|SSLError|OSError): ")


def test_a_device_logs_in_to_the_local_cloud_with_its_certificate(start_device, local_cloud):
    about = local_cloud.about
    params = key_and_certificate(
        start_device.interpreter,
        about["client_key"],
        about["client_cert"],
        about["client_key_der"],
        about["client_cert_der"],
    )
    connect_to_local_cloud(start_device, about, params)

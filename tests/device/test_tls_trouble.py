"""Servers that refuse, or that speak another protocol: the message says what happened and what to check."""

import ssl
import time

import pytest
from brokers import free_ports
from devices import DEVICE_ID, SECRET
from servers import Server, TLSServer
from tls_params import verified

NO_PASSWORD = {"username": None, "password": None}
OF_DEVICE = "refused the device's certificate"
SPOKEN = {  # by CPython, whose OpenSSL names the alert; by MicroPython, whose mbedtls does not
    "version": (r"it accepts none of this device's TLS versions \(OpenSSL: TLSV1_ALERT_PROTOCOL_VERSION\)", None),
    "ciphers": (r"it accepts none of this device's ciphers", None),
    "name": (r"it does not know the name 'localhost' \(OpenSSL: TLSV1_UNRECOGNIZED_NAME\)", None),
}
OF_MBEDTLS = r"it accepts none of this device's TLS versions or ciphers, .*does not know the name 'localhost' \(mbedtls -0x7780\)"


class Refusing(TLSServer):
    """A TLS server that refuses what every device offers: the version, the ciphers or the name of the server."""

    def __init__(self, certificates, what):
        super().__init__(certificates.server_cert, certificates.server_key)
        context = self._context
        if what == "version":
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        elif what == "ciphers":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # its own key is not RSA
        else:
            context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("what", SPOKEN)
def test_an_alert_is_said_as_what_it_is(start_device, serve, certificates, what):
    server = serve(Refusing, certificates, what)
    device = start_device(broker=server, ssl_params=verified(certificates))
    words = SPOKEN[what][0] if start_device.interpreter.name == "cpython" else OF_MBEDTLS
    device.wait_for(r"^127.0.0.1:%d refused the TLS handshake: %s" % (server.port, words))
    assert OF_DEVICE not in device.output
    device.stop()
    assert device.output.count("refused") == 1


@pytest.fixture
def listening(mosquitto, certificates):
    """`listening(*lines)` -> (a broker, the port of a TLS listener with these lines in its configuration)."""

    def make(*lines):
        (port,) = free_ports(1)
        files = ["certfile %s" % certificates.server_cert, "keyfile %s" % certificates.server_key]
        return mosquitto(settings=["listener %d 127.0.0.1" % port, *files, *lines]), port

    return make


@pytest.mark.parametrize("transport", ["tcp", "websocket"])
def test_a_broker_without_tls_points_at_the_port(start_device, broker, certificates, transport):
    port = broker.port if transport == "tcp" else broker.ws_port
    device = start_device(broker=broker, port=port, transport=transport, ssl_params=verified(certificates))
    device.wait_for(r"^127.0.0.1:%d (closed the connection|does not seem to speak TLS).* the port" % port)
    assert SECRET not in broker.log
    device.stop()


def test_a_broker_with_tls_tells_a_plain_device_to_look_at_the_port(start_device, broker):
    device = start_device(broker=broker, port=broker.tls_port, ssl_params=None)
    device.wait_for(
        r"^127.0.0.1:%d (closed the connection|does not seem to speak MQTT).*the port: it may speak TLS, and ssl_params=None"
        % broker.tls_port
    )
    device.stop()


class Talking(Server):
    """Speaks another protocol, once the client has begun or before."""

    answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    first = False

    def serve(self, connection):
        """Say it, then keep reading."""
        if self.first:
            connection.sendall(self.answer)
        while connection.recv(1000):
            if not self.first:
                connection.sendall(self.answer)


class Greeting(Talking):
    """Speaks first, as SSH and mail servers do."""

    answer = b"SSH-2.0-OpenSSH_9.2\r\n"
    first = True


@pytest.mark.parametrize("kind", [Talking, Greeting])
def test_a_server_of_another_kind_is_not_taken_for_a_refusal(start_device, serve, certificates, kind):
    server = serve(kind)
    device = start_device(broker=server, ssl_params=verified(certificates))
    device.wait_for(r"^127.0.0.1:%d does not seem to speak TLS \(.*\). Check the port: 8884" % server.port)
    device.stop()
    assert OF_DEVICE not in device.output


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
def test_a_listener_for_certificates_tells_a_device_without_one(listening, start_device, certificates, version):
    broker, port = listening("cafile %s" % certificates.ca_file, "require_certificate true", "tls_version " + version)
    device = start_device(broker=broker, port=port, ssl_params=verified(certificates))
    device.wait_for("^127.0.0.1:%d (probably refused|refused|closed).*certificate" % port)
    assert OF_DEVICE not in device.output
    device.stop()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_device_whose_certificate_has_expired_hears_of_it(start_device, serve, certificates, version):
    class Mutual(TLSServer):
        def __init__(self):
            super().__init__(certificates.server_cert, certificates.server_key, version=version)
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(certificates.ca_file)

    certfile, keyfile = certificates.make_server("expired_device_%d" % version, name=DEVICE_ID, days=(-30, -1))
    if start_device.interpreter.name != "cpython":
        certfile, keyfile = certfile.with_suffix(".der"), keyfile.with_suffix(".der")
    server = serve(Mutual)
    params = verified(certificates, certfile=str(certfile), keyfile=str(keyfile))
    device = start_device(broker=server, ssl_params=params, **NO_PASSWORD)
    device.wait_for("^127.0.0.1:%d (probably )?refused .*the device's certificate.*keyfile and certfile" % server.port)
    device.stop()


@pytest.mark.parametrize("flaw, days", [("expired", (-30, -1)), ("not yet valid", (10, 30))])
def test_a_date_that_does_not_fit_comes_with_the_clock_of_the_device(start_device, serve, certificates, flaw, days):
    server = serve(TLSServer, *certificates.make_server(flaw.replace(" ", "_") + "_clock", days=days))
    device = start_device(broker=server, ssl_params=verified(certificates))
    device.wait_for(
        r"^The certificate of 127.0.0.1:%d is refused: .*%s. The device's clock shows %s \d\d:\d\d UTC: if that is wrong"
        % (server.port, flaw, time.strftime("(%Y-%m-%d|%%s)", time.gmtime()) % time.strftime("%Y-%m-%d", time.gmtime()))
    )
    device.stop()


def test_a_clock_that_nobody_answers_for_is_said_with_a_reason(interpreter, serve):
    silent = serve(Server)  # nothing listens on this UDP port
    code = """
import asyncio
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient("d", ssl_params=None)
client.update_systime("127.0.0.1:%d", 0.2)
client.update_systime("no-such-host.invalid", 0.2)
print(asyncio.run(client.sync_time("127.0.0.1:%d", 0.2)))
""" % (silent.port, silent.port)
    lines = (lambda done: (done.stdout + done.stderr).splitlines())(interpreter.run(code=code, check=True, timeout=30))
    said = [line for line in lines if "could not be set" in line]
    assert len(said) == 3
    for line in said:
        assert line.rpartition(": ")[2].strip(".").split(" (")[0] in (
            "connection refused", "no answer in time", "its name was not found"
        ), line  # fmt: skip

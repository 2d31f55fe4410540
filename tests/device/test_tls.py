"""TLS: which servers are refused and why, that they get nothing, ways to name roots, SNI, no verification."""

import ssl

import pytest
import throwaway_certificates as certificate_maker
from devices import SECRET
from servers import Server, TLSServer
from tls_params import verified

VERSIONS = {"tls12": ssl.TLSVersion.TLSv1_2, "tls13": ssl.TLSVersion.TLSv1_3}


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    """Certificates of an authority that no device trusts."""
    return certificate_maker.Certificates(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="session")
def unfit(certificates, stranger):
    """{flaw: (certificate, key)} of servers that must be refused."""
    return {
        "unknown root": (stranger.server_cert, stranger.server_key),
        "wrong name": certificates.make_server("wrong_name", name="elsewhere.example"),
        "expired": certificates.make_server("expired", days=(-30, -1)),
        "not yet valid": certificates.make_server("early", days=(10, 30)),
    }


def password_in(data):
    return SECRET.encode() in data


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "flaw, words",
    [
        ("unknown root", "root certificate is not trusted"),
        ("wrong name", "another name"),
        ("expired", "expired"),
        ("not yet valid", "not yet valid"),
    ],
)
def test_an_unfit_server_is_refused_and_gets_no_byte(start_device, serve, certificates, unfit, flaw, words, version):
    server = serve(TLSServer, *unfit[flaw], version=VERSIONS[version])
    device = start_device(broker=server, ssl_params=verified(certificates))
    device.wait_for(r"^The certificate of 127.0.0.1:%d is refused: .*%s" % (server.port, words))
    server.wait(lambda: server.errors)
    assert server.received == b""
    device.stop()
    assert device.output.count("is refused") == 1  # logged once
    assert server.connections == 1  # no retry at once


def test_the_bundled_roots_do_not_trust_a_stranger(start_device, serve, certificates):
    server = serve(TLSServer, certificates.server_cert, certificates.server_key)
    device = start_device(broker=server, ssl_params={"server_hostname": "localhost"})
    device.wait_for("root certificate is not trusted")
    server.wait(lambda: server.errors)
    assert server.received == b""


@pytest.mark.parametrize("form", ["cafile DER", "cafile PEM", "cadata DER", "cadata PEM text", "cadata PEM bytes"])
def test_roots_are_taken_in_every_form(start_device, broker, opposite, certificates, form):
    key, encoding = form.split(" ")[:2]
    path = certificates.ca_file_der if encoding == "DER" else certificates.ca_file
    value = str(path) if key == "cafile" else path.read_text() if form.endswith("text") else path.read_bytes()
    params = {key: value, "server_hostname": "localhost"}
    device = start_device("client.register('a', value=1)", broker, port=broker.tls_port, ssl_params=params)
    device.wait_until("client.connected")
    opposite.wait_value("a", 1)


@pytest.mark.parametrize("junk", [b"no certificate", b""])
def test_a_root_that_is_none_is_refused_at_once(start_device, certificates, junk):
    device = start_device(server="127.0.0.1", port=1, ssl_params={"cadata": junk})
    device.wait_for("^run raised (ValueError|SSLError|OSError): .*")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_name_is_sent_and_the_verified_server_gets_the_password(start_device, serve, certificates, version):
    server = serve(TLSServer, certificates.server_cert, certificates.server_key, version=VERSIONS[version])
    start_device(broker=server, ssl_params=verified(certificates))
    server.wait(lambda: password_in(server.received))
    assert server.names == ["localhost"]


def test_the_server_is_verified_by_its_own_name_unless_another_is_given(start_device, serve, certificates):
    server = serve(TLSServer, certificates.server_cert, certificates.server_key)
    params = {"cafile": str(certificates.ca_file_der)}
    start_device(server="localhost", port=server.port, ssl_params=params)
    server.wait(lambda: password_in(server.received))
    assert server.names == ["localhost"]


@pytest.mark.parametrize("flaw", ["unknown root", "wrong name", "expired"])
@pytest.mark.parametrize("key", ["verify_mode", "cert_reqs"])
def test_no_verification_takes_an_explicit_word_and_is_warned_about(start_device, serve, unfit, flaw, key):
    server = serve(TLSServer, *unfit[flaw])
    device = start_device(broker=server, ssl_params={key: 0})
    server.wait(lambda: password_in(server.received))
    device.wait_for("not verified")


def test_an_unverified_connection_works(start_device, broker, opposite):
    setup = "client.register('a', value=1, on_write=print)"
    device = start_device(setup, broker, port=broker.tls_port, ssl_params={"verify_mode": 0})
    opposite.wait_value("a", 1)
    opposite.write(a=2)
    device.wait_until("client['a'] == 2")


def test_ciphers_can_be_chosen(start_device, serve, certificates):
    server = serve(TLSServer, certificates.server_cert, certificates.server_key, version=ssl.TLSVersion.TLSv1_2)
    name = "ECDHE-ECDSA-AES128-GCM-SHA256"
    if start_device.interpreter.name != "cpython":
        name = ["TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"]  # in the form that MicroPython's `set_ciphers` takes
    start_device(broker=server, ssl_params=verified(certificates, ciphers=name))
    server.wait(lambda: password_in(server.received))


def test_a_server_without_tls_is_reported(start_device, broker, certificates):
    device = start_device(broker=broker, ssl_params=verified(certificates))
    device.wait_for(r"^.*127.0.0.1:%d.*" % broker.port)
    assert SECRET not in broker.log
    device.stop()


def test_a_wrong_port_without_tls_gets_no_password(start_device, serve, certificates):
    class Plain(Server):
        data = b""

        def serve(self, connection):
            while True:
                more = connection.recv(1000)
                if not more:
                    return
                with self._news:
                    self.data += more
                    self._news.notify_all()
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = serve(Plain)
    device = start_device(broker=server, ssl_params=verified(certificates))
    device.wait_for(r"^.*127.0.0.1:%d.*(SSL|TLS)" % server.port)
    assert server.data[:2] == b"\x16\x03" and not password_in(server.data)


def test_no_log_line_shows_the_secret(start_device, serve, unfit, certificates):
    server = serve(TLSServer, *unfit["expired"])
    device = start_device(broker=server, ssl_params=verified(certificates))
    device.wait_for("expired")
    assert SECRET not in device.output

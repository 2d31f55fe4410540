"""Peers that connect and then say nothing, half of something, or one byte at a time: each port ends them in time."""

import contextlib
import ssl
import threading
import time

import pytest
from local_clouds import LocalCloud
from raw_peers import (
    PORTS,
    WITH_TLS,
    connect_packet,
    open_peer,
    open_socket,
    packet,
    read_head,
    read_to_the_end,
    request,
    upgrade,
)

PATIENCE = 0.7
HTTP, WEB_SOCKETS = ("http", "https"), ("ws", "wss")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A cloud that has little patience."""
    made = LocalCloud(tmp_path_factory.mktemp("cloud"), "--patience", str(PATIENCE))
    yield made
    made.stop()


@contextlib.contextmanager
def dripping(sock, byte=b"a"):
    """Send a byte again and again, as long as the connection lasts."""
    over = threading.Event()

    def drip():
        with contextlib.suppress(OSError):
            while not over.wait(PATIENCE / 7):
                sock.sendall(byte)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def first_half(about, port):
    """Return half of what opens a session on the port."""
    if port in HTTP:
        return b"GET /local/v1/status HTTP/1.1\r\nHo"
    return upgrade(about, port)[:60] if port in WEB_SOCKETS else packet(0x10, b"\0\4MQTT\4\2" + bytes(90))[:9]


@pytest.mark.parametrize("port", PORTS)
def test_a_connection_that_says_nothing_is_ended(cloud, port):
    with open_socket(cloud.about, port) as sock:
        assert read_to_the_end(sock) == b""


@pytest.mark.parametrize("port", WITH_TLS)
def test_half_a_tls_handshake_is_ended(cloud, port):
    with open_socket(cloud.about, port) as sock:
        sock.sendall(b"\x16\x03\x01")
        assert read_to_the_end(sock) == b""


@pytest.mark.parametrize("port", WITH_TLS)
def test_silence_after_the_tls_handshake_is_ended(cloud, port):
    with open_peer(cloud.about, port) as sock:
        assert read_to_the_end(sock) == b""


@pytest.mark.parametrize("port", PORTS)
def test_half_of_the_first_words_is_ended(cloud, port):
    with open_peer(cloud.about, port) as sock:
        sock.sendall(first_half(cloud.about, port))
        assert b"200 OK" not in read_to_the_end(sock)


@pytest.mark.parametrize("port", PORTS)
def test_first_words_that_come_byte_by_byte_are_ended(cloud, port):
    with open_peer(cloud.about, port) as sock:
        sock.sendall(first_half(cloud.about, port))
        with dripping(sock):
            assert b"200 OK" not in read_to_the_end(sock)


@pytest.mark.parametrize("port", WEB_SOCKETS)
def test_a_web_socket_without_a_connect_is_ended(cloud, port):
    with open_peer(cloud.about, port) as sock:
        sock.sendall(upgrade(cloud.about, port))
        assert read_head(sock).startswith("HTTP/1.1 101 ")
        read_to_the_end(sock)


BODIES = {
    "a value": ("PUT", "/local/v1/things/x/variables/y/value", 60000),
    "a token": ("POST", "/iot/v1/clients/token", 60000),
    "without a token": ("PUT", "/iot/v2/things", 60000),
}


@pytest.mark.parametrize("port", HTTP)
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_does_not_come_is_ended(cloud, port, name):
    method, path, size = BODIES[name]
    token = "Authorization: Bearer %s" % cloud.api_token
    headers = (token, "Content-Type: application/json", "Content-Length: %d" % size)
    with open_peer(cloud.about, port) as sock:
        sock.sendall(request(cloud.about, port, method, path, *headers, body=b"{"))
        with dripping(sock, b" "):
            assert b"200 OK" not in read_to_the_end(sock)


def test_a_body_that_keeps_the_least_rate_is_taken(cloud):
    # 14 KB at 8 KB a second may take longer than the patience.
    value = b'{"value": "%s"}' % (b"x" * 14000)
    token = "Authorization: Bearer %s" % cloud.api_token
    headers = (token, "Content-Type: application/json", "Content-Length: %d" % len(value))
    path = "/local/v1/things/%s/variables/%s/value" % (cloud.thing_id, "clk")
    with open_peer(cloud.about, "http") as sock:
        sock.sendall(request(cloud.about, "http", "PUT", path, *headers, body=value[:9000]))
        # 9000 bytes are worth 1.1 s more.
        time.sleep(PATIENCE + 0.5)
        sock.sendall(value[9000:])
        assert read_head(sock).split()[1] in ("200", "204", "400", "422")


@pytest.mark.parametrize("port", HTTP)
def test_an_idle_connection_is_ended_after_an_answer(cloud, port):
    with open_peer(cloud.about, port) as sock:
        sock.sendall(request(cloud.about, port, "GET", "/local/v1/status", "Authorization: Bearer %s" % cloud.api_token))
        assert read_head(sock).startswith("HTTP/1.1 200 ")
        read_to_the_end(sock)


@pytest.mark.parametrize("port", HTTP)
def test_who_does_not_read_the_answers_is_ended(cloud, port):
    script = request(cloud.about, port, "GET", "/page/js/main.js")
    with open_peer(cloud.about, port, receive_buffer=4096) as sock:
        with pytest.raises((ConnectionError, ssl.SSLError)):
            while True:
                # As nothing is read, the cloud soon takes no further requests. This waits until it ends the connection.
                sock.sendall(script * 500)


def test_a_refused_client_that_does_not_leave_is_ended(cloud):
    with open_peer(cloud.about, "mqtt") as sock:
        sock.sendall(connect_packet("x", "x", "wrong"))
        assert read_to_the_end(sock)[:3] == b"\x20\x02\x00"

"""Bytes that no honest peer sends: they cost their sender the connection, and the log one line."""

import re

import pytest
from local_clouds import LocalCloud
from raw_peers import (
    PORTS,
    connect_packet,
    field,
    open_peer,
    packet,
    read_head,
    read_to_the_end,
    request,
    upgrade,
)

SECOND = b"GET /docs HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def peer(local_cloud):
    """A device's plain connection after its log-in."""
    with open_peer(local_cloud.about, "mqtt") as sock:
        sock.sendall(connect_packet("bytes", local_cloud.device_id, local_cloud.secret))
        assert sock.recv(4) == b"\x20\x02\x00\x00"
        yield sock


@pytest.mark.parametrize("port", ["http", "https"])
@pytest.mark.parametrize("path", ["/iot/v1/clients/token", "/iot/v2/things", "/local/v1/things", "/"])
def test_after_a_body_of_two_lengths_nothing_more_is_read(local_cloud, port, path):
    lengths = ("Content-Length: 5", "Transfer-Encoding: chunked")
    with open_peer(local_cloud.about, port) as sock:
        sock.sendall(request(local_cloud.about, port, "POST", path, *lengths, body=b"0\r\n\r\n" + SECOND))
        answer = read_to_the_end(sock).decode()
    assert answer.startswith("HTTP/1.1 400 ")
    assert "not both" in answer
    assert answer.lower().count("http/1.1 ") == 1


def test_pipelined_requests_are_answered_in_order(local_cloud):
    with open_peer(local_cloud.about, "http") as sock:
        two = [request(local_cloud.about, "http", "GET", path) for path in ("/local/v1/status", "/")]
        last = request(local_cloud.about, "http", "GET", "/nowhere", "Connection: close")
        sock.sendall(b"".join(two) + last)
        answer = read_to_the_end(sock).decode()
    assert re.findall(r"HTTP/1\.1 (\d+) ", answer) == ["401", "200", "404"]


BAD = {"no UTF-8": b"/a/\xff\xfe", "half a character": b"/a/\xe2\x82", "surrogate": b"/a/\xed\xa0\x80", "NUL": b"/a/\0b"}


@pytest.mark.parametrize("topic", BAD.values(), ids=BAD)
def test_a_topic_of_bad_utf8_ends_the_connection(peer, topic):
    peer.sendall(packet(0x30, field(topic) + b"x"))
    assert read_to_the_end(peer) == b""


@pytest.mark.parametrize("topic", BAD.values(), ids=BAD)
def test_a_subscription_to_bad_utf8_ends_the_connection(peer, topic):
    peer.sendall(packet(0x82, b"\0\1" + field("/a/good") + b"\1" + field(topic) + b"\1"))
    assert read_to_the_end(peer) == b""


def test_an_unsubscription_from_bad_utf8_ends_the_connection(peer):
    peer.sendall(packet(0xA2, b"\0\1" + field("/a/good") + field(b"/a/\xff")))
    assert read_to_the_end(peer) == b""


@pytest.mark.parametrize("name", [b"\xff", b"a\0b"])
def test_a_connect_with_bad_utf8_is_not_answered(local_cloud, name):
    for client_id, username in ((name, local_cloud.device_id), ("bytes", name)):
        with open_peer(local_cloud.about, "mqtt") as sock:
            sock.sendall(connect_packet(client_id, username, local_cloud.secret))
            assert read_to_the_end(sock) == b""


def test_a_topic_with_letters_of_many_languages_is_no_reason_to_end(peer):
    peer.sendall(packet(0x82, b"\0\1" + field("/a/ünïcödé/温度") + b"\1"))
    assert peer.recv(5) == b"\x90\x03\x00\x01\x80"


def garbage(about, port):
    """Yield what has led to tracebacks, and its kin."""
    token = "Authorization: Bearer %s" % about["api_token"]
    yield bytes(40)
    yield b"\xff" * 3000
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)
    yield b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n"
    yield request(about, port, "GET", "/%00%ff", token)
    yield upgrade(about, port, "Sec-WebSocket-Protocol: \xff")
    yield upgrade(about, port, token, path="/local/v1/live") + b"\x81\x82\0\0\0\0\xff\xff"
    yield upgrade(about, port, token, path="/local/v1/live") + b"\x8f\x80\0\0\0\0"
    yield upgrade(about, port) + b"\x82\x82\0\0\0\0\x10\x7f"
    yield upgrade(about, port) + b"\x81\x85\0\0\0\0hello"
    yield upgrade(about, port, path="/iot/v2/things")
    yield upgrade(about, port, token, "Content-Length: 5", path="/iot/v2/things")
    for path in ("/iot/v1/clients/token", "/iot/v2/things", "/local/v1/things"):
        for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            headers = (token, "Content-Type: " + kind, "Content-Length: 40")
            yield request(about, port, "POST", path, *headers, body=b"--x\r\n{")
            yield request(about, port, "POST", path, *headers, body=b"\xff" * 40)


@pytest.mark.parametrize("port", PORTS)
def test_no_traceback_comes_from_what_peers_send(tmp_path, port):
    cloud = LocalCloud(tmp_path / "cloud")
    try:
        for each in garbage(cloud.about, port):
            with open_peer(cloud.about, port) as sock:
                sock.sendall(each)
                sock.settimeout(0.05)
                try:
                    sock.recv(1000)
                except OSError:
                    pass
        # An answer shows that what came before it has been taken.
        with open_peer(cloud.about, "http") as sock:
            sock.sendall(request(cloud.about, "http", "GET", "/", "Connection: close"))
            assert read_head(sock).startswith("HTTP/1.1 200 ")
    finally:
        cloud.stop()
    assert "Traceback" not in cloud.process.stderr
    assert len(cloud.process.stderr.splitlines()) < 40


def test_many_bad_first_packets_leave_a_few_lines_however_many_others_only_left(tmp_path):
    cloud = LocalCloud(tmp_path / "cloud")
    try:
        for words in (b"\x10", b"\xc0\x00"):
            for _ in range(40):
                with open_peer(cloud.about, "mqtt") as sock:
                    sock.sendall(words)
                    if words == b"\xc0\x00":
                        assert read_to_the_end(sock) == b""
        assert cloud.process.stderr.count("instead of type 1: connection closed") == 20
        assert cloud.process.stderr.count("connection lost") <= 20
    finally:
        cloud.stop()

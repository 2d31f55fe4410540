"""How a connection becomes a WebSocket: the handshake of RFC 6455, answers in other words, hostile servers."""

from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.websocket import WebSocketError
from arduino_iot_cloud.websocket.upgrade import Upgrade
from portable_assert import raises
from seeded import Seeded

RUNS = 300 if MICROPYTHON else 3000
KEY = b"the sample nonce"  # RFC 6455, section 1.3
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + ACCEPT + b"\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
)


def answered(data):
    """Give an Upgrade this answer; returns whether it was complete, and insists that no byte was left over."""
    handshake = Upgrade("server.example.com", "/mqtt", KEY)
    for i in range(len(data)):
        if handshake.take(data[i]):
            assert i == len(data) - 1
            return True
    return False


def test_the_handshake_of_the_rfc():
    request = Upgrade("server.example.com:8443", "/mqtt", KEY).request
    lines = request.split(b"\r\n")
    assert lines[0] == b"GET /mqtt HTTP/1.1" and lines[-2:] == [b"", b""]
    for line in (
        b"Host: server.example.com:8443",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Protocol: mqtt",
    ):
        assert line in lines, line
    assert answered(ANSWER)
    for end in range(len(ANSWER)):
        assert not answered(ANSWER[:end])


def test_each_handshake_has_a_key_of_its_own():
    assert len(set([Upgrade("h").request for _ in range(20)])) == 20


def test_an_answer_in_other_words():
    for old, new in (
        (b"Upgrade: websocket", b"uPGRADE:   WebSocket  "),
        (b"Connection: Upgrade", b"connection: keep-alive, UPGRADE"),
        (b"Switching Protocols", b""),
        (b" Switching Protocols", b""),
        (b"\r\n", b"\n"),
        (b"Upgrade: websocket", b"Upgrade: websocket\r\nServer: x" + b"y" * 1000),
        (b"Upgrade: websocket", b"Upgrade: websocket\r\nSet-Cookie:"),
    ):
        assert answered(ANSWER.replace(old, new)), (old, new)


def test_what_is_no_agreement_is_refused():
    for old, new in (
        (ACCEPT, ACCEPT.lower()),
        (ACCEPT, ACCEPT[:-1]),
        (ACCEPT, b""),
        (b"Sec-WebSocket-Accept", b"Sec-WebSocket-Acceptable"),
        (b"Protocol: mqtt", b"Protocol: mqttv3.1"),
        (b"Sec-WebSocket-Protocol: mqtt\r\n", b""),
        (b"Upgrade: websocket\r\n", b""),
        (b"Upgrade: websocket", b"Upgrade: h2c"),
        (b"Connection: Upgrade", b"Connection: close"),
        (b"Connection: Upgrade", b"Connection: Upgraded"),
        (b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        (b" 101 ", b" 200 "),
        (b" 101 ", b" 404 "),
        (b"HTTP/1.1", b"HTTP/2.0"),
        (b"HTTP/1.1", b"SSH-2.0-x"),
        (b"Upgrade: websocket", b"Upgrade websocket"),
        (b"Upgrade: websocket", b" Upgrade: websocket"),
        (b"Upgrade: websocket", b"Upgrade : websocket"),
        (b"Upgrade: websocket", b"Upgrade: websocket\r\nX: " + b"y" * 20000),
        (b"Upgrade: websocket", b"Upgrade: websocket\r\nX: y" * 2000),
    ):
        assert old in ANSWER
        raises(WebSocketError, answered, ANSWER.replace(old, new))
    assert raises(WebSocketError, answered, ANSWER.replace(b"101", b"403")).args[1] == 403


def test_random_answers_are_refused():
    random = Seeded(1)
    agreed = 0
    for _ in range(RUNS):
        data = random.mutated(ANSWER)
        try:
            agreed += answered(data[: data.find(b"\r\n\r\n") + 4])
        except WebSocketError:
            pass
    assert agreed < RUNS

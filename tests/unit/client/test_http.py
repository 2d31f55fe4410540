"""HTTP responses: every kind of body, every cut, hostile servers; requests over a stream that the test provides."""

import asyncio

from arduino_iot_cloud.http.client import HTTP
from arduino_iot_cloud.http.head import HTTPError
from arduino_iot_cloud.http.response import Response
from arduino_iot_cloud.port import MICROPYTHON
from http_rig import OK, Net, Wire
from portable_assert import raises, raises_async
from seeded import Seeded

RUNS = 300 if MICROPYTHON else 3000
# (method, bytes, body, whether the connection stays open)
ANSWERS = (
    ("GET", OK + b"Content-Length: 5\r\n\r\nhello", b"hello", True),
    ("GET", OK + b"content-length:5\r\nContent-Length:  5 \r\n\r\nhello", b"hello", True),
    ("GET", OK + b"Content-Length: 0\r\n\r\n", b"", True),
    ("HEAD", OK + b"Content-Length: 500\r\n\r\n", b"", True),
    ("GET", b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n", b"", True),
    ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b"", True),
    ("POST", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok", b"ok", True),
    ("GET", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok", b"ok", True),
    ("GET", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello", True),
    ("GET", OK + b"Transfer-Encoding: Chunked\r\n\r\n3;a=b\r\nhel\r\n002 \r\nlo\r\n0;x\r\nT: railer\r\n\r\n", b"hello", True),
    ("GET", OK + b"Transfer-Encoding: chunked\r\n\r\n1A\r\n" + b"z" * 26 + b"\r\n0\r\n\r\n", b"z" * 26, True),
    ("GET", OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
    ("GET", OK + b"Connection: x, Close\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
    ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
    ("GET", OK + b"Cookie: " + b"y" * 250 + b"\nContent-Length: 2\n\nok", b"ok", True),
    ("GET", b"HTTP/1.1 404\r\nContent-Length: 300\r\n\r\n" + b"x" * 300, b"x" * 300, True),
)
UNTIL_CLOSE = OK + b"Server: x\r\n\r\nall that comes"


def feed(response, data, at_most=1000000, room=100):
    """Have bytes arrive in pieces; returns (body, the bytes left over)."""
    body = b""
    pos = 0
    view = memoryview(bytearray(room))
    data = memoryview(data)
    while pos < len(data) and not response.done:
        target = response.room(view)
        n = min(len(target), len(data) - pos, at_most)
        target[:n] = data[pos : pos + n]
        pos += n
        taken = response.received(n)
        body += bytes(target[:taken])
    return body, bytes(data[pos:])


def test_every_answer_in_pieces_of_every_size():
    for method, data, body, stays in ANSWERS:
        for at_most in (1, 2, 3, 7, 1000):
            for room in (1, 5, 1000):
                response = Response(method)
                assert feed(response, data + b"next", at_most, room) == (body, b"next"), data
                assert response.done and response.stays == stays, data


def test_every_answer_cut_at_every_place():
    for method, data, body, _ in ANSWERS:
        for cut in range(len(data)):
            response = Response(method)
            first, rest = feed(response, data[:cut])
            assert not response.done and rest == b""
            second, rest = feed(response, data[cut:])
            assert response.done and first + second == body and rest == b""


def test_an_answer_that_ends_early_is_refused():
    for method, data, _, _ in ANSWERS:
        for cut in range(len(data)):
            response = Response(method)
            feed(response, data[:cut])
            raises(HTTPError, response.ended)


def test_a_body_without_length_ends_with_the_connection():
    for at_most in (1, 3, 1000):
        response = Response()
        body, rest = feed(response, UNTIL_CLOSE, at_most)
        assert body == b"all that comes" and not response.done
        response.ended()
        assert response.done and not response.stays


def test_status_and_wanted_headers():
    response = Response(keep=("content-type", "retry-after"))
    feed(response, b"HTTP/1.1 429 Too Many\r\nX: y\r\nRETRY-After: 7 \r\nContent-Type:a/b\r\nContent-Length: 0\r\n\r\n")
    assert response.status == 429
    assert response.headers == {"retry-after": b"7", "content-type": b"a/b"}


def test_what_no_server_may_send_is_refused():
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    for data in (
        b"SSH-2.0-OpenSSH\r\n",
        b"\r\n",
        b"HTTP/1.1\r\n",
        b"HTTP/1.1 20\r\n",
        b"HTTP/1.1 2OO OK\r\n",
        b"HTTP/2 200 OK\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        OK + b"no colon\r\n",
        OK + b" folded: x\r\n",
        OK + b"name : x\r\n",
        OK + b": x\r\n",
        OK + b"Content-Length: -1\r\n",
        OK + b"Content-Length: 1x\r\n",
        OK + b"Content-Length:\r\n",
        OK + b"Content-Length: 1, 1\r\n",
        OK + b"Content-Length: 99999999999999999999\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n",
        OK + b"Transfer-Encoding: gzip\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n",
        OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        OK + b"X: " + b"y" * 20000,
        OK + b"X: y\r\n" * 5000,
        chunked + b"\r\n",
        chunked + b"x\r\n",
        chunked + b"-1\r\n",
        chunked + b" 5\r\n",
        chunked + b"g\r\n",
        chunked + b"@\r\n",
        chunked + b"ffffffffffffffff\r\n",
        chunked + b"5\r\nhelloX",
        chunked + b"5;" + b"x" * 2000,
        chunked + b"0\r\n" + b"x" * 20000,
        chunked + b"0\r\n" + b"x: y\r\n" * 10000,
    ):
        for at_most in (1, 1000000):
            raises(HTTPError, feed, Response(), data, at_most)


def test_answers_with_mistakes_however_divided():
    random = Seeded(5)
    good = 0
    for _ in range(RUNS):
        method, data, _, _ = random.choice(ANSWERS)
        data = random.mutated(data)
        results = []
        for at_most in (1, 1 + random.below(30), 1000):
            response = Response(method)
            try:
                results.append((feed(response, data, at_most), response.done, response.status))
            except HTTPError:
                results.append(None)
        assert results[0] == results[1] == results[2], data
        good += results[0] is not None
    assert 0 < good < RUNS


def test_random_bytes_behind_a_good_start():
    random = Seeded(6)
    for _ in range(RUNS):
        start = random.choice((b"", b"HTTP/1.1 200 ", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n"))
        try:
            feed(Response(), start + random.bytes(random.below(60)))
        except HTTPError:
            pass


async def test_a_request_and_its_answer():
    for _, data, body, stays in ANSWERS[:3] + ANSWERS[8:]:
        for at_most in (1, 6, 1000):
            wire = Wire([data], at_most)
            with Net(wire) as net:
                server = HTTP("http://h:8080")
                headers = (("Accept", "a/b"), ("X", "y"))
                response = await server.request("GET", "/a?b", headers, keep=("content-length",))
                assert await response.read() == body
            assert net.opened == [("h", 8080, False)] and wire.closed is not stays
            assert wire.sent == (
                b"GET /a?b HTTP/1.1\r\nHost: h:8080\r\nAccept-Encoding: identity\r\nAccept: a/b\r\nX: y\r\n\r\n"
            )


async def test_a_body_that_is_sent():
    wire = Wire([ANSWERS[4][1]] * 3)
    with Net(wire):
        server = HTTP("http://h")
        for method, body, length in (("POST", b"abc", b"3"), ("PUT", None, b"0"), ("DELETE", None, None)):
            wire.sent = b""
            wire._answered = 0
            response = await server.request(method, "/", body=body)
            assert response.status == 204 and await response.read() == b""
            lines = wire.sent.split(b"\r\n")
            assert lines[0] == method.encode() + b" / HTTP/1.1" and lines[1] == b"Host: h"
            assert lines[3] == (b"Content-Length: " + length if length else b"")
            assert wire.sent.endswith(b"\r\n\r\n" + (body or b""))


async def test_a_connection_is_used_again():
    wire = Wire([ANSWERS[0][1], ANSWERS[8][1], ANSWERS[11][1]])
    other = Wire([ANSWERS[0][1]])
    with Net(wire, other) as net:
        server = HTTP("http://h")
        for _ in range(3):
            assert await (await server.request("GET", "/")).read() in (b"hello", b"ok")
        assert len(net.opened) == 1 and wire.closed
        assert await (await server.request("GET", "/")).read() == b"hello"
        assert len(net.opened) == 2
        server.close()
        assert other.closed


async def test_a_kept_connection_that_has_ended_is_replaced_but_nothing_is_done_twice():
    for method in ("GET", "PUT", "DELETE"):
        first = Wire([ANSWERS[0][1]], ended=True)
        with Net(first, Wire([ANSWERS[0][1]])) as net:
            server = HTTP("http://h")
            await (await server.request("GET", "/")).read()
            assert await (await server.request(method, "/")).read() == b"hello"
            assert len(net.opened) == 2 and first.closed
    for method in ("POST", "PATCH"):
        first = Wire([ANSWERS[0][1]], at_most=1)
        with Net(first) as net:
            server = HTTP("http://h")
            await (await server.request("GET", "/")).read()
            first.readinto = Ending(first)
            await raises_async(HTTPError, server.request(method, "/", body=b"x"))
            assert len(net.opened) == 1 and first.closed and server.sent


class Ending:
    """Stands for `readinto` of a stream that ends as soon as something more is sent."""

    def __init__(self, wire):
        self._wire = wire
        self._before = len(wire.sent)

    def __call__(self, view):
        return None if len(self._wire.sent) == self._before else 0


async def test_what_must_not_be_done_twice_takes_no_connection_that_may_have_ended():
    for ended, idle in ((True, False), (False, True)):
        for method, repeat in (("POST", None), ("PUT", False)):
            first = Wire([ANSWERS[0][1]], ended=ended)
            second = Wire([ANSWERS[0][1]])
            with Net(first, second) as net:
                server = HTTP("http://h")
                await (await server.request("GET", "/")).read()
                if idle:
                    server._used -= 4
                sent = len(first.sent)
                assert await (await server.request(method, "/", body=b"x", repeat=repeat)).read() == b"hello"
                assert len(net.opened) == 2 and first.closed and len(first.sent) == sent


async def test_what_may_be_done_twice_is_sent_again_by_any_method():
    first = Wire([ANSWERS[0][1]], ended=True)
    with Net(first, Wire([ANSWERS[0][1]])) as net:
        server = HTTP("http://h")
        await (await server.request("GET", "/")).read()
        assert await (await server.request("POST", "/", body=b"x", repeat=True)).read() == b"hello"
        assert len(net.opened) == 2


async def test_a_long_body_has_the_time_of_its_pieces():
    wire = Wire([OK + b"Content-Length: 5\r\n\r\nhel"])
    with Net(wire):
        server = HTTP("http://h", timeout=0.2)
        response = await server.request("GET", "/")
        piece = bytearray(3)
        assert await response.readinto(piece) == 3
        await asyncio.sleep(0.25)
        response.more_time()
        wire._coming = b"lo"
        assert await response.readinto(piece) == 2 and response.done


async def test_a_body_whose_connection_was_closed_here_is_not_waited_for():
    with Net(Wire([OK + b"Content-Length: 5\r\n\r\nhel"])):
        server = HTTP("http://h")
        response = await server.request("GET", "/")
        server.close()
        await raises_async(OSError, response.readinto(bytearray(9)))


async def test_a_body_that_is_not_read_does_not_come_with_the_next_answer():
    first = Wire([ANSWERS[0][1]], at_most=1)
    with Net(first, Wire([ANSWERS[11][1]])):
        server = HTTP("http://h")
        await server.request("GET", "/")
        assert await (await server.request("GET", "/")).read() == b"ok"
        assert first.closed


async def test_a_body_is_read_in_pieces_and_never_beyond_a_limit():
    data = OK + b"Content-Length: 300\r\n\r\n" + b"x" * 300
    with Net(Wire([data]), Wire([data]), Wire([UNTIL_CLOSE], ended=True)):
        server = HTTP("http://h")
        response = await server.request("GET", "/")
        piece = bytearray(7)
        total = 0
        while True:
            n = await response.readinto(piece)
            if not n:
                break
            total += n
            assert n <= 7
        assert total == 300
        server.close()
        response = await server.request("GET", "/")
        await raises_async(HTTPError, response.read(299))
        assert server.stream is None
        assert await (await server.request("GET", "/")).read() == b"all that comes"


async def test_a_silent_server_is_given_up():
    for answers in ([], [OK + b"Content-Length: 5\r\n\r\nhel"]):
        wire = Wire(answers)
        with Net(wire):
            server = HTTP("http://h", timeout=0.05)

            async def ask():
                return await (await server.request("GET", "/")).read()

            await raises_async(OSError, ask())
            assert wire.closed and server.stream is None


async def test_no_header_brings_another_one_along():
    server = HTTP("http://h")
    for arguments in (("GET", "/\r\nX: y"), ("GET", "/a b"), ("GET", "/", (("A", "b\nC: d"),)), ("GET\r\n", "/")):
        await raises_async(ValueError, server.request(*arguments))

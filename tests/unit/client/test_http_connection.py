"""A connection for HTTP: one request at a time, leftovers of the last one, answers without a body."""

import asyncio

from arduino_iot_cloud.http.client import HTTP
from arduino_iot_cloud.http.head import HTTPError
from arduino_iot_cloud.http.response import BodyError, Response
from http_rig import OK, Net, Wire
from portable_assert import raises, raises_async

HELLO = OK + b"Content-Length: 5\r\n\r\nhello"


def fed(data, keep=()):
    """A Response that has received these bytes of a head."""
    response = Response("GET", keep)
    view = memoryview(bytearray(1))
    for byte in data:
        response.room(view)[0] = byte
        response.received(1)
    return response


async def get(server, path="/"):
    return await (await server.request("GET", path)).read()


async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)


async def test_a_second_request_at_the_same_time_says_so_and_harms_no_one():
    wire = Wire([])
    with Net(wire):
        server = HTTP("http://h")
        first = asyncio.create_task(get(server))
        await until(lambda: wire.sent)
        assert "under way" in str(await raises_async(RuntimeError, get(server)))
        wire._coming = OK + b"Content-Length: 5\r\n\r\n"
        await until(lambda: not wire._coming)  # now the first request waits for the body
        assert "under way" in str(await raises_async(RuntimeError, get(server)))
        await raises_async(RuntimeError, server._last.readinto(bytearray(1)))
        wire._coming = b"hello"
        assert await first == b"hello" and not wire.closed
        wire._answered = len(wire.sent)
        wire.answers.append(HELLO)
        assert await get(server) == b"hello"


async def test_an_answer_that_another_request_has_overtaken_says_so():
    second = Wire([HELLO])
    with Net(Wire([HELLO], at_most=1), second):
        server = HTTP("http://h")
        response = await server.request("GET", "/")
        later = await server.request("GET", "/")
        assert "another request" in str(await raises_async(HTTPError, response.read()))
        assert response.status == 200 and not second.closed
        assert await later.read() == b"hello"


async def test_a_connection_that_is_closed_while_it_is_used_serves_the_next_request():
    for sent in (None, b"", OK, OK + b"Content-Length: 5\r\n\r\nhel"):
        first, second = Wire([]), Wire([HELLO])
        with Net(first, second) as net:
            server = HTTP("http://h")
            if sent is None:
                net.delay = asyncio.Event()  # while it connects
            task = asyncio.create_task(get(server))
            await until(lambda: net.opened and sent is None or first.sent)
            first._coming = sent or b""
            await until(lambda: not first._coming)
            server.close()
            if sent is None:
                other = asyncio.create_task(get(server))
                await asyncio.sleep(0)
                net.delay.set()
                assert await other == b"hello"
            else:
                assert await get(server) == b"hello"
            await raises_async((OSError, HTTPError), task)
            assert first.closed and not second.closed and server.stream is second


async def test_a_request_that_is_cancelled_leaves_the_connection_usable():
    for sent in (b"", OK, OK + b"Content-Length: 5\r\n\r\nhel"):
        first = Wire([])
        with Net(first, Wire([HELLO])):
            server = HTTP("http://h")
            task = asyncio.create_task(get(server))
            await until(lambda: first.sent)
            first._coming = sent
            await until(lambda: not first._coming)
            task.cancel()
            await raises_async(asyncio.CancelledError, task)
            assert first.closed and server.stream is None
            assert await get(server) == b"hello"


async def test_bytes_that_nobody_has_asked_for_are_no_answer():
    late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    for method in ("GET", "DELETE", "POST"):
        first = Wire([HELLO + late])
        with Net(first, Wire([HELLO])):
            server = HTTP("http://h")
            assert await get(server) == b"hello"
            response = await server.request(method, "/")
            assert response.status == 200 and await response.read() == b"hello" and first.closed


async def test_a_compressed_body_is_named_and_what_has_no_body_is_taken():
    for coding in (b"gzip", b"deflate", b"br", b"gzip, identity", b"\xff"):
        wire = Wire([OK + b"Content-Encoding: " + coding + b"\r\nContent-Length: 5\r\n\r\nhello"])
        with Net(wire, Wire([HELLO])):
            server = HTTP("http://h")
            response = await server.request("GET", "/")
            error = await raises_async(BodyError, response.read())
            assert "compressed" in error.args[0] and error.args[1] == 200 and wire.closed
            assert coding == b"\xff" or coding.decode() in error.args[0]
            assert await get(server) == b"hello"
    for head in (
        OK + b"Content-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
        OK + b"Content-Encoding:\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
    ):
        with Net(Wire([head])):
            assert await get(HTTP("http://h")) == (b"hello" if head.endswith(b"o") else b"")


async def test_a_body_that_is_too_long_is_told_as_that():
    wire = Wire([HELLO])
    with Net(wire):
        response = await HTTP("http://h").request("GET", "/")
        error = await raises_async(BodyError, response.read(4))
        assert error.args[0] == "the answer has more than 4 bytes" and wire.closed


async def test_a_body_without_an_end_has_one_in_time():
    wire = Wire([OK + b"\r\n"])
    with Net(wire, Wire([HELLO])):
        server = HTTP("http://h", timeout=0.2)
        response = await server.request("GET", "/")
        piece = bytearray(10)

        async def read():
            while True:
                wire._coming = b"more and more"
                await response.readinto(piece)

        assert (await raises_async(OSError, asyncio.wait_for(read(), 10))).args[0] == 110
        assert wire.closed and await get(server) == b"hello"


def test_a_long_location_is_whole_or_marked():
    for status, length, whole in ((302, 900, True), (302, 1100, False), (200, 150, True), (200, 300, False)):
        head = b"HTTP/1.1 %d X\r\nLocation: /%s\r\n\r\n" % (status, b"x" * length)
        value = fed(head, ("location",)).headers["location"]
        assert (value == b"/" + b"x" * length) is whole and value.endswith("\u2026".encode()) is not whole


def test_a_server_that_speaks_tls_is_told_from_others():
    error = raises(HTTPError, fed, b"\x16\x03\x01\x00\x02\x02\x46\n")
    assert "https" in error.args[0]
    response = fed(b"\x15\x03\x01\x00\x02\x02\x46")
    assert "https" in raises(HTTPError, response.ended).args[0]
    assert "https" not in raises(HTTPError, fed, b"SSH-2.0\r\n").args[0]
    assert "ended" in raises(HTTPError, fed(b"HTT").ended).args[0]


async def test_a_long_body_is_sent_in_its_own_memory():
    sent = []
    wire = Wire([HELLO])
    with Net(wire) as net:

        async def send(stream, data):
            sent.append(data)
            stream.write(data)

        net.replace(send)
        body = bytes(3000)
        response = await HTTP("http://h").request("PUT", "/", body=body)
        assert await response.read() == b"hello"
    assert isinstance(sent[1], memoryview) and len(sent[1]) == 3000

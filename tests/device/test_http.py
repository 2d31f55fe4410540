"""HTTP on each interpreter: bodies of every kind from Python's own server, plain and over verified TLS."""

import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PROGRAM = """
import asyncio, json, sys
from arduino_iot_cloud.http.client import HTTP
from arduino_iot_cloud.http.head import HTTPError
url, params, more = %r
async def main():
    server = HTTP(url, params, timeout=3)
    for method, path, body in more:
        try:
            answer = await server.request(method, path, (("X-Test", "yes"),), body, keep=("content-type",))
            print(method, path, answer.status, answer.headers, end=" ")
            piece = bytearray(100)
            total = 0
            while True:
                n = await answer.readinto(piece)
                if not n:
                    break
                total += sum(piece[:n])
            print("sum", total)
        except (OSError, ValueError, HTTPError) as error:
            print(type(error).__name__, error.args)
    server.close()
asyncio.run(main())
"""
BODY = bytes(range(256)) * 20


class Handler(BaseHTTPRequestHandler):
    """Answers according to the path."""

    protocol_version = "HTTP/1.1"

    def _answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.client_address[1], self.command, self.path, self.headers["X-Test"], body))
        if self.path == "/silent":
            return self.server.silence.wait(10)
        if self.path == "/drip":  # the head, byte by byte
            for byte in b"HTTP/1.1 200 OK\r\n" * 100:
                self.wfile.write(bytes((byte,)))
                if self.server.silence.wait(0.05):
                    return None
        self.send_response(204 if self.path == "/nothing" else 200)
        self.send_header("Content-Type", "a/b")
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for i in range(0, len(BODY), 999):
                piece = BODY[i : i + 999]
                self.wfile.write(b"%x;x=y\r\n%s\r\n" % (len(piece), piece))
            return self.wfile.write(b"0\r\nTrailer: x\r\n\r\n")
        if self.path == "/until-the-end":
            self.send_header("Connection", "close")
            self.end_headers()
            return self.wfile.write(BODY)
        if self.path == "/nothing":
            return self.end_headers()
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY if self.path != "/cut" else BODY[:77])
        if self.path == "/cut":
            self.close_connection = True

    def parse_request(self):
        """Hold requests for /deaf without reading their body."""
        done = super().parse_request()
        if done and self.path == "/deaf":
            self.server.silence.wait(20)
            self.close_connection = True
            return False
        return done

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, *_):
        pass


@pytest.fixture(params=["http", "https"])
def server(request, certificates):
    """The server. `url` and `params` are what an HTTP request to it needs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # clients that have left
    server.seen, server.silence = [], threading.Event()
    server.url, server.params = "http://127.0.0.1:%d/" % server.server_port, {}
    if request.param == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.server_cert, certificates.server_key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.url = "https://localhost:%d/" % server.server_port
        server.params = {"cafile": str(certificates.ca_file_der)}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.silence.set()
    server.shutdown()
    server.server_close()


def run(interpreter, tmp_path, server, requests, params=None):
    path = tmp_path / "client.py"
    path.write_text(PROGRAM % ((server.url, server.params if params is None else params, requests),))
    done = interpreter.run(path, check=True)
    return [line for line in done.stdout.splitlines() if "encrypted" not in line]


def test_every_kind_of_body_over_one_connection(interpreter, tmp_path, server):
    requests = [
        ("GET", "/sized", None),
        ("GET", "/chunked", None),
        ("POST", "/sized", b"x" * 3000),
        ("PUT", "/chunked", json.dumps({"a": 1}).encode()),
        ("DELETE", "/nothing", None),
        ("PATCH", "/sized", b""),
        ("GET", "/until-the-end", None),
        ("GET", "/sized", None),
    ]
    lines = run(interpreter, tmp_path, server, requests)
    for line, (method, path, _) in zip(lines, requests):
        status, total = (204, 0) if path == "/nothing" else (200, sum(BODY))
        headers = "{}" if path == "/nothing" and "{}" in line else "{'content-type': b'a/b'}"
        assert line == "%s %s %d %s sum %d" % (method, path, status, headers, total)
    assert len(lines) == len(requests)
    assert [seen[1:3] + seen[4:] for seen in server.seen] == [(m, p, b or b"") for m, p, b in requests]
    assert all(seen[3] == "yes" for seen in server.seen)
    ports = [seen[0] for seen in server.seen]
    assert len(set(ports[:7])) == 1 and ports[7] != ports[0]


def test_what_goes_wrong_is_an_error_and_in_time(interpreter, tmp_path, server):
    lines = run(interpreter, tmp_path, server, [("GET", "/cut", None), ("GET", "/silent", None), ("GET", "/sized", None)])
    assert "HTTPError" in lines[0] and "ended inside" in lines[0]
    assert lines[1].startswith(("OSError", "TimeoutError")) and "110" in lines[1]
    assert lines[2].endswith("sum %d" % sum(BODY))


def test_an_unverified_server_is_refused(interpreter, tmp_path, server):
    if server.url.startswith("https"):
        lines = run(interpreter, tmp_path, server, [("GET", "/sized", None)], params={"verify_mode": 2})
        assert "Error" in lines[0] and server.seen == []


WAITING = """
import asyncio, sys, time
from arduino_iot_cloud.http.client import HTTP
url, params, requests, timeout = %r
clock = getattr(time, "ticks_ms", None) or (lambda: int(time.monotonic() * 1000))
async def main():
    server = HTTP(url, params, timeout=timeout)
    ticks = 0
    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.02)
            ticks += 1
    ticker = asyncio.create_task(tick())
    for method, path, size in requests:
        begin = clock()
        before = ticks
        try:
            answer = await server.request(method, path, (), bytes(size) if size else None)
            print("got", len(await answer.read(10000)))
        except OSError as error:
            took = clock() - begin
            print(error.args[0], timeout * 900 < took < timeout * 1000 + 6000, ticks - before > 5, server.stream)
        if sys.implementation.name != "micropython":
            await asyncio.sleep(0.05)  # no transport of a connection that was given up is left in the loop
            print(len(asyncio.get_running_loop()._selector.get_map()))
asyncio.run(main())
"""


def waited(interpreter, tmp_path, url, params, requests, timeout=0.7):
    path = tmp_path / "waiting.py"
    path.write_text(WAITING % ((url, params, requests, timeout),))
    heap = None if interpreter.name == "cpython" else "32m"
    done = interpreter.run(path, heap=heap, check=True)
    lines = [line for line in done.stdout.splitlines() if "encrypted" not in line]
    if interpreter.name == "cpython":
        assert {line for line in lines[1::2]} <= {"1", "2"}, lines  # the loop's own file, and a kept connection
        lines = lines[::2]
    return lines


def test_every_wait_has_an_end(interpreter, tmp_path, server):
    # The body does not fit into the buffers between the two.
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    requests = [
        ("PUT", "/deaf", 12000000), ("GET", "/silent", 0), ("GET", "/drip", 0), ("POST", "/sized", 3000),
        ("POST", "/deaf", 12000000), ("GET", "/sized", 0),
    ]  # fmt: skip
    lines = waited(interpreter, tmp_path, server.url, server.params, requests)
    late = "110 True True None"
    assert lines == [late, late, late, "got 5120", late, "got 5120"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_connection_that_does_not_come_about_has_an_end(scheme, interpreter, tmp_path):
    with socket.socket() as full, socket.socket() as silent:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        silent.bind(("127.0.0.1", 0))
        silent.listen(5)
        waiting = []
        for _ in range(4):  # more than the listener queues
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        for listener in (full, silent):
            url = "%s://127.0.0.1:%d" % (scheme, listener.getsockname()[1])
            lines = waited(interpreter, tmp_path, url, {"verify_mode": 2} if scheme == "https" else {}, [("GET", "/", 0)])
            assert lines == ["110 True True None"]
        for each in waiting:
            each.close()

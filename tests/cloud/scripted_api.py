"""A server of the Application API that answers as scripted, however wrong."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

THING = {"id": "a", "name": "b"}


class Scripted(BaseHTTPRequestHandler):
    """Gives the answers of `server.script`, then THING. Each is a status with headers, a whole answer as bytes, or the
    name of a method below."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        length = int(self.headers.get("content-length", 0))
        self.server.headers = self.headers
        self.server.asked.append((self.command, self.path, self.rfile.read(length), time.monotonic()))
        step = self.server.script.pop(0) if self.server.script else 200
        if isinstance(step, str):
            return getattr(self, step)()
        if isinstance(step, bytes):  # the whole answer
            self.close_connection = True
            return self.wfile.write(step)
        status, headers, body = step if isinstance(step, tuple) else (step, {}, None)
        if body is None:
            body = json.dumps(THING if status == 200 else {"code": "c%d" % status, "detail": "d", "id": "i"}).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Transfer-Encoding" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hangup(self):
        """Close the connection without an answer."""
        self.close_connection = True

    def half(self):
        """Close it in the middle of an answer."""
        self.close_connection = True
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"id":"a"},{"i')

    def half_list(self):
        """Send one element of a list, then nothing until the client has gone."""
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"id":"a"},')
        self.silence()

    def half_error(self):
        """Send the beginning of an error's text, then nothing until the client has gone."""
        self.wfile.write(b'HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n{"co')
        self.silence()

    def silence(self):
        """Send nothing until the client has gone."""
        self.close_connection = True
        self.rfile.read(1)

    def drip(self):
        """Send a byte now and then, until the test is over."""
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n[")
        while not self.server.over.wait(0.1):
            self.wfile.write(b" ")

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = answer


class Server(ThreadingHTTPServer):
    """Serves many connections at once.

    `script`: the answers to come; `asked`: (method, path, body, when); `headers`: those of the last request.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Scripted)
        self.script, self.asked = [], []
        self.over = Event()  # the test is over
        self.url = "http://127.0.0.1:%d" % self.server_port
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        """Stop the server."""
        self.over.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that has gone is no error."""

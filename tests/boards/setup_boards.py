"""A board that serves the set-up page on 127.0.0.1, and what phones send to it."""

import http.client
import json
import re
import socket
import urllib.parse
from pathlib import Path

PROGRAM = Path(__file__).parent / "setup_program.py"


def free_port(kind=socket.SOCK_STREAM):
    """Return a port that nothing uses."""
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Board:
    """`setup_program.py`, running on an interpreter."""

    def __init__(self, interpreter, *more):
        self.port = free_port(socket.SOCK_STREAM)
        self.dns_port = free_port(socket.SOCK_DGRAM)
        self.host = "127.0.0.1:%d" % self.port
        self.process = self.start(interpreter, *more)
        self.process.wait_for("^ready|join the Wi-Fi", 20)

    def start(self, interpreter, *more):
        """Start the program."""
        return interpreter.start(PROGRAM, self.port, self.dns_port, *more)

    def connect(self):
        """Return a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def post(self, fields):
        """Send the form, and do not wait for an answer."""
        body = urllib.parse.urlencode(dict(fields, token=self.token())).encode()
        head = b"POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n" % (self.host.encode(), len(body))
        with self.connect() as s:
            s.sendall(head + body)

    def request(self, method, path="/", fields=None, **headers):
        """Make a request, and return (status, headers, text)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        body = urllib.parse.urlencode(fields) if fields is not None else None
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def token(self):
        """Return the form's token."""
        return re.search(r'name="token" value="(\w{32})"', self.request("GET")[2])[1]

    def send(self, data, timeout=5):
        """Send bytes, and return the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: s.recv(4096), b""))
            except OSError:  # refused before all of it was read
                return b""

    def ask(self, query, timeout=5.0):
        """Return the answer to a DNS query."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(timeout)
            s.sendto(query, ("127.0.0.1", self.dns_port))
            return s.recv(600)

    def end(self, fields):
        """Send the form, and return what the program printed about it."""
        status, _, text = self.request("POST", fields=dict(fields, token=self.token()))
        assert status == 200 and "Saved" in text, text
        done = self.process.wait(10)
        assert done.returncode == 0, done
        told = dict(re.findall(r"^(\w+) (.*)$", done.stdout, re.M))
        assert json.loads(told["saved"]) == json.loads(told["returned"])
        # Making a page takes an interpreter some time. Nothing else may block the loop.
        assert int(told["longest"]) < 500, told
        return json.loads(told["saved"]), done

"""The network of HTTP tests: streams that give answers, and a stand-in that opens them."""

import asyncio

import arduino_iot_cloud.http.client as http
import arduino_iot_cloud.transport as transport

OK = b"HTTP/1.1 200 OK\r\n"


class Wire:
    """Stands for an open stream: each of `answers` arrives in pieces after a whole request."""

    def __init__(self, answers, at_most=1000, ended=False):
        self.answers = list(answers)
        self.at_most = at_most
        self.sent = b""
        self.closed = False
        self._coming = b""
        self._answered = 0  # bytes of `sent` that have been answered
        self._ended = ended
        self.writer = self

    async def drain(self):
        pass

    def __iter__(self):
        return iter(asyncio.sleep_ms(0))

    def __await__(self):
        return asyncio.sleep(0).__await__()

    def readinto(self, view):
        if not self._coming and self.answers and b"\r\n\r\n" in self.sent[self._answered :]:
            self._coming = self.answers.pop(0)
            self._answered = len(self.sent)
        n = min(len(view), len(self._coming), self.at_most)
        view[:n] = self._coming[:n]
        self._coming = self._coming[n:]
        return n or (0 if self._ended else None)

    def opened(self):
        pass

    def write(self, data):
        assert not self.closed
        self.sent += bytes(data)
        return len(data)

    def close(self):
        self.closed = True


class Net:
    """`with Net(wire, ...) as net:` connections are these wires; `net.opened` says where they lead."""

    def __init__(self, *wires):
        self.wires = list(wires)
        self.delay = None  # an Event for which connections wait
        self.opened = []

    async def open_stream(self, host, port, context, params):
        self.opened.append((host, port, context is not None))
        wire = self.wires[len(self.opened) - 1]
        if self.delay:
            await self.delay.wait()
        return wire

    async def send(self, stream, data):
        stream.write(data)

    def replace(self, send):
        """Have this coroutine function send the bytes."""
        http.send = send

    def __enter__(self):
        self._before = transport.open_stream, http.send
        transport.open_stream, http.send = self.open_stream, self.send
        return self

    def __exit__(self, *_):
        transport.open_stream, http.send = self._before

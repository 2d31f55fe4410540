"""The set-up page on the loopback, with a clock that can be put forward, and phones in the same event loop."""

import asyncio
import socket

from arduino_cloud_board import setup_page
from arduino_cloud_board.setup_page import saving
from arduino_iot_cloud.port import ticks_add, ticks_ms


def free_port():
    """A port of the loopback that nothing uses."""
    # MicroPython's sockets cannot report the port that they got.
    for number in range(20000 + id(object()) % 20000, 60000):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            s.bind(socket.getaddrinfo("127.0.0.1", number)[0][-1])
            return number
        except OSError:
            pass
        finally:
            s.close()


class Phones:
    """`with Phones(save) as phones:` serves the page to them."""

    def __init__(self, save, timeout=None):
        self.port = free_port()
        self.page = setup_page.SetupPage(save)
        self.ahead = 0  # ms by which the page's clock is ahead
        self._timeout = timeout

    def __enter__(self):
        setup_page.ticks_ms = saving.ticks_ms = self._now
        serving = self.page.serve("127.0.0.1", self.port, None, self._timeout)
        self.serving = asyncio.create_task(serving)
        return self

    def __exit__(self, *error):
        setup_page.ticks_ms = saving.ticks_ms = ticks_ms
        self.serving.cancel()

    def _now(self):
        return ticks_add(ticks_ms(), self.ahead)

    async def _said(self, data):
        for _ in range(100):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(data)
                await writer.drain()
                return reader, writer
            except OSError:  # on MicroPython a refused connection shows only at the write
                await asyncio.sleep(0.01)

    async def post(self, **fields):
        """Send the form; returns the page's answer without its head."""
        fields["token"] = self.page._token
        body = "&".join(["%s=%s" % pair for pair in fields.items()]).encode()
        head = "POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %d\r\n\r\n"
        reader, writer = await self._said((head % (self.port, len(body))).encode() + body)
        text = b""
        while True:
            data = await reader.read(4096)
            if not data:
                break
            text += data
        writer.close()
        return text.decode().partition("</style>")[2]

    async def later(self):
        """Let a few of the page's turns pass."""
        for _ in range(5):
            await asyncio.sleep(0.02)

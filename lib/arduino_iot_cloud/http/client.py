"""A streaming HTTP/1.1 client over a connection that is kept: `HTTP`. What it gets are `http_response.Response`s."""

import asyncio
from time import time

from ..port import const, forget, inside, log, ticks_diff, ticks_ms
from ..sending import send
from .head import HTTPError
from .response import Response

inside("http.head", 1)  # which WebSocket unloads, and this stands on
_IDLE_S = const(3)  # servers end idle connections after 5 s, or later


class HTTP:
    """A connection to the server of a URL, opened when needed and kept as long as it lasts.

    ssl_params: as for ArduinoCloudClient; with "https" the server is verified.
    timeout: float, in seconds, up to a day: for one request, from its beginning to the last byte of the answer.
    like: an HTTP of which this is another one, with the same TLS context; the other arguments are not looked at.
    `path`: str, that of the URL.

    It makes one request after the other; for requests side by side there is to be an HTTP each.
    """

    password = ""  # a server takes whom it wants by what is in the request
    ROOTS = None  # for `trust`: the bundled ones
    driver = None  # for `diagnosis`, as in a client
    _last: "Response | None"
    sent = False  # something of the last request may have reached the server

    def __init__(self, url: "str | None", ssl_params={}, timeout: float = 15, like=None):
        self.stream = self._last = None
        self._busy = None  # the response that a task waits for
        self._used = 0  # when, in seconds of this port's clock
        if like:
            self.server, self.port, self.path = like.server, like.port, like.path
            self.ssl_params, self.timeout, self._tls = like.ssl_params, like.timeout, like._tls
            return
        scheme = self._take(url, timeout)
        self.ssl_params = None if scheme == "http" else {} if ssl_params is None else ssl_params
        self._tls = self._context() if scheme == "https" else None
        if not self._tls:
            log(30, "%s: the connection is neither encrypted nor verified" % url)

    def _take(self, url, timeout):
        from ..arguments import number
        from .arguments import split

        number("timeout", timeout, 0.001, 86400)
        self.timeout = timeout
        scheme, self.server, self.port, self.path = split(url)
        del number, split
        forget("http.arguments", "arguments")
        return scheme

    def _context(self):
        from ..trust import context

        made = context(self)
        del context
        forget("trust")
        return made

    async def request(self, method: str, path: str, headers=(), body: "bytes | None" = None, keep=(), repeat=None):
        """Send a request. Returns the Response once its head is there; its body must be read, or the connection closed.

        headers: (name, value) pairs of str. keep: names, in lower case, of the header fields that are wanted.
        repeat: bool: it may be done twice, so it is sent again where a kept connection turns out to have ended; None
        for the methods of which HTTP says so.
        Raises OSError, ValueError (TLS) or HTTPError; RuntimeError while another task's request is under way. The body
        of an earlier answer can be read no more.
        """
        self._free()
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + self._host(), "Accept-Encoding: identity"]
        lines.extend(["%s: %s" % header for header in headers])
        if body is not None or method in ("POST", "PUT", "PATCH"):
            lines.append("Content-Length: %d" % len(body or b""))
        for line in lines:
            if "\r" in line or "\n" in line or " " in path:
                raise ValueError("a line end in a header field, or a space in a path")
        if self._last and not self._last.done:
            self._drop(self._last)
        self._last = response = Response(method, keep)
        response.connection = self
        response.more_time()
        head = "\r\n".join(lines) + "\r\n\r\n"
        if repeat is None:
            repeat = method not in ("POST", "PATCH")
        self.sent = False
        await self._in_time(self._exchange(response, head.encode(), body, repeat), response)
        return response

    def _host(self):
        host = "[%s]" % self.server if ":" in self.server else self.server
        return host if self.port == (443 if self._tls else 80) else "%s:%d" % (host, self.port)

    def _free(self):
        if self._busy:
            text = "a request to %s is under way: wait for it, close it, or make another HTTP"
            raise RuntimeError(text % self.server)

    async def _exchange(self, response, head, body, repeat):
        if self.stream:
            await self._doubt(repeat)
        fresh = not self.stream
        if fresh:
            await self._open(response)
        try:
            await self._send(response, head, body)
        except (OSError, HTTPError):
            # A server may end a connection that is kept, at any time: nothing has been answered, then. What must not
            # be done twice is not sent again.
            if fresh or response._total or not repeat or self._last is not response:
                raise
            self._drop(response)
            await self._open(response)
            await self._send(response, head, body)

    async def _open(self, response):
        inside("transport", 1)
        try:
            stream = await self._connect()
        finally:
            inside("transport", -1)
        if self._last is not response:
            stream.close()
            raise OSError(103)  # ECONNABORTED: it was closed here meanwhile
        self.stream = stream

    def _connect(self):
        from ..transport import open_stream  # in a function that ends at once: the module comes and goes

        return open_stream(self.server, self.port, self._tls, self.ssl_params)

    async def _doubt(self, repeat):
        # Has a kept connection ended? What cannot be sent again does not even risk that it is about to. Bytes that
        # nobody has asked for belong to no answer of the next request.
        if repeat or 0 <= int(time()) - self._used < _IDLE_S:
            for _ in range(2):  # on CPython, the event loop has to see the end first
                await asyncio.sleep(0)
            try:
                stale = getattr(self.stream, "stale", False)
                if not stale and self.stream.readinto(memoryview(bytearray(1))) is None:
                    return
            except OSError:
                pass
        self._drop(self._last)

    async def _send(self, response, head, body):
        self.sent = True
        stream = self.stream
        await send(stream, head)
        stream.opened()
        if body:
            await send(stream, memoryview(body))
        await response._read(memoryview(b""))

    async def _in_time(self, coroutine, response):
        left = ticks_diff(response._end, ticks_ms())
        self._busy = response
        try:
            return await asyncio.wait_for(coroutine, max(left, 1) / 1000)
        except asyncio.TimeoutError:
            self._drop(response)
            raise OSError(110)  # ETIMEDOUT
        except BaseException:
            self._drop(response)
            raise
        finally:
            if self._busy is response:
                self._busy = None

    def _finished(self, response):
        self._used = int(time())
        if not response.stays:
            self._drop(response)

    def _drop(self, response):
        # End the connection of `response`, unless it is another's by now.
        stream = self.stream
        if not stream or response is not self._last:
            return
        self.stream = None
        # In the middle of an answer nobody waits until the server has taken what is still to be sent (on CPython).
        (stream.close if not response or response.done else getattr(stream, "drop", stream.close))()

    def close(self):
        """End the connection, also one that is in use; a later request opens another."""
        self._drop(self._last)
        self._last = self._busy = None

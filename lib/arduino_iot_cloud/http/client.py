"""A streaming HTTP/1.1 client that keeps its connection: `HTTP`. Its answers are `response.Response`s."""

import asyncio
from time import time

from ..port import const, forget, inside, log, ticks_diff, ticks_ms
from ..sending import send
from .head import HTTPError
from .response import Response

inside("http.head", 1)  # used here for good, so that WebSocket does not unload it
_IDLE_S = const(3)  # servers end idle connections after 5 s or later


class HTTP:
    """A connection to the server of a URL, opened when it is needed and kept open as long as possible.

    ssl_params: as for ArduinoCloudClient; with "https" the server is verified.
    timeout: float, in seconds (0.001 to 86400): for one request, until the last byte of the answer.
    like: an HTTP whose server and TLS context this one takes over; the other arguments are then ignored.
    `path`: str, the path of the URL.

    It makes one request at a time: use one HTTP for each of several concurrent requests.
    """

    password = ""  # for `trust`: TLS needs no certificate, since the request itself identifies the client
    ROOTS = None  # for `trust`: the bundled ones
    driver = None  # for `diagnosis`, as in a client
    _last: "Response | None"
    sent = False  # something of the last request may have reached the server

    def __init__(self, url: "str | None", ssl_params={}, timeout: float = 15, like=None):
        self.stream = self._last = None
        self._busy = None  # the response that a task waits for
        self._used = 0  # when it was last used, in seconds of this port's clock
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
        """Send a request. Returns the Response once its head has arrived. Then read its body, or close the connection.

        headers: (name, value) pairs of str. keep: names, in lower case, of the header fields to keep.
        repeat: bool: the request may be sent again if a kept connection turns out to have ended. By default it may
        for the idempotent methods of HTTP.
        Raises OSError, ValueError (TLS) or HTTPError; RuntimeError while another task's request is under way. The body
        of an earlier answer can no longer be read afterwards.
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
            # A server may end a kept connection at any time. If nothing was answered, a request that may be repeated
            # is sent again.
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
            raise OSError(103)  # ECONNABORTED: `close` was called meanwhile
        self.stream = stream

    def _connect(self):
        from ..transport import open_stream  # in a short function, since the module is unloaded later

        return open_stream(self.server, self.port, self._tls, self.ssl_params)

    async def _doubt(self, repeat):
        # Drop a kept connection that has ended. For a request that must not be repeated, also drop one that has been
        # idle for long and is about to end. Unread bytes do not answer the next request: they, too, end it.
        if repeat or 0 <= int(time()) - self._used < _IDLE_S:
            for _ in range(2):  # so that CPython's event loop notices the end
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
        # End the connection of `response`, unless another response uses it by now.
        stream = self.stream
        if not stream or response is not self._last:
            return
        self.stream = None
        # On CPython `close` first sends the rest of the request; in the middle of an answer that makes no sense.
        (stream.close if not response or response.done else getattr(stream, "drop", stream.close))()

    def close(self):
        """Close the connection, even while it is used. A later request opens another one."""
        self._drop(self._last)
        self._last = self._busy = None

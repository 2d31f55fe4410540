"""One call of the API: what is awaited or iterated over, with its repetitions."""

import asyncio
import json
from random import random

from arduino_iot_cloud.http_head import HTTPError
from arduino_iot_cloud.port import MICROPYTHON, const

from .errors import APIError
from .json_reader import DONE, MORE, VALUE, JSONError, Reader

_PIECE = const(512)  # of an answer that is read as a stream
_WHOLE = const(4194304)  # of one that is not
_ELEMENT = const(262144)
_PATIENCE_S = const(60)  # a server that wants a longer pause gets none
_KEEP = ("content-type", "date", "retry-after")


class Call:
    """What an operation returns. Nothing is sent before it is awaited or iterated over, once.

    `await call`: the answer, None for an empty one; `await call.all()`: the same.
    `async for item in call`: the elements of an answer that is a list, one by one as they arrive; of historical data
    the values, as (response, time in ms since 1970, value).
    `members`: dict, the rest of an answer whose list is one of several members. `responses`: of historical data, for
    each query what the answer says beside times and values.
    """

    def __init__(self, api, name, method, path, body=None, kind=None, repeat=True, opened=None, login=False):
        self._api = api
        self._name = name
        self._request = method, path
        self._secret = body.get("password") if isinstance(body, dict) else None
        self._body = json.dumps(body).encode() if kind == "application/json" else body
        self._kind = kind
        self._repeat = repeat
        self._opened = opened
        self._login = login
        self._attempt = 0
        self._renewed = False  # a token has been refused
        self._response = self._server = self._reader = self._points = None
        self.members = {}
        self.responses = []

    if MICROPYTHON:

        def __iter__(self):
            return self.all()

    else:

        def __await__(self):
            return self.all().__await__()

    async def all(self):
        """The whole answer: dict, list, or None for an empty one. Raises APIError."""
        if self._opened == "":
            found = []
            async for item in self:
                found.append(item)
            return found
        while True:
            await self._open()
            try:
                body = await self._response.read(_WHOLE)
            except (OSError, EOFError, HTTPError) as error:
                await self._lost(error)
                continue
            self._done()
            if not body:
                return None
            try:
                return json.loads(body)
            except ValueError:
                raise self._unexpected("it is not JSON")

    def close(self):
        """End the call early: for a loop that is left before the last element."""
        if self._server:
            if not self._response or not self._response.done:
                self._server.close()
            self._done()

    # Asking, until there is an answer

    async def _open(self):
        api = self._api
        while True:
            self._attempt += 1
            try:
                headers = await self._headers()
                self._server = api._connection(self._login)
                method, path = self._request
                self._response = response = await self._server.request(
                    method, path, headers, self._body, _KEEP, self._repeat
                )
            except (OSError, EOFError, HTTPError, ValueError) as error:
                await self._lost(error)
                continue
            if 200 <= response.status < 300:
                return
            await self._refused(response)

    async def _headers(self):
        headers = [("Accept", "application/json")]
        if self._kind:
            headers.append(("Content-Type", self._kind))
        if self._api.organization:
            headers.append(("X-Organization", self._api.organization))
        if not self._login:
            self._token = await self._api._bearer()
            headers.append(("Authorization", "Bearer " + self._token))
        return headers

    async def _lost(self, error):
        # There is no answer, or not all of it.
        server = self._server
        self._server = None
        again = self._repeat or not server.sent
        server.close()
        self._api._release(server)
        if isinstance(error, ValueError) or not again or not await self._pause(None):
            raise self._no_answer(server, error)

    def _no_answer(self, server, error):
        if isinstance(error, HTTPError):
            text = "%s:%d broke the protocol: %s" % (server.server, server.port, error.args[0])
        else:
            from arduino_iot_cloud.diagnosis import diagnose

            text = diagnose(server, error)[0]
        return APIError(self._name, 0, "connection", text)

    async def _refused(self, response):
        # The answer is an error: wait for the next attempt, or raise it.
        from .refusal import describe, pause_of

        status = response.status
        try:
            body = await response.read(4096)
        except (OSError, EOFError, HTTPError):
            body = b""
        self._done()
        if status == 401 and not self._login and not self._renewed and self._api._renew(self._token):
            self._renewed = True
            self._attempt -= 1
            return
        wanted = pause_of(response.headers)
        again = status == 429 or status == 503 and wanted is not None
        again = again or self._repeat and status in (500, 502, 503, 504)
        if not again or not await self._pause(wanted):
            secrets = self._api._secrets() + [self._secret]
            raise APIError(self._name, status, *describe(status, body, self._login, secrets))

    async def _pause(self, wanted):
        # Sleep before another attempt: as long as the server says, or longer each time. False: there is none.
        if self._attempt >= self._api.attempts or (wanted or 0) > _PATIENCE_S:
            return False
        pause = self._api.backoff * (1 << self._attempt - 1) if wanted is None else wanted
        await asyncio.sleep(pause + random() * (pause if wanted is None else self._api.backoff) / 4)
        return True

    def _done(self):
        server = self._server
        self._server = None
        if server:
            self._api._release(server)

    def _unexpected(self, why):
        return APIError(self._name, self._response.status, "unexpected", "the answer is not what it should be: " + why)

    # The answer as a stream

    def __aiter__(self):
        if self._opened is None:
            raise TypeError("%s has no list to go through: await it" % self._name)
        return self

    async def __anext__(self):
        if not self._reader:
            await self._open()
            self._begin()
        reader = self._reader
        try:
            while True:
                event = reader.next()
                if event == MORE or event == DONE:  # the end has to be read, too, for the connection's next answer
                    event = await self._more()
                    if event == DONE:
                        raise StopAsyncIteration
                if self._points:
                    item = self._points.take(event)
                    if item:
                        return item
                elif event == VALUE and self._is_element():
                    await asyncio.sleep(0)  # where all has come already, others want their turn
                    return reader.value
        except JSONError as error:
            self.close()
            raise self._unexpected(error.args[0])

    def _begin(self):
        opened = self._opened
        if opened == "series":
            from .points import Points

            self._points = Points(self.responses)
            self._reader = self._points.reader
        else:
            self._reader = Reader((None, opened) if opened else (None,), _ELEMENT)
        self._piece = bytearray(_PIECE)

    async def _more(self):
        # Have the reader get more. Returns the event that the end is, else -1.
        response = self._response
        if response.done:
            event = self._reader.last()
            self._done()
            return event
        response.more_time()
        try:
            n = await response.readinto(self._piece)
        except (OSError, EOFError, HTTPError) as error:
            server = self._server
            self.close()
            raise self._no_answer(server, error)
        self._reader.feed(self._piece, n)
        return -1

    def _is_element(self):
        reader = self._reader
        if not reader.depth and reader.value is None:
            return False  # null for no elements
        if reader.depth == 1 and self._opened and reader.key is not None:
            self.members[reader.key] = reader.value
            return False
        if reader.depth != (2 if self._opened else 1) or reader.key is not None:
            raise JSONError("it is not a list")
        return True

"""One call of the API, to be awaited or iterated over, with its retries."""

import asyncio
import json
from gc import collect

from arduino_iot_cloud.http.head import HTTPError
from arduino_iot_cloud.http.response import BodyError
from arduino_iot_cloud.port import MICROPYTHON, const, ticks_diff, ticks_ms

from .errors import APIError
from .json_reader import DONE, MORE, VALUE, JSONError, JSONReader

_PIECE = const(512)  # bytes read at a time
_WHOLE = const(4194304)  # bytes of an answer that is read as a whole
_ELEMENT = const(262144)  # bytes of one element
_KEEP = ("content-type", "date", "location", "retry-after")


class Call:
    """The result of an operation. Nothing is sent before it is awaited or iterated over, which can be done once.

    `await call`: the answer, None for an empty one; `await call.all()`: the same.
    `async for item in call`: the elements of an answer that is a list, one by one as they arrive; for historical data,
    each value as (response, time in ms since 1970, value).
    `members`: dict, the other members of an answer whose list is one of several members. `responses`: list of dicts,
    for historical data what the answer says about each query beside times and values.
    """

    _doubt = False  # an earlier attempt may have succeeded without an answer
    _hops = 0  # redirects that were followed
    _got = 0  # bytes of the answer
    _stretch = _spent = 0  # bytes read, and ms spent waiting for them, since the time limit was last renewed
    _begun = False  # it was awaited, or the iteration started
    _walks = _over = False  # it is iterated over; the iteration has ended
    _item = None

    def __init__(self, api, name, method, path, body=None, kind=None, repeat=True, opened=None, login=False):
        self._api = api
        self._name = name
        self._request = method, path
        self._secret = body.get("password") if isinstance(body, dict) else None
        if kind == "application/json":
            from .body import encoded

            body = encoded(name, body)
        self._body = body
        self._kind = kind
        self._repeat = repeat
        self._opened = opened
        self._login = login
        self._attempt = 0
        self._renewed = False  # a token was refused
        self._response = self._server = self._reader = self._points = self._piece = None
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
        self._begins()
        try:
            return await self._all()
        except MemoryError:
            raise self._no_memory()
        except BaseException:
            self.close()
            raise

    async def _all(self):
        while True:
            if await self._open():
                return None
            try:
                value = await self._whole()
            except BodyError as error:
                raise self._unexpected(error.args[0])
            except (OSError, EOFError, HTTPError) as error:
                await self._lost(error)
                continue
            except (ValueError, RuntimeError) as error:  # RuntimeError: nested too deeply for CPython's json
                raise self._unexpected(error.args[0] if isinstance(error, JSONError) else "it is not JSON")
            self._done()
            if self._opened == "":
                value = [] if value is None and self._got else value
                if not isinstance(value, list):
                    raise self._unexpected("it is not a list")
            return value

    async def _whole(self):
        self._got = 0
        if not MICROPYTHON:
            body = await self._response.read(_WHOLE)
            self._got = len(body)
            return json.loads(body.decode("utf-8-sig"), parse_constant=_no_number) if body else None
        # The reader takes less memory than json.loads, and no large block.
        self._reader = JSONReader((), _WHOLE)
        self._piece = bytearray(_PIECE)
        value = None
        while True:
            event = self._reader.next()
            if event != VALUE:
                event = await self._more()
                if event == DONE:
                    return value
            if event == VALUE:
                value = self._reader.value

    def close(self):
        """End the call early, for a loop that stops before the last element."""
        self._over = True
        if self._server:
            if not self._response or not self._response.done:
                self._server.close()
            self._done()

    # Asking, until there is an answer

    def _begins(self):
        if self._begun:
            raise RuntimeError("%s: a call is made only once; write it again" % self._name)
        self._begun = True

    async def _open(self):
        # Returns True if there is nothing to read, since an earlier attempt already deleted the object.
        while True:
            self._attempt += 1
            headers = await self._headers()
            self._server = self._api._connection(self._login)
            method, path = self._request
            # The HTTP client must not repeat a DELETE by itself: the answer to the second one means something else.
            repeat = self._repeat and method != "DELETE"
            try:
                self._response = response = await self._server.request(
                    method, path, headers, self._body, _KEEP, repeat
                )
            except (OSError, EOFError, HTTPError, ValueError) as error:
                await self._lost(error)
                continue
            if 200 <= response.status < 300:
                return
            if await self._refused(response):
                return True

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

    # Errors are handled in modules that are loaded only then.

    async def _lost(self, error):
        # The answer is missing or incomplete: wait for the next attempt, or raise.
        from .trouble import lost

        server = self._server
        if server not in self._api._open:
            raise self._no_answer(server, error)
        server.close()
        self._done()
        await lost(self, server, error)

    def _no_answer(self, server, error):
        if server not in self._api._open:
            return APIError(self._name, 0, "connection", "it was closed here before the answer came")
        from .trouble import no_answer

        return no_answer(self._name, server, error)

    def _no_memory(self):
        # The APIError for it. Dropping what was read makes room.
        self.close()
        if self._reader:
            self._reader.clear()
        self._reader = self._points = self._piece = None
        collect()
        from .trouble import no_memory

        return no_memory(self)

    async def _refused(self, response):
        # The answer is an error: wait for the next attempt, or raise it. Returns True if it is no error after all.
        from .trouble import refused

        try:
            body = await response.read(4096)
        except (OSError, EOFError, HTTPError, ValueError):
            body = b""
        self._done()
        return await refused(self, response, body)

    def _done(self):
        server = self._server
        self._server = None
        if server:
            self._api._release(server)

    def _unexpected(self, why):
        return APIError(self._name, self._response.status, "unexpected", "the answer is wrong: " + why)

    # The answer as a stream

    def __aiter__(self):
        if self._opened is None:
            raise TypeError("%s has no list to iterate over: await it" % self._name)
        return self

    async def __anext__(self):
        if not self._walks:
            self._begins()
            self._walks = True
        try:
            if not self._over and await self._next():
                return self._item
        except MemoryError:
            raise self._no_memory()
        except (BodyError, JSONError) as error:
            self.close()
            raise self._unexpected(error.args[0])
        except (OSError, EOFError, HTTPError) as error:
            error = self._no_answer(self._server, error)
            self.close()
            raise error
        except BaseException:
            self.close()
            raise
        self._over = True
        self._item = None
        self._done()
        raise StopAsyncIteration

    async def _next(self):
        # Whether there is another element, which is then in `_item`.
        if not self._reader:
            await self._open()
            self._begin()
        reader = self._reader
        while True:
            event = reader.next()
            if event == MORE or event == DONE:  # the end has to be read too, before the connection's next answer
                event = await self._more()
                if event == DONE:
                    break
            if self._points:
                self._item = self._points.take(event)
                if self._item:
                    return True
            elif event == VALUE and self._is_element():
                self._item = reader.value
                return True
        if not self._got:
            raise JSONError("it is empty")

    def _begin(self):
        opened = self._opened
        if opened == "series":
            from .points import Points

            self._points = Points(self.responses)
            self._reader = self._points.reader
        else:
            self._reader = JSONReader((None, opened) if opened else (None,), _ELEMENT)
        self._piece = bytearray(_PIECE)

    async def _more(self):
        # Feed the reader the next piece. Returns its last event at the end, else -1.
        response = self._response
        if response.done:
            return self._reader.last() if self._got else DONE
        await asyncio.sleep(0)  # let other tasks run even if everything has arrived
        begin = ticks_ms()
        response.more_time(self._spent)
        n = await response.readinto(self._piece)
        self._got += n
        # A server that sends byte by byte gets no more time for a piece than others.
        self._stretch += n
        self._spent += ticks_diff(ticks_ms(), begin)
        if self._stretch >= _PIECE:
            self._stretch = self._spent = 0
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


def _no_number(name):
    # CPython's json accepts NaN and Infinity, which are not JSON.
    raise ValueError

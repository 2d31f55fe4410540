"""A client of the local API, for programs that use a local cloud: demos, tests, scripts."""

import asyncio
import http.client
import json
import socket
import time
from contextlib import asynccontextmanager
from threading import Timer
from typing import Any, AsyncIterator
from urllib.parse import quote, urlencode, urlsplit

from websockets.asyncio.client import connect

_TIMEOUT = 10.0  # seconds for a request, from its beginning to the last byte of the answer
_LARGEST = 1 << 26


class RemoteError(Exception):
    """The cloud refused a request. `status` is the HTTP status, and `str()` says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class NoAnswerError(RemoteError, OSError):
    """The cloud is not reachable, or something else answers. `status` is 0 if there was no answer."""


class RemoteCloud:
    """The local API of a cloud. `about` is the JSON object that `serve --json` prints.

    `timeout` is in seconds. The audit log tells programs by the `user_agent`. Methods raise RemoteError.
    """

    def __init__(self, about: dict[str, Any], timeout: float = _TIMEOUT, user_agent: str = "") -> None:
        self._timeout = timeout
        self._base = about["http"] + "/local/v1"
        self._headers = {"Authorization": "Bearer " + about["api_token"]}
        if user_agent:
            self._headers["User-Agent"] = user_agent

    async def devices(self) -> list[dict[str, Any]]:
        """Return all devices."""
        return await self._request("GET", "/devices")

    async def device(self, device_id: str) -> dict[str, Any]:
        """Return a device: `online`, `lib_version`, `thing_id` and more."""
        return await self._request("GET", "/devices/" + quote(device_id))

    async def create_device(self, name: str, **options: Any) -> dict[str, Any]:
        """Make a device. Only this answer has its `secret`, besides its `id`."""
        return await self._request("POST", "/devices", {"name": name, **options})

    async def things(self) -> list[dict[str, Any]]:
        """Return all things with their variables."""
        return await self._request("GET", "/things")

    async def thing(self, thing_id: str) -> dict[str, Any]:
        """Return a thing with its variables."""
        return await self._request("GET", "/things/" + quote(thing_id))

    async def create_thing(
        self,
        name: str,
        *,
        variables: list[dict[str, Any]] | None = None,
        device_id: str | None = None,
        timezone: str = "UTC",
    ) -> dict[str, Any]:
        """Make a thing. A variable has `name`, `type` and optionally `permission`, `min_value` …"""
        body = {"name": name, "variables": variables or [], "device_id": device_id, "timezone": timezone}
        return await self._request("POST", "/things", body)

    async def create_variable(self, thing_id: str, name: str, type: str, **options: Any) -> dict[str, Any]:
        """Make a variable in a thing."""
        body = {"name": name, "type": type, **options}
        return await self._request("POST", "/things/%s/variables" % quote(thing_id), body)

    async def attach(self, thing_id: str, device_id: str) -> dict[str, Any]:
        """Attach a device to a thing."""
        return await self._request("PUT", "/things/%s/device" % quote(thing_id), {"device_id": device_id})

    async def detach(self, thing_id: str) -> dict[str, Any]:
        """Detach the thing's device."""
        return await self._request("DELETE", "/things/%s/device" % quote(thing_id))

    async def variable(self, thing_id: str, variable: str) -> dict[str, Any]:
        """Return a variable, given by its id or its name on the wire, with `value` and `time_us`."""
        return await self._request("GET", self._variable(thing_id, variable))

    async def set_value(self, thing_id: str, variable: str, value: Any) -> dict[str, Any]:
        """Set a READ_WRITE variable. The device gets the value over MQTT."""
        return await self._request("PUT", self._variable(thing_id, variable) + "/value", {"value": value})

    async def history(self, thing_id: str, variable: str, **query: int) -> list[dict[str, Any]]:
        """Return the latest values, oldest first (`limit`, `start_us`, `end_us`)."""
        path = "%s/history?%s" % (self._variable(thing_id, variable), urlencode(query))
        return await self._request("GET", path)

    async def status(self) -> dict[str, Any]:
        """Return counts of what has happened since the start."""
        return await self._request("GET", "/status")

    @asynccontextmanager
    async def live(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Watch live events: `async with cloud.live() as events: async for event in events: …`.

        Inside the `async with` no event is missed. Events are `value` (with `thing_id`,
        `variable_name`, `value`, `time_us`, and as `source` device or cloud), `device` (`device_id`,
        `online`) and `project` (something was made or attached).
        """
        address = "ws" + self._base[len("http") :] + "/live"
        async with _Straight(address, additional_headers=self._headers, proxy=None) as socket:

            async def events() -> AsyncIterator[dict[str, Any]]:
                async for message in socket:
                    yield json.loads(message)

            yield events()

    def _variable(self, thing_id: str, variable: str) -> str:
        return "/things/%s/variables/%s" % (quote(thing_id), quote(variable))

    async def _request(self, method: str, path: str, body: object = None) -> Any:
        return await asyncio.to_thread(self.request, method, path, body)

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Make one request and wait for the answer, in a program without event loop. Raises RemoteError."""
        status, text = self._answer(method, path, None if body is None else json.dumps(body).encode())
        try:
            answer = json.loads(text.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            answer = None
            if 200 <= status < 300:
                raise NoAnswerError(status, "%s: the answer is not JSON" % self._base) from None
        if 200 <= status < 300:
            return answer
        if isinstance(answer, dict) and "detail" in answer:
            raise RemoteError(status, str(answer["detail"]))
        raise RemoteError(status, text[:500].decode("utf-8", "replace") or "HTTP %d" % status)

    def _answer(self, method: str, path: str, data: bytes | None) -> tuple[int, bytes]:
        # Straight to the cloud, without the environment's proxies. Redirects are not followed, so that the token
        # goes nowhere else.
        address = urlsplit(self._base)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=self._timeout)
        begin = time.monotonic()
        end = Timer(self._timeout, _shut, (connection,))
        end.daemon = True
        end.start()
        try:
            headers = {**self._headers, "Content-Type": "application/json"}
            connection.request(method, address.path + path, data, headers)
            answer = connection.getresponse()
            text = answer.read(_LARGEST)
            if answer.length or len(text) == _LARGEST:  # the answer is incomplete or too long
                raise http.client.IncompleteRead(b"", answer.length)
        except (OSError, http.client.HTTPException) as error:
            late = time.monotonic() - begin >= self._timeout or isinstance(error, TimeoutError)
            there = not isinstance(error, ConnectionRefusedError)
            what = "does not answer in time" if late else "disconnected" if there else "is not running"
            why = str(error) or type(error).__name__
            raise NoAnswerError(0, "the cloud at %s %s (%s)" % (self._base, what, why)) from None
        finally:
            end.cancel()
            connection.close()
        return answer.status, text


class _Straight(connect):
    # A redirect is an error like any other status, so that the token goes nowhere else.
    def process_redirect(self, exc: Exception) -> Exception:
        return exc


def _shut(connection: http.client.HTTPConnection) -> None:
    # The time is up. The socket's timeout limits each read, but not all of them together.
    try:
        if connection.sock:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has just ended

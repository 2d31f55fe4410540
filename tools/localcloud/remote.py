"""A client of the local API for programs beside the cloud: demos, tests, scripts."""

import asyncio
import json
import urllib.error
import urllib.request
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator
from urllib.parse import quote, urlencode

from websockets.asyncio.client import connect

_TIMEOUT = 10
# Straight to loopback, whatever proxy the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RemoteError(Exception):
    """The cloud refused; `status` is the HTTP status, `str()` says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class RemoteCloud:
    """The local API of the cloud that `about` (the JSON line of `serve --json`) describes."""

    def __init__(self, about: dict[str, Any]) -> None:
        self._base = about["http"] + "/local/v1"
        self._headers = {"Authorization": "Bearer " + about["api_token"]}

    async def devices(self) -> list[dict[str, Any]]:
        """Return all devices."""
        return await self._request("GET", "/devices")

    async def device(self, device_id: str) -> dict[str, Any]:
        """Return a device: `online`, `lib_version`, `thing_id` and more."""
        return await self._request("GET", "/devices/" + quote(device_id))

    async def create_device(self, name: str, **options: Any) -> dict[str, Any]:
        """Make a device; the answer has its `id` and, this once, its `secret`."""
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
        """Make a thing; a variable is `name`, `type` and, if wanted, `permission`, `min_value` …"""
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
        """Return a variable, named by id or name on the wire, with `value` and `time_us`."""
        return await self._request("GET", self._variable(thing_id, variable))

    async def set_value(self, thing_id: str, variable: str, value: Any) -> dict[str, Any]:
        """Set a READ_WRITE variable; the device gets it over MQTT."""
        return await self._request("PUT", self._variable(thing_id, variable) + "/value", {"value": value})

    async def history(self, thing_id: str, variable: str, **query: int) -> list[dict[str, Any]]:
        """Return the latest values, oldest first (`limit`, `start_us`, `end_us`)."""
        path = "%s/history?%s" % (self._variable(thing_id, variable), urlencode(query))
        return await self._request("GET", path)

    async def status(self) -> dict[str, Any]:
        """Return counts of what happened since the start."""
        return await self._request("GET", "/status")

    @asynccontextmanager
    async def live(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Watch: `async with cloud.live() as events: async for event in events: …`.

        Once inside, no event is missed. Events are `value` (with `thing_id`, `variable_name`,
        `value`, `time_us`, `source` device or cloud), `device` (`device_id`, `online`) and
        `project` (something was made or attached).
        """
        address = "ws" + self._base[len("http") :] + "/live"
        async with connect(address, additional_headers=self._headers, proxy=None) as socket:

            async def events() -> AsyncIterator[dict[str, Any]]:
                async for message in socket:
                    yield json.loads(message)

            yield events()

    def _variable(self, thing_id: str, variable: str) -> str:
        return "/things/%s/variables/%s" % (quote(thing_id), quote(variable))

    async def _request(self, method: str, path: str, body: object = None) -> Any:
        return await asyncio.to_thread(self.request, method, path, body)

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Make one request and wait for it: for programs without an event loop."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers, method=method)
        try:
            with _OPENER.open(request, timeout=_TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            try:
                detail = str(json.loads(text)["detail"])
            except (ValueError, KeyError, TypeError):
                detail = text
            raise RemoteError(error.code, detail) from None

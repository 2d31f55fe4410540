"""Tags of things and of devices."""

from typing import Any, Callable

from fastapi import APIRouter, Response

from ....store.models import Device, Thing, now_us
from ....store.owner import Owner
from .. import requests
from ..problems import Problem
from ..services import Services, UserId, empty

MAX_TAGS = 100


def add_routes(
    routes: APIRouter, services: Services, path: str, find: Callable[[Owner, str], Thing | Device]
) -> None:
    """Add the three routes for tags at `path`, which contains `{id}`."""

    @routes.get(path)
    async def list_tags(user: UserId, id: str) -> dict[str, Any]:
        """List the tags."""

        def read(owner: Owner) -> dict[str, Any]:
            tags = find(owner, id).tags or {}
            return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

        return await services.read(user, read)

    @routes.put(path)
    async def upsert_tag(user: UserId, id: str, body: requests.Tag) -> Response:
        """Add a tag or change its value."""

        def write(owner: Owner) -> None:
            tagged = find(owner, id)
            tags = {**(tagged.tags or {}), body.key: body.value}
            if len(tags) > MAX_TAGS:
                raise Problem(412, "at most %d tags" % MAX_TAGS)
            tagged.tags, tagged.updated_at = tags, now_us()

        await services.write(user, write)
        return empty()

    @routes.delete(path + "/{key}")
    async def delete_tag(user: UserId, id: str, key: str) -> Response:
        """Remove a tag if it exists."""

        def write(owner: Owner) -> None:
            tagged = find(owner, id)
            left = {each: value for each, value in (tagged.tags or {}).items() if each != key}
            tagged.tags, tagged.updated_at = left, now_us()

        await services.write(user, write)
        return empty()


def matcher(wanted: list[str]) -> Callable[[Thing | Device], bool]:
    """Return a function that checks whether something has all these tags, each written `key:value`."""
    pairs = [text.partition(":") for text in wanted]
    if any(not colon for _, colon, _ in pairs):
        raise Problem(400, "a tag must be written key:value")
    return lambda tagged: all((tagged.tags or {}).get(key) == value for key, _, value in pairs)

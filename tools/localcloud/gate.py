"""The application behind the broker has two sides: devices (`attendance`) and users (`watching`)."""

from typing import Any, Awaitable

from .attendance import Attendance
from .broker.embedded import Credentials
from .broker.link import Link
from .store.redelivery import Delivery
from .watching import Watching

_USER = "user "


class Gate:
    """Hands what the broker asks and tells (see broker.embedded.Gatekeeper) to the side that a client is on."""

    def __init__(self, attendance: Attendance, watching: Watching) -> None:
        self._attendance = attendance
        self._watching = watching

    async def admit(self, credentials: Credentials) -> str | None:
        """Return who the credentials prove it is; None to refuse."""
        if not credentials.by_certificate:
            user_id = await self._watching.admit(credentials.username, credentials.password)
            if user_id is not None:
                return _USER + user_id
        return await self._attendance.admit(credentials)

    async def connected(self, link: Link, credentials: Credentials) -> bool:
        """A client is there; False if its credentials hold no more."""
        if user_id := _user_of(link):
            self._watching.connected(link, user_id)
            return True
        return await self._attendance.connected(link, credentials)

    def disconnected(self, link: Link) -> None:
        """A client is gone."""
        if _user_of(link):
            self._watching.disconnected(link)
        else:
            self._attendance.disconnected(link)

    async def may_subscribe(self, link: Link, topic: str) -> bool:
        """May the client subscribe to the topic?"""
        if user_id := _user_of(link):
            return await self._watching.may_subscribe(link, user_id, topic)
        return self._attendance.may_subscribe(link, topic)

    def subscribed(self, link: Link, topic: str) -> None:
        """The client has subscribed."""
        if not _user_of(link):
            self._attendance.subscribed(link, topic)

    def received(
        self, link: Link, topic: str, payload: bytes, delivery: Delivery | None
    ) -> Awaitable[Any] | None:
        """Take a message."""
        if user_id := _user_of(link):
            return self._watching.received(link, user_id, topic, payload)
        return self._attendance.received(link, topic, payload, delivery)


def _user_of(link: Link) -> str | None:
    """Return the id of the user that a link belongs to; None for a device's, whose id is a UUID."""
    return link.device_id[len(_USER) :] if link.device_id.startswith(_USER) else None

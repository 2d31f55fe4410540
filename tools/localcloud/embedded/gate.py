"""Tell devices and users at the broker apart, and pass each to its side."""

from typing import Any, Awaitable

from ..audit import Audit
from ..broker.gatekeeper import Client, Credentials, IdentifierRefused
from ..store.redelivery import Delivery
from .devices import ConnectedDevices
from .users import ConnectedUsers

_USER = "user "


class Gate:
    """The broker's gatekeeper: passes calls (see broker.gatekeeper) to the devices' or the users' side."""

    def __init__(self, devices: ConnectedDevices, users: ConnectedUsers, audit: Audit) -> None:
        self._devices = devices
        self._users = users
        self._audit = audit

    async def admit(self, credentials: Credentials) -> str | None:
        """Return the identity that the credentials prove, or None to refuse the client."""
        if not credentials.by_certificate:
            user_id = await self._users.admit(credentials.username, credentials.password)
            if user_id is not None:
                return _USER + user_id
        try:
            device_id = await self._devices.admit(credentials)
        except IdentifierRefused:
            self._note_refused(credentials, "the client identifier is another one")
            raise
        if device_id is None and credentials.by_certificate:
            # Wrong secrets are noted where they are compared.
            self._note_refused(credentials, "its certificate is not good")
        return device_id

    def _note_refused(self, credentials: Credentials, why: str) -> None:
        who = "device %s" % (credentials.common_name or "")
        self._audit.note("device refused", by=who, address=credentials.address, about=why)

    async def connected(self, client: Client, credentials: Credentials) -> bool:
        """Take a new client. Return False if its credentials are no longer valid."""
        if user_id := _user_of(client):
            kind, taken = "user", await self._users.connected(client, user_id, credentials.password)
        else:
            kind, taken = "device", await self._devices.connected(client, credentials)
        if taken:
            who = "%s %s" % (kind, user_id or client.device_id)
            self._audit.note(kind + " connected", by=who, address=credentials.address)
        return taken

    def disconnected(self, client: Client) -> None:
        """Forget a client that has disconnected."""
        if _user_of(client):
            self._users.disconnected(client)
        else:
            self._devices.disconnected(client)

    async def may_subscribe(self, client: Client, topic: str) -> bool:
        """Return whether the client may subscribe to the topic."""
        if user_id := _user_of(client):
            return await self._users.may_subscribe(client, user_id, topic)
        return self._devices.may_subscribe(client, topic)

    def subscribed(self, client: Client, topic: str) -> None:
        """React to a client's subscription."""
        if not _user_of(client):
            self._devices.subscribed(client, topic)

    def heard(self, client: Client) -> None:
        """Note that a packet has come."""
        if not _user_of(client):
            self._devices.heard(client)

    def received(
        self, client: Client, topic: str, payload: bytes, delivery: Delivery | None
    ) -> Awaitable[Any] | None:
        """Take a message."""
        if user_id := _user_of(client):
            return self._users.received(client, user_id, topic, payload)
        return self._devices.received(client, topic, payload, delivery)


def _user_of(client: Client) -> str | None:
    """Return the user's id, or None for a device, whose id is a UUID."""
    return client.device_id[len(_USER) :] if client.device_id.startswith(_USER) else None

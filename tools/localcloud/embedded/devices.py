"""The devices at the embedded broker: which are connected, what they may do, how to reach them."""

import time
from typing import Any, Awaitable

from sqlalchemy.orm import Session

from ..broker.gatekeeper import Client, Credentials, IdentifierRefused
from ..identity.hashed_secrets import Verifier
from ..protocol import topics
from ..protocol.conversation import Conversation, Send
from ..protocol.lateness import Lateness
from ..store import catalogue, device_certificates
from ..store.database import Store
from ..store.redelivery import Delivery
from ..traffic.exchange import Exchange


class ConnectedDevices:
    """Admits devices and keeps their clients and conversations (see traffic.exchange.Devices, broker.gatekeeper)."""

    def __init__(self, store: Store, exchange: Exchange) -> None:
        self._store = store
        self._exchange = exchange
        self._verifier = Verifier()
        self._clients: dict[str, set[Client]] = {}
        self._conversations: dict[str, Conversation] = {}
        exchange.devices = self

    def close(self) -> None:
        """Free what verifies secrets."""
        self._verifier.close()

    # For the exchange, to reach devices.

    def is_online(self, device_id: str) -> bool:
        """Return whether the device is connected now."""
        return device_id in self._conversations

    def send(self, device_id: str, send: Send) -> bool:
        """Send a message to the device. Return False if it is not connected."""
        return any([client.deliver(send.topic, send.payload) for client in self._clients.get(device_id, ())])

    def drop(self, device_id: str) -> None:
        """End the device's connections."""
        for client in self._clients.get(device_id, ()):
            client.drop()

    def conversation(self, device_id: str) -> Conversation | None:
        """Return the conversation with a connected device, otherwise None."""
        return self._conversations.get(device_id)

    # For the broker.

    async def admit(self, credentials: Credentials) -> str | None:
        """Return the device id that the credentials prove, or None to refuse the client."""
        device_id = credentials.common_name if credentials.by_certificate else credentials.username
        if not device_id:
            return None
        secret_hash = await self._store.read(lambda session: _secret_hash(session, device_id, credentials))
        if secret_hash is None:
            return None
        if credentials.by_certificate:
            if credentials.client_id != device_id:
                raise IdentifierRefused
            return device_id
        if not await self._verifier.verify(device_id, credentials.password or "", secret_hash):
            return None
        return device_id

    async def connected(self, client: Client, credentials: Credentials) -> bool:
        """Take a new device. Return False if its credentials are no longer valid."""
        device_id = client.device_id
        self._clients.setdefault(device_id, set()).add(client)
        # From now on `drop` ends the connection. Check again what may have changed while the secret was verified.
        if await self.admit(credentials) is None:
            return False
        conversation = self._conversations.setdefault(device_id, Conversation(device_id, None))
        conversation.lateness = Lateness(time.monotonic())
        self._exchange.agreement.connected(device_id)
        before = conversation.attachments
        thing = await self._store.read(lambda session: catalogue.thing_of_device(session, device_id))
        # If a thing was attached meanwhile, it is newer than this answer.
        if conversation.attachments == before:
            conversation.thing_id = thing.id if thing else None
        self._exchange.note_connection(device_id, True)
        return True

    def disconnected(self, client: Client) -> None:
        """Forget a device that has disconnected."""
        device_id = client.device_id
        clients = self._clients.get(device_id, set())
        clients.discard(client)
        if clients:
            return
        self._clients.pop(device_id, None)
        # A device that was refused never counted as connected.
        if self._conversations.pop(device_id, None) is not None:
            self._exchange.agreement.disconnected(device_id)
            self._exchange.note_connection(device_id, False)

    def may_subscribe(self, client: Client, topic: str) -> bool:
        """Return whether the device may subscribe to the topic."""
        thing_id = self._conversations[client.device_id].thing_id
        return topics.may_subscribe(topic, client.device_id, thing_id)

    def subscribed(self, client: Client, topic: str) -> None:
        """React to a device's subscription."""
        for action in self._conversations[client.device_id].subscribed(topic):
            self._exchange.do(client, action)

    def heard(self, client: Client) -> None:
        """Note that a packet has come from a device."""
        if (talk := self._conversations.get(client.device_id)) is not None:
            self._exchange.agreement.heard(talk.device_id, talk.thing_id, talk.lateness, time.monotonic())

    def received(
        self, client: Client, topic: str, payload: bytes, delivery: Delivery | None
    ) -> Awaitable[Any] | None:
        """Take a device's message. What is returned is done when all of it is stored."""
        talk = self._conversations[client.device_id]
        if not topics.may_publish(topic, client.device_id, talk.thing_id):
            self._exchange.counts["forbidden"] += 1
            client.complain("may not publish on %.80r: dropped", topic)
            return None
        return self._exchange.take(client, talk, topic, payload, delivery)


def _secret_hash(session: Session, device_id: str, credentials: Credentials) -> str | None:
    """Return the hash of the device's secret, "" if it has none.

    Return None if the device does not exist, or if its certificate is no longer valid.
    """
    try:
        secret_hash = catalogue.get_device(session, device_id).secret_hash or ""
    except catalogue.NotFound:
        return None
    if credentials.serial is not None and not device_certificates.is_good(
        session, credentials.serial, device_id
    ):
        return None
    return secret_hash

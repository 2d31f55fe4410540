"""The devices at the embedded broker: which are connected, what they may do, how to reach them."""

import time
from typing import Any, Awaitable

from sqlalchemy.orm import Session

from ..broker.gatekeeper import Client, Credentials, IdentifierRefused, Unavailable
from ..identity.verification import DEVICE, Busy, Verifier
from ..protocol import topics
from ..protocol.conversation import Conversation, Send
from ..protocol.lateness import Lateness
from ..store import catalogue, device_certificates
from ..store.database import Store
from ..store.redelivery import Delivery
from ..traffic.exchange import Exchange


class ConnectedDevices:
    """Admits devices and keeps their clients and conversations (see traffic.exchange.Devices, broker.gatekeeper)."""

    def __init__(
        self, store: Store, exchange: Exchange, verifier: Verifier, own: device_certificates.Own
    ) -> None:
        """Take the certificates that the API has not issued (`own`)."""
        self._store = store
        self._own = own
        self._exchange = exchange
        self._verifier = verifier
        self._clients: dict[str, set[Client]] = {}
        self._conversations: dict[str, Conversation] = {}
        exchange.devices = self

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
        secret_hash = None
        if catalogue.is_id(device_id):
            secret_hash = await self._store.read(lambda session: self._secret_hash(session, device_id, credentials))
        if credentials.by_certificate:
            if secret_hash is not None and credentials.client_id != device_id:
                raise IdentifierRefused
            return None if secret_hash is None else device_id
        # A device that does not exist takes the same way, so that nobody can tell.
        secret = credentials.password or ""
        try:
            is_right = await self._verifier.verify(DEVICE, device_id, secret, secret_hash, credentials.address)
        except Busy:
            raise Unavailable from None
        return device_id if is_right else None

    async def connected(self, client: Client, credentials: Credentials) -> bool:
        """Take a new device. Return False if its credentials are no longer valid."""
        device_id = client.device_id
        self._clients.setdefault(device_id, set()).add(client)
        # From now on `drop` ends the connection. Check again what may have changed while the secret was verified.
        if not await self._is_still_valid(device_id, credentials):
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

    async def _is_still_valid(self, device_id: str, credentials: Credentials) -> bool:
        stored = await self._store.read(lambda session: self._secret_hash(session, device_id, credentials))
        if stored is None or credentials.by_certificate:
            return stored is not None
        return self._verifier.is_still_right(DEVICE, device_id, credentials.password or "", stored)

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

    def _secret_hash(self, session: Session, device_id: str, credentials: Credentials) -> str | None:
        """Return the hash of the device's secret, "" if it has none.

        Return None if the device does not exist, or if its certificate is unknown or no longer valid.
        """
        try:
            secret_hash = catalogue.get_device(session, device_id).secret_hash or ""
        except catalogue.NotFound:
            return None
        if credentials.by_certificate:
            serial = credentials.serial
            if serial is None or not device_certificates.is_good(session, serial, device_id, self._own):
                return None
        return secret_hash

"""The interface between the broker and the application behind it."""

from dataclasses import dataclass
from typing import Any, Awaitable, Protocol

from ..store.redelivery import Delivery


class IdentifierRefused(Exception):
    """The client identifier does not match the client certificate."""


class Unavailable(Exception):
    """The credentials cannot be checked now. The client may try again soon."""


@dataclass(frozen=True)
class Credentials:
    """What a client presented. Only the listener that demands certificates sets `common_name` and `serial`."""

    client_id: str
    username: str | None
    password: str | None
    common_name: str | None
    serial: int | None
    """The certificate's serial number."""
    by_certificate: bool
    address: str = ""
    """Where the client connects from."""


class Client(Protocol):
    """A connected client, as the application sees it."""

    device_id: str
    """Its proven identity, of a device or another client."""

    def deliver(self, topic: str, payload: bytes) -> bool:
        """Send a message if the client has subscribed to the topic, without waiting. Return whether it has."""

    def complain(self, text: str, *arguments: object) -> None:
        """Log what the client did wrong."""

    def drop(self) -> None:
        """End the connection and discard what is still to be sent."""


class Gatekeeper(Protocol):
    """The application behind the broker."""

    async def admit(self, credentials: Credentials) -> str | None:
        """Return the id of the device (or other client) that the credentials prove, or None to refuse it.

        It is cancelled when the client has gone. Raises `IdentifierRefused` and `Unavailable`.
        """

    async def connected(self, client: Client, credentials: Credentials) -> bool:
        """Take a new client, before its first message is read. Return False if its credentials are no longer valid."""

    def disconnected(self, client: Client) -> None:
        """Forget a client that has disconnected."""

    async def may_subscribe(self, client: Client, topic: str) -> bool:
        """Return whether the client may subscribe to the topic."""

    def subscribed(self, client: Client, topic: str) -> None:
        """React to a subscription, after the client's SUBACK."""

    def heard(self, client: Client) -> None:
        """Note that a packet of any kind has come from a client, before it is handled."""

    def received(
        self, client: Client, topic: str, payload: bytes, delivery: Delivery | None
    ) -> Awaitable[Any] | None:
        """Take a message. PUBACK waits for the result. `delivery` identifies a message with QoS 1."""

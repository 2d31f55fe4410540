"""What the broker asks the application behind it, and what it tells it."""

from dataclasses import dataclass
from typing import Any, Awaitable, Protocol

from ..store.redelivery import Delivery


class IdentifierRefused(Exception):
    """The client identifier does not go with the client certificate."""


@dataclass(frozen=True)
class Credentials:
    """What a client showed; `common_name` and `serial` only on the listener that demands a certificate."""

    client_id: str
    username: str | None
    password: str | None
    common_name: str | None
    serial: int | None
    """The serial number of the certificate."""
    by_certificate: bool


class Client(Protocol):
    """What the application sees of a connected client."""

    device_id: str
    """Who it proved to be, a device or another client."""

    def deliver(self, topic: str, payload: bytes) -> bool:
        """Send a message if the client subscribed to the topic; never waits."""

    def complain(self, text: str, *arguments: object) -> None:
        """Log what the client did wrong."""

    def drop(self) -> None:
        """End the connection, with all that waits to be sent."""


class Gatekeeper(Protocol):
    """The application behind the broker."""

    async def admit(self, credentials: Credentials) -> str | None:
        """Return the id of the device (or other client) that the credentials prove; None to refuse."""

    async def connected(self, client: Client, credentials: Credentials) -> bool:
        """A client is there, and nothing it sent has been read yet; False if the credentials hold no more."""

    def disconnected(self, client: Client) -> None:
        """A client is gone."""

    async def may_subscribe(self, client: Client, topic: str) -> bool:
        """May the client subscribe to the topic?"""

    def subscribed(self, client: Client, topic: str) -> None:
        """The client has subscribed and got its SUBACK."""

    def received(
        self, client: Client, topic: str, payload: bytes, delivery: Delivery | None
    ) -> Awaitable[Any] | None:
        """Take a message; PUBACK waits for what is returned. `delivery`: how it came, with QoS 1."""

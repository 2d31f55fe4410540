"""The devices' and users' side: the embedded broker, its listeners, and what is behind it."""


from ..broker.embedded_broker import EmbeddedBroker
from ..broker.listeners import Listeners, Listening, Sockets
from ..identity.key_files import KeyFiles
from ..identity.tokens import Tokens
from ..parts import Parts
from ..store.device_certificates import Own
from .devices import ConnectedDevices
from .gate import Gate
from .users import ConnectedUsers


class EmbeddedSide:
    """The broker, its listeners, and the devices and users that they admit."""

    def __init__(self, parts: Parts, tokens: Tokens, own: Own, listening: Listening) -> None:
        devices = ConnectedDevices(parts.store, parts.exchange, parts.verifier, own)
        self._users = ConnectedUsers(parts.store, parts.exchange, tokens)
        self._broker = EmbeddedBroker(Gate(devices, self._users, parts.audit))
        self._listeners = Listeners(self._broker, listening)

    async def start(self, sockets: Sockets) -> None:
        """Start to accept connections."""
        await self._broker.start()
        await self._listeners.start(sockets)

    def renew(self, certificate: KeyFiles) -> None:
        """Show this certificate to whoever connects from now on. Raises OSError if it cannot be loaded."""
        self._listeners.renew(certificate)

    async def stop(self) -> None:
        """Stop accepting and end all connections."""
        self._listeners.stop()
        await self._broker.stop()
        await self._users.close()

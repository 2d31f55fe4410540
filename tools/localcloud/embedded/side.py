"""The devices' and users' side: the embedded broker, its listeners, and what is behind it."""

from typing import Sequence

from ..audit import Audit
from ..broker.embedded_broker import EmbeddedBroker
from ..broker.listeners import Listeners, Sockets
from ..entrance.visitors import Entrance
from ..identity.key_files import KeyFiles
from ..identity.tokens import Tokens
from ..identity.verification import Verifier
from ..proxies import Proxies
from ..store.database import Store
from ..store.device_certificates import Own
from ..traffic.exchange import Exchange
from .devices import ConnectedDevices
from .gate import Gate
from .users import ConnectedUsers


class EmbeddedSide:
    """The broker, its listeners, and the devices and users that they admit."""

    def __init__(
        self,
        store: Store,
        exchange: Exchange,
        tokens: Tokens,
        entrance: Entrance,
        certificate: KeyFiles,
        authority: KeyFiles,
        proxies: Proxies,
        verifier: Verifier,
        audit: Audit,
        own: Own,
        origins: Sequence[str] = (),
    ) -> None:
        """`origins` are those of the web pages that may use MQTT over WebSocket."""
        devices = ConnectedDevices(store, exchange, verifier, own)
        self._users = ConnectedUsers(store, exchange, tokens)
        self._broker = EmbeddedBroker(Gate(devices, self._users, audit))
        self._listeners = Listeners(self._broker, entrance, certificate, authority, proxies, origins)

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

"""The devices' side of a local cloud that is one process: the embedded broker, with all that is behind it."""

from .attendance import Attendance
from .broker.embedded import EmbeddedBroker
from .broker.listeners import Listeners, Sockets
from .certificates import KeyFiles
from .exchange import Exchange
from .gate import Gate
from .store.database import Store
from .tokens import Tokens
from .watching import Watching


class Embedded:
    """Broker, listeners, and the devices and users that they let in."""

    def __init__(
        self, store: Store, exchange: Exchange, tokens: Tokens, certificate: KeyFiles, authority: KeyFiles
    ) -> None:
        self._attendance = Attendance(store, exchange)
        self._broker = EmbeddedBroker(Gate(self._attendance, Watching(store, exchange, tokens)))
        self._listeners = Listeners(self._broker, certificate, authority)

    async def start(self, sockets: Sockets) -> None:
        """Start accepting."""
        await self._broker.start()
        await self._listeners.start(sockets)

    async def stop(self) -> None:
        """Accept no more, end all connections."""
        self._listeners.stop()
        await self._broker.stop()
        self._attendance.close()

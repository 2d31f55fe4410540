"""What a cloud is made of, for the sides that serve devices and the web."""

from dataclasses import dataclass

from .audit import Audit
from .identity.failures import Failures
from .identity.rehashing import Rehashing
from .identity.verification import Verifier
from .store.database import Store
from .traffic.exchange import Exchange
from .traffic.live import Live
from .watch.condition import Condition


@dataclass(frozen=True)
class Parts:
    """One of each in a process."""

    store: Store
    live: Live
    condition: Condition
    audit: Audit
    failures: Failures
    rehashing: Rehashing
    verifier: Verifier
    exchange: Exchange

    @classmethod
    def of(cls, database: str) -> "Parts":
        """Make them for the database with this URL. Nothing is opened yet. Raises `store.database.BadAddress`."""
        live, store = Live(), Store(database)
        condition = Condition(live)
        audit = Audit(store)
        failures = Failures(condition.counts, audit.note)
        rehashing = Rehashing(store)
        verifier = Verifier(failures, rehashing.note)
        exchange = Exchange(store, live, condition.counts)
        return cls(store, live, condition, audit, failures, rehashing, verifier, exchange)

    async def close(self) -> None:
        """Store what was accepted, and close the database."""
        await self.exchange.close()
        self.verifier.close()
        await self.rehashing.close()
        await self.audit.close()
        await self.store.close()

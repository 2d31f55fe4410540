"""What a local cloud is started with, apart from its data folder and ports."""

from dataclasses import dataclass
from typing import Sequence

from .entrance.visitors import PATIENCE
from .reach.ports import HOST
from .reach.proxies import NO_PROXIES, Proxies
from .store.keeping import FOR_EVER, Keeping


@dataclass(frozen=True)
class Options:
    """The options of `LocalCloud.start`, with the defaults of `serve`."""

    database: str | None = None
    """The database's URL; None for SQLite in the data folder."""
    broker: str | None = None
    """The broker where devices connect (see workers.address). Several processes with the same one share the work."""
    address: str = HOST
    """The address of the encrypted listeners. The others stay on loopback."""
    rate_limit: float = 0
    """How many API requests each user may make in a second; 0 for any number."""
    patience: float = PATIENCE
    """How many seconds a peer has for each step before its log-in (see entrance.visitors)."""
    cors_origins: Sequence[str] = ()
    """Origins whose web pages may use the Application API and MQTT over WebSocket."""
    behind: Proxies = NO_PROXIES
    """Proxies that are believed when they say a client's address."""
    keeping: Keeping = FOR_EVER
    """How long values are kept, unless a thing has a tag for that."""
    replace_lost: bool = False
    """Whether the default device and user get new secrets if the files with theirs are unusable."""

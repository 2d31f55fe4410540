"""How connections to the database are set up."""

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL


def opened(url: URL) -> Engine:
    """Return the database. Nothing is done with it yet."""
    if url.get_backend_name() != "sqlite":
        # Errors would show a statement's values, such as a device's hash or a user's text.
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection, record) -> None:  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        # Freed pages can be given back. This must come before anything else, and only for a file that is still empty:
        # it is a write, also if it changes nothing, and a database on a full disk is to be read.
        if cursor.execute("PRAGMA page_count").fetchone() == (0,):
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA journal_size_limit=67108864")
        # FULL: when a commit returns, it is on the disk and survives a power failure.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=5000")
        cursor.close()

    return engine

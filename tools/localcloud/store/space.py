"""The size of the database, and its free pages."""

from dataclasses import dataclass

from sqlalchemy import Engine, func, inspect, select, text

from .models import Sample

_INCREMENTAL = 2


@dataclass(frozen=True)
class Space:
    """The bytes of the database that are in use, and those of SQLite's free pages. They are used first."""

    used: int
    free: int
    free_pages: int
    can_shrink: bool
    """Whether free pages can be given back to the disk while the cloud runs."""


def look(engine: Engine) -> Space:
    """Return how large the database is."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            size = connection.scalar(select(func.pg_database_size(func.current_database())))
            return Space(int(size or 0), 0, 0, False)
        names = ("page_size", "page_count", "freelist_count", "auto_vacuum")
        page, count, free, vacuum = (connection.execute(text("PRAGMA " + name)).scalar_one() for name in names)
        return Space((count - free) * page, free * page, free, vacuum == _INCREMENTAL)


def give_back(engine: Engine, pages: int) -> None:
    """Make the file shorter by up to so many free pages."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # Each page is one step, and `execute` takes only the first. The file itself is shorter once the log is in it.
        cursor.executescript("PRAGMA incremental_vacuum(%d); PRAGMA wal_checkpoint(PASSIVE)" % pages)
        cursor.close()
    finally:
        connection.close()


def compact(engine: Engine) -> None:
    """Write SQLite's file anew, without free pages, so that it can shrink from now on; renew the samples' index.

    Nothing else may use the file, and the disk needs room for a second one. PostgreSQL needs only the index.
    """
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        (index,) = (each for each in Sample.__table__.indexes if each.name == "samples_by_time")  # type: ignore[attr-defined]
        columns = [each.name for each in index.columns]
        present = {each["name"]: each["column_names"] for each in inspect(connection).get_indexes("samples")}
        if present.get(index.name) != columns:
            if engine.dialect.name == "postgresql":
                # Nobody has to wait for it.
                for statement in (
                    "DROP INDEX CONCURRENTLY IF EXISTS samples_by_time_new",
                    "CREATE INDEX CONCURRENTLY samples_by_time_new ON samples (%s)" % ", ".join(columns),
                    "DROP INDEX CONCURRENTLY IF EXISTS samples_by_time",
                    "ALTER INDEX samples_by_time_new RENAME TO samples_by_time",
                ):
                    connection.execute(text(statement))
            else:
                connection.execute(text("DROP INDEX IF EXISTS samples_by_time"))
                index.create(connection)
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA auto_vacuum=INCREMENTAL"))
            connection.execute(text("VACUUM"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

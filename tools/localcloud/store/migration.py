"""Update the tables of an older local cloud."""

from sqlalchemy import DDL, Column, Connection, Engine, func, inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateColumn

from .models import SCHEMA_VERSION, Base, Setting

_LOCK = 0x6C636D69


class StoreTooNew(RuntimeError):
    """A newer local cloud has written the store."""


def bring_up_to_date(engine: Engine) -> None:
    """Make missing tables and columns, all or nothing. Existing data stay. New columns may be null."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Several workers may start at once.
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        before = inspect(connection)
        tables = before.get_table_names()
        known = {table: {each["name"] for each in before.get_columns(table)} for table in tables}
        Base.metadata.create_all(connection)
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if table.name in known and column.name not in known[table.name]:
                    _add(connection, column)
        with Session(connection) as session:
            _note_version(session)
            session.flush()


def _add(connection: Connection, column: "Column[object]") -> None:
    """Add a column and its index. SQLAlchemy can only compile the column's definition."""
    definition = str(CreateColumn(column).compile(dialect=connection.dialect)).strip()
    table = connection.dialect.identifier_preparer.format_table(column.table)
    connection.execute(DDL("ALTER TABLE %s ADD COLUMN %s" % (table, definition)))
    for index in column.table.indexes:
        if column.name in index.columns:
            index.create(connection, checkfirst=True)


def _note_version(session: Session) -> None:
    schema = session.get(Setting, "schema")
    if schema is None:
        session.add(Setting(name="schema", value=SCHEMA_VERSION))
    elif int(schema.value) > int(SCHEMA_VERSION):
        raise StoreTooNew("a newer local cloud has written the data (schema %s); use that one" % schema.value)
    else:
        schema.value = SCHEMA_VERSION

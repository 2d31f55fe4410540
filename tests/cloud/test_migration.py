"""The tables of an older local cloud are brought up to date, and nothing is lost."""

import pytest
from localcloud.store.migration import StoreTooNew, bring_up_to_date
from localcloud.store.models import SCHEMA_VERSION, Base, Device, DeviceCertificate, Setting, Thing
from sqlalchemy import MetaData, Table, create_engine, insert, select
from sqlalchemy.orm import Session

# The tables at schema 1, when `things` had no user yet
OLD = {
    "settings": ("name", "value"),
    "devices": ("id", "name", "type", "secret_hash", "created_at"),
    "things": ("id", "name", "timezone", "device_id", "created_at"),
}


@pytest.fixture
def engine(tmp_path):
    """A store of schema 1 with a device and its thing."""
    engine = create_engine("sqlite:///%s" % (tmp_path / "old.sqlite3"))
    metadata = MetaData()
    for name, columns in OLD.items():
        table = Base.metadata.tables[name]
        Table(name, metadata, *(table.c[column]._copy() for column in columns))
    metadata.create_all(engine)
    with engine.begin() as connection:
        tables = metadata.tables
        connection.execute(insert(tables["settings"]).values(name="schema", value="1"))
        connection.execute(insert(tables["devices"]).values(id="d", name="board", type="x", created_at=1))
        row = {"id": "t", "name": "thing", "timezone": "UTC", "device_id": "d", "created_at": 1}
        connection.execute(insert(tables["things"]).values(row))
    yield engine
    engine.dispose()


def test_missing_tables_and_columns_are_made_and_rows_stay(engine):
    for _ in range(2):
        bring_up_to_date(engine)
        with Session(engine) as session:
            assert session.get(Setting, "schema").value == SCHEMA_VERSION
            device, thing = session.get(Device, "d"), session.get(Thing, "t")
            assert (device.name, device.user_id, device.tags, device.deleted_at) == ("board", None, None, None)
            assert (thing.device_id, thing.user_id, thing.updated_at) == ("d", None, None)
            assert session.scalars(select(DeviceCertificate)).all() == []


def test_a_store_of_a_newer_cloud_is_left_alone(engine):
    with Session(engine) as session, session.begin():
        session.get(Setting, "schema").value = "999"
    with pytest.raises(StoreTooNew):
        bring_up_to_date(engine)

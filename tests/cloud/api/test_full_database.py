"""The disk of the PostgreSQL server is full, or it takes no changes: as with SQLite, reads go on and values wait."""

import psycopg
import pytest
from local_clouds import LocalCloud
from localcloud.remote import RemoteError

REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON samples FOR EACH ROW EXECUTE FUNCTION refuse();
"""
PERMIT = "DROP TRIGGER refuse ON samples; DROP FUNCTION refuse()"


@pytest.fixture
def database(postgres):
    return postgres.new_database()


@pytest.fixture
def cloud(database, tmp_path):
    cloud = LocalCloud(tmp_path / "data", "--database", database)
    yield cloud
    cloud.stop()


def execute(database, statements):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statements)


def test_values_wait_while_the_servers_disk_is_full(cloud, database, make_device, api_of):
    api = api_of(cloud.about)
    device = make_device(cloud.about)
    assert device.connect() == "Success"
    device.publish_records([{0: "clk", 3: "before"}])
    execute(database, REFUSE)
    with pytest.raises(RemoteError, match="the disk of the PostgreSQL server is full") as refused:
        api.set_value("led", True)
    assert refused.value.status == 507
    device.client.publish(device.thing_topic("e/o"), b"\x81\xa2\x00cclk\x03gwaiting", 1)
    assert api.variable("clk")["value"] == "before"
    # Looked at again while it is still full, it stays so.
    cloud.process.wait_for("PostgreSQL server is full", 10, stream="stderr")
    assert len(api.request("GET", "/status")["warnings"]) == 1
    execute(database, PERMIT)
    device.wait_pubacks(1)
    assert api.variable("clk")["value"] == "waiting"
    assert api.request("GET", "/status")["warnings"] == []
    assert cloud.process.stderr.count("disk of the PostgreSQL server is full") == 1


def test_a_server_that_takes_no_changes_serves_reads(database, make_device, api_of, tmp_path):
    first = LocalCloud(tmp_path / "data", "--database", database)
    device = make_device(first.about)
    device.connect()
    device.publish_records([{0: "clk", 3: "before"}])
    assert first.stop() == 0
    name = database.rsplit("/", 1)[1]
    execute(database, "ALTER DATABASE %s SET default_transaction_read_only = on" % name)
    again = LocalCloud(tmp_path / "data", "--database", database)
    try:
        api = api_of(again.about)
        assert api.variable("clk")["value"] == "before"
        with pytest.raises(RemoteError, match="read-only") as refused:
            api.set_value("led", True)
        assert refused.value.status == 503
        assert make_device({**again.about}).connect() == "Success"
    finally:
        again.stop()

"""A local cloud with an embedded broker has its database to itself."""

import psycopg
import pytest
from loads import wait_for
from processes import Process
from toolchain.paths import TOOLS

NOWHERE = "mqtt://127.0.0.1:1?security=none"


@pytest.fixture
def refused(tmp_path):
    """`refused(*options)` -> the line in which a local cloud says why it does not start."""

    def start(*options):
        data = tmp_path / "refused"
        finished = Process([TOOLS / "local-cloud", "serve", "--ephemeral", "--data", data, *options]).wait(30)
        assert finished.returncode == 1 and finished.stdout == ""
        (line,) = finished.stderr.splitlines()
        return line

    return start


def test_nobody_else_works_in_the_database_of_an_embedded_broker(postgres, start_local_cloud, refused, make_device):
    database = postgres.new_database()
    first = start_local_cloud("--database", database)
    assert "uses the database" in refused("--database", database)
    assert "uses the database" in refused("--database", database, "--broker", NOWHERE)
    assert make_device(first.about).connect() == "Success"
    assert first.stop() == 0
    again = start_local_cloud("--database", database, data=first.data)
    assert make_device(again.about).connect() == "Success"


def test_an_embedded_broker_does_not_start_beside_workers(fleet, refused):
    assert "uses the database" in refused("--database", fleet.database)


def test_a_database_that_was_away_is_occupied_again(postgres, start_local_cloud, refused):
    database = postgres.new_database()
    start_local_cloud("--database", database)
    postgres.stop_server()
    postgres.start()

    def locks():
        with psycopg.connect(database) as connection:
            query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted"
            query += " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            return connection.execute(query).fetchone()[0]

    wait_for(locks, bool)
    assert "uses the database" in refused("--database", database)

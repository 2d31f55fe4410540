"""Workers whose database's disk is full: the broker keeps what they cannot store, and it is stored later."""

import psycopg
import pytest
from loads import stored_numbers
from localcloud.remote import RemoteError

REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON samples FOR EACH ROW EXECUTE FUNCTION refuse();
"""
PERMIT = "DROP TRIGGER refuse ON samples; DROP FUNCTION refuse()"


@pytest.fixture
def full(fleet):
    """Make the disk full; `full()` makes room."""

    def execute(statements):
        with psycopg.connect(fleet.database, autocommit=True) as connection:
            connection.execute(statements)

    ended = []

    def end():
        ended.append(True)
        execute(PERMIT)

    execute(REFUSE)
    yield end
    if not ended:
        end()


def test_values_wait_at_the_broker_without_a_reconnection(fleet, apis, device, full):
    before = [len(worker.process.stderr) for worker in fleet.workers]
    for number in range(1, 301):
        device.publish_records([{0: "count", 2: number}])
    with pytest.raises(RemoteError, match="the disk of the PostgreSQL server is full"):
        for api in apis:
            api.request("PUT", "/things/%s/variables/led/value" % device.thing_id, {"value": True})
    full()
    assert stored_numbers(apis[0], device.about, 300) == list(range(1, 301))
    log = "".join(worker.process.stderr[at:] for worker, at in zip(fleet.workers, before))
    assert "connection to the broker lost" not in log and "Traceback" not in log
    assert 1 <= log.count("is full") <= 2 * len(fleet.workers), log

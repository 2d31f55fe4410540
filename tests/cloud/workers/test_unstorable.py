"""A message that the database refuses costs only itself: others in the partition, and later ones, are stored."""

import uuid

import cbor2
import psycopg
import pytest
from loads import stored_numbers
from localcloud.workers.coordination import partition_of

DEVICE_BEGIN, WIFI_FW_VERSION = 0x010700, 0x012014


@pytest.fixture
def neighbour(apis, fleet, project, make_device):
    """A connected device in the project's partition, with its own thing."""
    here, id = partition_of(project["device_id"]), None
    while id is None or partition_of(id) != here:
        id = str(uuid.uuid4())
    made = apis[0].request("POST", "/devices", {"name": "neighbour", "id": id})
    body = {"name": "its thing", "device_id": id, "variables": [{"name": "count", "type": "INT"}]}
    thing = apis[0].request("POST", "/things", body)
    about = {**project, "device_id": id, "secret": made["secret"], "thing_id": thing["id"]}
    device = make_device(about)
    assert device.connect() == "Success"
    return device


def numbers_after(fleet, api, device, poison):
    """Send the poison; return what is stored of the neighbour then, and what the workers have logged meanwhile."""
    before = [len(worker.process.stderr) for worker in fleet.workers]
    poison()
    for number in range(1, 11):
        device.publish_records([{0: "count", 2: number}])
    stored = stored_numbers(api, device.about, 10)
    return stored, "".join(worker.process.stderr[at:] for worker, at in zip(fleet.workers, before))


@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        ("c/up", cbor2.CBORTag(DEVICE_BEGIN, ["1.0\0"])),
        ("c/up", cbor2.CBORTag(WIFI_FW_VERSION, ["1.0\0"])),
        ("e/o", [{0: "LIB_VERSION", 3: "1.0\0"}]),
        ("e/o", [{0: "rssi", 2: float("nan")}, {0: "position:lat", 2: float("inf")}]),
    ],
)
def test_what_a_device_says_of_itself_stops_no_neighbour(fleet, apis, device, neighbour, channel, payload):
    def poison():
        device.publish(device.device_topic(channel), cbor2.dumps(payload))

    numbers, log = numbers_after(fleet, apis[0], neighbour, poison)
    assert numbers == list(range(1, 11))
    assert "stored" not in log and "lost" not in log, log


@pytest.fixture
def refused_by_the_database(fleet, project):
    """Make the database refuse the data of every change to the device."""
    table, refuse = "devices", "refuse_" + project["device_id"].replace("-", "_")
    with psycopg.connect(fleet.database, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'not a version' USING ERRCODE = 'data_exception'; END $$" % refuse
        )
        connection.execute(
            "CREATE TRIGGER %s BEFORE UPDATE ON %s FOR EACH ROW WHEN (NEW.id = '%s') EXECUTE FUNCTION %s()"
            % (refuse, table, project["device_id"], refuse)
        )
        yield
        connection.execute("DROP TRIGGER %s ON %s" % (refuse, table))


def test_a_message_that_can_never_be_stored_is_dropped_with_one_line(
    fleet, apis, device, neighbour, refused_by_the_database
):
    topic = device.device_topic("c/up")

    def poison():
        device.publish(topic, cbor2.dumps(cbor2.CBORTag(DEVICE_BEGIN, ["1.0"])))

    numbers, log = numbers_after(fleet, apis[0], neighbour, poison)
    assert numbers == list(range(1, 11))
    (line,) = [line for line in log.splitlines() if "stored" in line or "lost" in line]
    assert "%r dropped, it can never be stored" % topic in line and "not a version" in line

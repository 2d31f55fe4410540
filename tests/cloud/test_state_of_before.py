"""A data folder of an older local cloud, with SQLite and with PostgreSQL: all of it works on today's."""

import base64
import json
import sqlite3
import urllib.parse
import urllib.request
from pathlib import Path

import cbor2
import psycopg
import pytest
from databases import Postgres
from toolchain.paths import ROOT

BEFORE = Path(__file__).parent / "state_of_before"
KNOWN = json.loads((BEFORE / "known.json").read_text())
BOARD, STATION = KNOWN["board"], KNOWN["station"]
OTA_BEGIN = 0x010000
PROGRAM = """
from program import *

client = ArduinoCloudClient(%(credentials)s, server="localhost", port=%(port)d, ssl_params=%(params)r)
client.register("count", value=None)
client.register("led", value=None, on_write=lambda client, value: print("led is", value))
run(client, globals())
"""


def make_folder(folder):
    """Make the data folder of before, without its database."""
    for name, data in json.loads((BEFORE / "files.json").read_text()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request, tmp_path_factory):
    """The folder of before, and the arguments with which today's cloud uses its database."""
    folder = tmp_path_factory.mktemp("before")
    make_folder(folder)
    script = (BEFORE / (request.param + ".sql")).read_text()
    if request.param == "sqlite":
        connection = sqlite3.connect(folder / "cloud.sqlite3")
        connection.executescript(script)
        connection.close()
        yield folder, []
        return
    postgres = Postgres()
    try:
        url = postgres.new_database()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(script)
        yield folder, ["--database", url]
    finally:
        postgres.stop()


@pytest.fixture
def cloud(database, start_local_cloud):
    """Today's cloud on the state of before. The database is brought up to date once; then it is a later start."""
    folder, arguments = database
    return start_local_cloud(*arguments, data=folder)


def fetch(url, *, token=None, form=None):
    """Get an answer in JSON, or raise."""
    headers = {"Authorization": "Bearer " + token} if token else {}
    data = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
        return json.load(answer)


def token_of(cloud, key):
    form = {"grant_type": "client_credentials", "client_id": key, "client_secret": KNOWN["api_keys"][key]}
    return fetch(cloud.token_url, form=form)["access_token"]


def station(cloud):
    """Return what PahoDevice needs to act as the device with a generated secret."""
    return {**cloud.about, **STATION}


def test_the_cloud_tells_of_itself_as_before(cloud):
    assert {name: cloud.about[name] for name in KNOWN["default"]} == KNOWN["default"]
    assert Path(cloud.ca_der_file).read_bytes().hex() == BOARD["authority"]


def test_devices_log_in_with_their_secrets_and_get_their_last_values(cloud, make_device):
    for device_id, secret in KNOWN["secrets"].items():
        device = make_device({**cloud.about, "device_id": device_id, "secret": secret}, port="mqtts_port")
        assert device.connect("localhost") == "Success"
    device = make_device(station(cloud))
    assert device.connect() == "Success"
    assert device.subscribe(device.device_topic("c/dw")) == 1
    device.publish(device.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(0x010500, [])))
    tag, (records,) = device.command()
    values = {record.get(0): record for record in cbor2.loads(records)}
    assert values["led"][4] is True and values["text"][3] == "héllo" and values["temperature"][2] == 21.5


def test_the_default_device_has_its_certificate(cloud, make_device):
    device = make_device(cloud.about, port="mtls_port")
    assert device.connect("localhost") == "Success"
    device.publish_records([{0: "clk", 3: "12:34"}])


def test_last_values_and_histories_are_there(cloud, api_of):
    api = api_of(cloud.about)
    for thing_id, values in KNOWN["values"].items():
        assert {name: api.variable(name, thing_id)["value"] for name in values} == values
    history = api.history("temperature", STATION["thing_id"])
    assert [each["value"] for each in history] == KNOWN["history"]["temperature"]


def test_api_keys_get_tokens_for_things_and_dashboards(cloud):
    tokens = [token_of(cloud, key) for key in KNOWN["api_keys"]]
    things = [{each["id"] for each in fetch(cloud.http + "/iot/v2/things", token=token)} for token in tokens]
    assert things == [{STATION["thing_id"], BOARD["thing_id"], cloud.thing_id}, set()]
    (dashboard,) = fetch(cloud.http + "/iot/v3/dashboards", token=tokens[0])
    assert {name: dashboard[name] for name in ("id", "name")} == KNOWN["dashboard"]
    assert dashboard["widgets"][0]["variables"][0]["name"] == "temperature"


def test_a_firmware_file_waits_for_its_device(cloud, make_device, tmp_path):
    device = make_device(station(cloud))
    assert device.connect() == "Success"
    assert device.subscribe(device.device_topic("c/dw")) == 1
    device.publish(device.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(OTA_BEGIN, [bytes(32)])))
    _, (_, address, _, digest) = device.command()
    assert digest.hex() == KNOWN["ota"]["file_sha"]
    path = urllib.parse.urlsplit(address).path
    with urllib.request.urlopen(cloud.http + path, timeout=10) as answer:
        assert answer.read() == bytes(range(256)) * 2


@pytest.mark.parametrize("port", ["mqtts_port", "mtls_port"])
def test_a_provisioned_board_goes_on(cloud, micropython, api_of, tmp_path, port):
    """The project's client on MicroPython, with the files that the board was given when it was provisioned."""
    files = {name: tmp_path / (name + ".der") for name in ("certificate", "key", "authority")}
    for name, path in files.items():
        path.write_bytes(bytes.fromhex(BOARD[name]))
    params = {"cafile": str(files["authority"]), "server_hostname": "localhost"}
    if port == "mtls_port":
        params.update(keyfile=str(files["key"]), certfile=str(files["certificate"]))
        about, variable, number = BOARD, "count", 42
        credentials = repr(BOARD["device_id"])
    else:
        about, variable, number = STATION, "led", True
        credentials = "%(device_id)r, %(device_id)r, %(secret)r" % STATION
    names = {"port": cloud.about[port], "credentials": credentials, "params": params}
    script = tmp_path / "board.py"
    script.write_text(PROGRAM % names)
    board = micropython(32).start(script, path=[ROOT / "tests" / "support" / "device"])
    board.send("until(lambda: client[%r] == %r, 1)\n" % (variable, number))
    board.wait_for("until 1", timeout=20)
    api = api_of(cloud.about)
    assert api.request("GET", "/devices/" + about["device_id"])["online"] is True

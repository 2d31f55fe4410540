"""Nothing is lost: a cloud killed at random moments under load starts again with everything it acknowledged."""

import hashlib
import json
import os
import random
import signal
import sqlite3
import time
import urllib.request

import pytest
from brokers import free_ports
from forked_cloud import ForkedCloud
from kill_load import STAMP_BASE, Board, Builder
from processes import Process
from toolchain.paths import TOOLS, VENV_PYTHON

KILLS_UNDER_LOAD = 50
KILLS_OF_STARTS = 6
LONGEST_LOAD = 0.4
"""The longest time from the first request to the kill, in seconds."""
START_TAKES = 1.5
"""A start may be killed within this many seconds: about as long as it takes."""
KEPT = """device_id secret thing_id user_id api_key_id api_key_secret api_token mqtt_port http ca_file
client_key client_cert""".split()


class KilledCloud:
    """`local-cloud serve` that keeps its data folder and its ports."""

    def __init__(self, data):
        self.data = data
        mqtt, http = free_ports(2)
        self._arguments = ["serve", "--ephemeral", "--json", "--data", data, "--log-level", "error"]
        self._arguments += ["--mqtt-port", mqtt, "--http-port", http]
        self.process = None
        self.kills = 0

    def begin(self):
        """Start it without waiting until it is ready."""
        command = [VENV_PYTHON, "-m", "localcloud", *self._arguments]
        self.process = Process(command, {**os.environ, "PYTHONPATH": str(TOOLS)})

    def start(self):
        """Start it, and return what it says about itself."""
        self.process = ForkedCloud(self._arguments)
        return json.loads(self.process.wait_for(r"\A(.*)\n", 30).group(1))

    def kill(self):
        assert self.process.returncode is None, self.process.stderr
        self.process.signal(signal.SIGKILL)
        assert self.process.wait().returncode == -signal.SIGKILL
        self.kills += 1

    def query(self, question, *parameters):
        """Query the database itself."""
        connection = sqlite3.connect("file:%s?mode=ro" % (self.data / "cloud.sqlite3"), uri=True)
        try:
            return connection.execute(question, parameters).fetchall()
        finally:
            connection.close()

    def check_consistency(self):
        assert self.query("PRAGMA integrity_check") == [("ok",)]
        assert self.query("PRAGMA foreign_key_check") == []


@pytest.fixture
def killed_cloud(tmp_path):
    cloud = KilledCloud(tmp_path / "data")
    yield cloud
    if cloud.process is not None:
        cloud.process.stop()


@pytest.fixture
def chance():
    """Random numbers. A failing test reports their seed, which KILLS_SEED sets."""
    seed = int(os.environ.get("KILLS_SEED") or random.randrange(2**32))
    print("KILLS_SEED=%d" % seed)
    return random.Random(seed)


def new_user(about, name):
    headers = {"Authorization": "Bearer " + about["api_token"], "Content-Type": "application/json"}
    data = json.dumps({"name": name}).encode()
    request = urllib.request.Request(about["http"] + "/local/v1/users", data, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def make_variables(builder, about):
    """Give the default thing, which the board feeds, its two variables."""
    for name in ("plain", "stamped"):
        body = {"name": name, "permission": "READ_ONLY", "type": "INT", "update_strategy": "ON_CHANGE"}
        builder.request("PUT", "/iot/v2/things/%s/properties" % about["thing_id"], body)


SAMPLES = """SELECT samples.value, time_us FROM samples JOIN variables ON variables.id = variable_id
WHERE variable_name = ? ORDER BY samples.id"""


def numbers(cloud, name):
    """Return the board's numbers in the store. Those with a time stamp must have the right one."""
    found = [(int(value), time_us) for value, time_us in cloud.query(SAMPLES, name)]
    if name == "stamped":
        assert all(time_us == (STAMP_BASE + n) * 1_000_000 for n, time_us in found)
    return [n for n, _ in found]


def check_board(cloud, board):
    """Every acknowledged message is stored, the others completely or not at all, and none twice."""
    plain, stamped = numbers(cloud, "plain"), numbers(cloud, "stamped")
    assert sorted(plain) == sorted(stamped)
    assert len(plain) == len(set(plain))
    missing = board.acknowledged - set(plain)
    assert not missing, "acknowledged, but not stored: %s" % sorted(missing)
    assert set(plain) <= set(range(board.published))
    board.connect()
    assert sorted(numbers(cloud, "plain")) == list(range(board.published))
    assert sorted(numbers(cloud, "stamped")) == list(range(board.published))


def check_uploads(cloud, builders):
    """Every acknowledged firmware file is stored as it was sent."""
    rows = {row[0]: row[1:] for row in cloud.query("SELECT id, device_id, sha256 FROM ota_updates")}
    for builder in builders:
        for id, upload in builder.uploads.items():
            assert rows[id] == upload
    for id, (_, digest) in rows.items():
        assert hashlib.sha256((cloud.data / "ota" / (id + ".ota")).read_bytes()).hexdigest() == digest


def check_series(builder, about, board):
    """The Application API returns the same numbers as the store."""
    builder.hang_up()
    path = "/iot/v2/things/%s/properties" % about["thing_id"]
    (stamped,) = [each for each in builder.request("GET", path) if each["name"] == "stamped"]
    assert stamped["last_value"] == board.published - 1
    found = []
    for start in range(0, board.published, 1000):
        ask = {"q": "property." + stamped["id"], "sort": "ASC"}
        for name, seconds in (("from", start), ("to", start + 1000)):
            ask[name] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(STAMP_BASE + seconds))
        body = {"requests": [ask], "resp_version": 1}
        found += builder.request("POST", "/iot/v2/series/batch_query_raw", body)["responses"][0]["values"]
    assert found == list(range(board.published))


@pytest.mark.timeout(240)
def test_a_start_that_is_killed_can_be_repeated(killed_cloud, chance):
    for _ in range(KILLS_OF_STARTS // 2):
        killed_cloud.begin()
        time.sleep(chance.uniform(0.2, START_TAKES))
        killed_cloud.kill()
    about = killed_cloud.start()
    killed_cloud.check_consistency()
    key = {"id": about["user_id"], **about}
    builder, board = Builder(about, key, chance), Board(about)
    assert len(builder.state["things"]) == len(builder.state["devices"]) == 1
    board.connect()
    board.close()
    for _ in range(KILLS_OF_STARTS // 2):
        killed_cloud.kill()
        killed_cloud.begin()
        time.sleep(chance.uniform(0.2, START_TAKES))
    killed_cloud.kill()
    again = killed_cloud.start()
    assert {name: again[name] for name in KEPT} == {name: about[name] for name in KEPT}
    builder.check()


@pytest.mark.timeout(600)
def test_what_was_acknowledged_survives_kills_under_load(killed_cloud, chance):
    about = killed_cloud.start()
    default = Builder(about, {"id": about["user_id"], **about}, chance)
    make_variables(default, about)
    board = Board(about)
    names = "builder", "another builder"
    builders = [Builder(about, new_user(about, name), random.Random(chance.random())) for name in names]
    board.connect()
    sources = [board, *builders]
    for _ in range(KILLS_UNDER_LOAD):
        for source in sources:
            source.start()
        time.sleep(chance.uniform(0, LONGEST_LOAD))
        killed_cloud.kill()
        for source in sources:
            source.stop()
        killed_cloud.start()
        killed_cloud.check_consistency()
        check_board(killed_cloud, board)
        check_uploads(killed_cloud, builders)
        for builder in builders:
            builder.check()
    check_series(default, about, board)
    board.close()
    changes = [builder.acknowledged for builder in builders]
    print("%d kills, %d messages, changes: %s" % (killed_cloud.kills, board.published, changes))
    assert killed_cloud.kills == KILLS_UNDER_LOAD
    assert board.published > 10 * KILLS_UNDER_LOAD
    assert min(changes) > KILLS_UNDER_LOAD

"""A real local cloud keeps what it is told to keep, from its start on."""

import json
import sqlite3
import time
import urllib.error
import urllib.request

import pytest
from local_clouds import LocalCloud

DAY_US = 86400 * 10**6


def samples(cloud):
    with sqlite3.connect(cloud.about["data"] + "/cloud.sqlite3") as store:
        return [row[0] for row in store.execute("SELECT time_us FROM samples ORDER BY time_us")]


def request(cloud, method, path, body):
    token = {"grant_type": "client_credentials", "client_id": cloud.api_key_id, "client_secret": cloud.api_key_secret}
    form = "&".join("%s=%s" % pair for pair in token.items()).encode()
    with urllib.request.urlopen(cloud.token_url, form, 10) as answer:
        token = json.load(answer)["access_token"]
    asked = urllib.request.Request(cloud.http + "/iot" + path, json.dumps(body).encode(), method=method)
    asked.add_header("Authorization", "Bearer " + token)
    asked.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.read()


@pytest.fixture
def old(tmp_path):
    """A data folder with 200,000 values of the last 200 days."""
    LocalCloud(tmp_path).stop()
    now = time.time_ns() // 1000
    with sqlite3.connect(tmp_path / "cloud.sqlite3") as store:
        (variable,) = store.execute("SELECT id FROM variables ORDER BY id LIMIT 1").fetchone()
        store.execute(
            "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 199999)"
            " INSERT INTO samples (variable_id, time_us, value, number) SELECT ?, ? - n * ?, n, n FROM n",
            (variable, now, DAY_US // 1000),
        )
        store.execute("UPDATE variables SET last_value = 0, value_updated_at = ? WHERE id = ?", (now, variable))
    store.close()
    return tmp_path


def test_old_values_go_and_the_space_comes_back(old):
    before = (old / "cloud.sqlite3").stat().st_size
    cloud = LocalCloud(old, "--keep", "20d")
    try:
        cloud.process.wait_for(r"(\d+) old values removed", 30, stream="stderr")
        left = samples(cloud)
        assert 19_900 < len(left) <= 20_001 and min(left) > time.time_ns() // 1000 - 20 * DAY_US - 60 * 10**6
        deadline = time.monotonic() + 20
        while (old / "cloud.sqlite3").stat().st_size > before / 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (old / "cloud.sqlite3").stat().st_size < before / 2
        assert cloud.stop() == 0
    finally:
        cloud.stop()
    assert "Traceback" not in cloud.process.stderr


def test_without_keep_all_values_stay(old):
    cloud = LocalCloud(old)
    try:
        request(cloud, "PUT", "/v2/things/%s/tags" % cloud.thing_id, {"key": "local-cloud-keep", "value": "2d"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            request(cloud, "PUT", "/v2/things/%s/tags" % cloud.thing_id, {"key": "local-cloud-keep.x", "value": "2"})
        said = refused.value.read().decode()
        assert refused.value.code == 400 and "local-cloud-keep.x: expected a time of at least 1h" in said
        assert len(samples(cloud)) == 200_000
    finally:
        cloud.stop()
    # The tag counts from the next look on.
    cloud = LocalCloud(old)
    try:
        cloud.process.wait_for(r"(\d+) old values removed", 30, stream="stderr")
        assert len(samples(cloud)) <= 2001
    finally:
        cloud.stop()

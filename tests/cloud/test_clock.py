"""A jump of the host's clock is logged and counted, a plainly wrong clock is said, and log-ins go on working."""

import logging
import time
import uuid

import pytest
from clocked_clouds import ClockedCloud
from localcloud.identity.tokens import LIFETIME, Tokens
from localcloud.store.catalogue import record_facts
from localcloud.store.credentials import Grant
from localcloud.store.models import OtaUpdate, now_us
from localcloud.store.ota_updates import progress_of

HOUR = 3600
WAIT = 10


@pytest.fixture
def cloud(tmp_path):
    """A cloud that looks at its clock many times a second."""
    cloud = ClockedCloud(tmp_path, look_every_s=0.02)
    yield cloud
    cloud.stop()


def wait_for(condition):
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def status(api):
    return api.request("GET", "/status")


@pytest.mark.parametrize("jump_s, way", [(-2 * HOUR, "back"), (3 * HOUR, "forward"), (-5, "back")])
def test_a_jump_is_logged_in_one_line_and_counted(cloud, api_of, caplog, jump_s, way):
    api = api_of(cloud.about)
    caplog.set_level(logging.WARNING)
    assert "clock_jumps" not in status(api)["counts"]
    cloud.ahead_s = jump_s
    wait_for(lambda: status(api)["counts"].get("clock_jumps") == 1)
    (line,) = [record.getMessage() for record in caplog.records if "clock was set" in record.getMessage()]
    assert "set %s by %d.0 s" % (way, abs(jump_s)) in line


def test_small_corrections_are_no_jumps(cloud, api_of):
    for i in range(20):
        cloud.ahead_s += 0.5
        cloud.run(cloud.cloud._clock_watch.look())
    assert "clock_jumps" not in status(api_of(cloud.about))["counts"]


def test_a_clock_far_behind_the_newest_value_is_said_until_it_is_right(cloud, api_of):
    api = api_of(cloud.about)
    api.set_value("led", True)
    assert status(api)["warnings"] == []
    cloud.ahead_s = -5 * HOUR
    wait_for(lambda: any("clock may be wrong" in text for text in status(api)["warnings"]))
    cloud.ahead_s = 0
    wait_for(lambda: status(api)["warnings"] == [])


def test_a_host_without_a_clock_is_said(cloud, api_of):
    api = api_of(cloud.about)
    cloud.ahead_s = -time.time() + 100
    wait_for(lambda: any("it says 1970-01-01" in text for text in status(api)["warnings"]))
    cloud.ahead_s = 0
    wait_for(lambda: status(api)["warnings"] == [])


@pytest.mark.parametrize("jump_s", [-2 * HOUR, 2 * HOUR, -400 * 24 * HOUR])
def test_users_and_devices_log_in_after_a_jump(cloud, api_of, make_device, jump_s):
    tokens = cloud.run(Tokens.of(cloud.cloud.store))
    grant = Grant("user", "key", 0)
    before = tokens.issue(grant)
    assert tokens.grant_in(before) == grant
    cloud.ahead_s = jump_s
    assert tokens.grant_in(tokens.issue(grant)) == grant
    assert (tokens.grant_in(before) == grant) == (jump_s < 0)
    assert tokens.grant_in(tokens.issue(grant, lifetime=0)) is None
    cloud.ahead_s += LIFETIME + 1
    device = make_device(cloud.about)
    assert device.connect() == "Success"



def test_an_updates_progress_is_told_in_order_after_the_clock_was_set_back(cloud):
    device_id, id = cloud.about["device_id"], uuid.uuid4()

    def report(state):
        facts = {"id": id.bytes, "state": state, "state_data": 0, "time": 0}
        cloud.run(cloud.cloud.store.write(lambda session: record_facts(session, device_id, "OtaProgress", facts)))

    def make(session):
        times = {"created_at": now_us(), "expires_at": now_us() + 24 * HOUR * 1_000_000}
        update = OtaUpdate(id=str(id), device_id=device_id, status="pending", sha256="", size=1, **times)
        session.add(update)

    cloud.run(cloud.cloud.store.write(make))
    report(1)
    cloud.ahead_s = -2 * HOUR
    report(2)
    read = cloud.cloud.store.read(lambda session: progress_of(session, session.get(OtaUpdate, str(id))))
    assert [event.value["state"] for event in cloud.run(read)] == [1, 2]

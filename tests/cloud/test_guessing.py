"""Somebody tries wrong secrets at a running cloud, with hashes of the usual cost: what the others notice of it."""

import asyncio
import json
import re
import sqlite3
import statistics
import urllib.error
import urllib.request
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from local_clouds import LocalCloud
from localcloud.identity.hashed_secrets import is_fast, new_secret
from localcloud.remote import RemoteCloud
from old_hashes import old_hash
from raw_logins import (
    ACCEPTED,
    REFUSED,
    UNAVAILABLE,
    device_login,
    leave_at_once,
    token_login,
)

OTHER = "127.0.0.2"
"""Another address of this machine."""
USUAL_COST = 14


class Cloud:
    """A cloud, and what the tests ask of it. Devices are made in its database, to give them old hashes."""

    def __init__(self, process):
        self.process = process
        self.about = process.about
        self.request = RemoteCloud(self.about).request

    def device(self, secret=None):
        """Make a device. With a secret it has an old, slow hash, such as a password that a person has chosen."""
        made = self.request("POST", "/devices", {"name": "board"})
        if secret is None:
            return made["id"], made["secret"]
        with closing(sqlite3.connect(Path(self.about["data"], "cloud.sqlite3"), timeout=10)) as database, database:
            stored = old_hash(secret, USUAL_COST)
            database.execute("UPDATE devices SET secret_hash = ? WHERE id = ?", (stored, made["id"]))
        return made["id"], secret

    def stored_hash(self, device_id):
        with closing(sqlite3.connect(Path(self.about["data"], "cloud.sqlite3"), timeout=10)) as database:
            return database.execute("SELECT secret_hash FROM devices WHERE id = ?", (device_id,)).fetchone()[0]

    def counts(self):
        return self.request("GET", "/status")["counts"]

    def audited(self):
        """Return what the audit log has of refusals. It is written some moments later."""
        with closing(sqlite3.connect(Path(self.about["data"], "cloud.sqlite3"), timeout=10)) as database:
            query = "SELECT action, by, address, about FROM audit_entries WHERE action LIKE '% refused' ORDER BY id"
            return database.execute(query).fetchall()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A cloud in a process of its own. Forked ones have cheap hashes."""
    process = LocalCloud(tmp_path_factory.mktemp("guessed"), env={})
    yield Cloud(process)
    process.stop()


@pytest.fixture
def quiet_cloud(tmp_path):
    """A cloud at which nobody has guessed yet."""
    process = LocalCloud(tmp_path)
    yield Cloud(process)
    process.stop()


async def together(*logins):
    return await asyncio.gather(*logins)


async def during(flood, login):
    """Log in right after a flood of others. Return the answer, and how many of the flood were refused before it.

    That number tells about fairness on a busy machine too, where seconds do not.
    """
    refused = []

    async def note(each):
        if getattr(await each, "code", None) in (REFUSED, 401):
            refused.append(1)

    tasks = [asyncio.ensure_future(note(each)) for each in flood]
    await asyncio.sleep(0)
    answer = await login
    before = len(refused)
    await asyncio.gather(*tasks, return_exceptions=True)
    return answer, before


@pytest.mark.parametrize("chosen", [None, "my own password"])
def test_a_first_login_does_not_wait_for_wrong_secrets_of_another_device(cloud, chosen):
    victim, _ = cloud.device("her password")
    mine = cloud.device(chosen)
    flood = [device_login(cloud.about, victim, "wrong %d" % number) for number in range(100)]
    login, before = asyncio.run(during(flood, device_login(cloud.about, *mine)))
    assert login.code == ACCEPTED and before < 20


@pytest.mark.parametrize("chosen", [None, "my own password"])
def test_a_first_login_does_not_wait_for_wrong_secrets_of_many_devices(cloud, chosen):
    victims = [cloud.device("her password")[0] for _ in range(4)]
    mine = cloud.device(chosen)

    async def run():
        # What has been wrong before comes after what may be right.
        await together(*(device_login(cloud.about, victim, "wrong") for victim in victims))
        flood = [device_login(cloud.about, victims[number % 4], "wrong %d" % number) for number in range(60)]
        return await during(flood, device_login(cloud.about, *mine))

    login, before = asyncio.run(run())
    assert login.code == ACCEPTED and before < 40


def test_a_first_login_does_not_wait_for_who_has_gone(cloud):
    victim, _ = cloud.device("her password")
    mine = cloud.device("my own password")
    flood = [leave_at_once(cloud.about, victim, "wrong %d" % number) for number in range(400)]
    login, _ = asyncio.run(during(flood, device_login(cloud.about, *mine, source=OTHER)))
    assert login.code == ACCEPTED and login.seconds < 4


def test_a_token_does_not_wait_for_wrong_secrets_of_another_key(cloud):
    victim = cloud.request("POST", "/users", {"name": "victim"})["api_key_id"]
    key = cloud.request("POST", "/users", {"name": "other"})
    mine = key["api_key_id"], key["api_key_secret"]
    flood = [token_login(cloud.about, victim, "wrong %d" % number) for number in range(100)]
    login, before = asyncio.run(during(flood, token_login(cloud.about, *mine)))
    assert login.code == 200 and before < 20


def test_a_generated_secret_gets_in_while_the_same_device_is_guessed_from_the_same_address(cloud):
    mine = cloud.device()

    async def run():
        flood = [device_login(cloud.about, mine[0], "wrong %d" % number) for number in range(60)]
        return await during(flood, device_login(cloud.about, *mine))

    login, before = asyncio.run(run())
    assert login.code == ACCEPTED and before < 20


def test_a_chosen_password_gets_in_from_another_address_while_the_device_is_guessed(cloud):
    mine = cloud.device("my own password")

    async def run():
        flood = [device_login(cloud.about, mine[0], "wrong %d" % number) for number in range(60)]
        return await during(flood, device_login(cloud.about, *mine, source=OTHER))

    login, before = asyncio.run(run())
    assert login.code == ACCEPTED and before < 20


def test_a_chosen_password_gets_in_beside_somebody_who_guesses_one_after_the_other(cloud):
    mine = cloud.device("my own password")

    async def run():
        for number in range(6):
            assert (await device_login(cloud.about, mine[0], "wrong %d" % number)).code == REFUSED
        guess = asyncio.ensure_future(device_login(cloud.about, mine[0], "wrong again"))
        await asyncio.sleep(0)
        login = await device_login(cloud.about, *mine)
        await guess
        return login

    login = asyncio.run(run())
    assert login.code == ACCEPTED and login.seconds < 2.5


def test_answers_to_wrong_secrets_come_slower_and_slower(cloud):
    mine = cloud.device()

    async def run():
        return [await device_login(cloud.about, mine[0], "wrong %d" % number) for number in range(7)]

    logins = asyncio.run(run())
    assert [login.code for login in logins] == [REFUSED] * 7
    assert logins[-1].seconds > 1.2 > 4 * 0.29 and min(login.seconds for login in logins) > 0.29


def test_too_many_at_once_are_told_to_come_again_and_nothing_more(cloud):
    device_id, _ = cloud.device("her password")
    key = cloud.request("POST", "/users", {"name": "crowd"})["api_key_id"]

    async def run():
        devices = await together(*(device_login(cloud.about, device_id, "wrong %d" % n) for n in range(60)))
        tokens = await together(*(token_login(cloud.about, key, "wrong %d" % n) for n in range(60)))
        return devices, tokens

    before = cloud.counts().get("not compared: device", 0)
    devices, tokens = asyncio.run(run())
    codes = [login.code for login in devices]
    assert set(codes) == {REFUSED, UNAVAILABLE}
    assert cloud.counts()["not compared: device"] - before == codes.count(UNAVAILABLE)
    assert {login.code for login in tokens} <= {401, 503}
    assert all("retry-after: 1" in login.headers for login in tokens if login.code == 503)


def test_the_time_of_a_refusal_does_not_tell_which_devices_and_keys_exist(cloud):
    slow = [cloud.device("her password")[0] for _ in range(3)]
    fast = [cloud.device()[0] for _ in range(3)]
    unknown = [str(uuid.uuid4()) for _ in range(3)] + ["nobody", "no\tid"]
    keys = [cloud.request("POST", "/users", {"name": "timed %d" % number})["api_key_id"] for number in range(3)]

    groups = [*((device_login, ids) for ids in (slow, fast, unknown)), (token_login, keys), (token_login, unknown)]

    async def run():
        found = [[] for _ in groups]
        for secret in ("wrong", new_secret()):
            # All at once, so that the machine's other work delays all of them.
            every = [together(*(login(cloud.about, id, secret) for id in ids)) for login, ids in groups]
            for times, logins in zip(found, await together(*every)):
                times += [login.seconds for login in logins]
        return found

    middles = [statistics.median(times) for times in asyncio.run(run())]
    assert max(middles) < 1.5 * min(middles), middles


@pytest.mark.parametrize("chosen", [None, "my own password"])
def test_a_secret_followed_by_a_nul_is_another_one(cloud, chosen):
    device_id, secret = cloud.device(chosen)
    for wrong in (secret + "\0", secret + "\0\0"):
        assert asyncio.run(device_login(cloud.about, device_id, wrong)).code == REFUSED
    assert asyncio.run(device_login(cloud.about, device_id, secret)).code == ACCEPTED


def test_bytes_that_are_no_text_are_not_the_text_that_python_shows_for_them(quiet_cloud):
    device_id, secret = quiet_cloud.device(repr(b"\xff is my password"))
    assert asyncio.run(device_login(quiet_cloud.about, device_id, b"\xff is my password")).code == REFUSED
    assert asyncio.run(device_login(quiet_cloud.about, device_id, secret)).code == ACCEPTED


def test_an_old_hash_of_a_generated_secret_is_replaced_by_a_fast_one_at_the_first_login(cloud):
    secret = new_secret()
    device_id, _ = cloud.device(secret)
    assert not is_fast(cloud.stored_hash(device_id))
    assert asyncio.run(device_login(cloud.about, device_id, secret)).code == ACCEPTED

    async def until_replaced():
        async with asyncio.timeout(10):
            while not is_fast(cloud.stored_hash(device_id)):
                await asyncio.sleep(0.05)

    asyncio.run(until_replaced())
    assert asyncio.run(device_login(cloud.about, device_id, secret)).code == ACCEPTED
    assert asyncio.run(device_login(cloud.about, device_id, "wrong")).code == REFUSED


def test_wrong_secrets_are_counted_logged_in_words_and_audited_without_the_secret(quiet_cloud):
    cloud = quiet_cloud
    device_id, _ = cloud.device()
    before = cloud.counts().get("refused: device", 0)

    async def run():
        for number in range(6):
            await device_login(cloud.about, device_id, "hunter%d" % number, source="127.0.0.3")
        async with asyncio.timeout(10):
            while len(found := [each for each in cloud.audited() if device_id in each[1]]) < 6:
                await asyncio.sleep(0.05)
        return found

    found = asyncio.run(run())
    assert cloud.counts()["refused: device"] - before == 6
    assert found[0] == ("device refused", "device " + device_id, "127.0.0.3", "1 wrong secret")
    line = r"127\.0\.0\.3: device '%s' refused: 6 wrong secrets from there" % device_id
    cloud.process.process.wait_for(line, stream="stderr")
    log = cloud.process.process.stderr
    assert "hunter" not in log + json.dumps(found) and "Traceback" not in log




@pytest.fixture
def cloud_behind_proxy(tmp_path):
    """A cloud behind the proxy 127.0.0.2."""
    process = LocalCloud(tmp_path, "--behind-proxy", OTHER)
    yield Cloud(process)
    process.stop()


def refused_from(cloud, count):
    """Return the addresses from which so many were refused, as the log has them."""
    cloud.process.process.wait_for("(?s)" + r"refused: the secret is wrong.*" * count, stream="stderr")
    return re.findall(r"WARNING (\S+): (?:device|API key) .* refused: the secret is wrong", cloud.process.process.stderr)


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_says(cloud_behind_proxy):
    cloud = cloud_behind_proxy
    device_id, secret = cloud.device()
    key = str(uuid.uuid4())
    header = "X-Forwarded-For: 203.0.113.9, 192.0.2.7"

    async def run():
        line = b"PROXY TCP4 192.0.2.8 127.0.0.1 4711 1883\r\n"
        return [
            (await token_login(cloud.about, key, "wrong", source=OTHER, headers=[header])).code,
            (await token_login(cloud.about, key, "wrong", headers=[header])).code,
            (await device_login(cloud.about, device_id, "wrong", source=OTHER, before=line)).code,
            (await device_login(cloud.about, device_id, secret, source=OTHER, before=line)).code,
            (await device_login(cloud.about, device_id, secret)).code,
        ]

    assert asyncio.run(run()) == [401, 401, REFUSED, ACCEPTED, ACCEPTED]
    assert refused_from(cloud, 3) == ["192.0.2.7", "127.0.0.1", "192.0.2.8"]


def test_without_that_option_nobody_is_believed(quiet_cloud):
    key = str(uuid.uuid4())
    header = "X-Forwarded-For: 192.0.2.7"
    asyncio.run(token_login(quiet_cloud.about, key, "wrong", headers=[header]))
    assert refused_from(quiet_cloud, 1) == ["127.0.0.1"]


def test_a_wrong_token_of_the_api_is_counted(quiet_cloud):
    request = urllib.request.Request(quiet_cloud.about["http"] + "/iot/v2/things")
    request.add_header("Authorization", "Bearer not.a.token")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=10)
    assert quiet_cloud.counts()["refused: API token"] == 1


def test_a_proxy_that_names_no_client_is_closed_with_a_line(cloud_behind_proxy):
    device_id, secret = cloud_behind_proxy.device()
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        asyncio.run(device_login(cloud_behind_proxy.about, device_id, secret, source=OTHER))
    line = r"127\.0\.0\.2: the connection of a proxy does not begin with a header of the PROXY protocol: closed"
    cloud_behind_proxy.process.process.wait_for(line, stream="stderr")
    assert "Traceback" not in cloud_behind_proxy.process.process.stderr


def test_a_proxy_that_is_no_address_is_refused_at_the_start(tmp_path):
    with pytest.raises(AssertionError, match="'proxy.example' is not the address of a proxy"):
        LocalCloud(tmp_path, "--behind-proxy", "proxy.example")

"""The users' side: tokens for API keys, login at the broker, what users see and may set."""

import sqlite3
from itertools import count

import cbor2
import jwt
import pytest
from local_clouds import LocalCloud
from localcloud.identity.tokens import USER_CLAIM, Tokens
from localcloud.store.credentials import Grant
from visitor import ask_token


def token_of(about):
    status, answer = ask_token(
        about,
        grant_type="client_credentials",
        client_id=about["api_key_id"],
        client_secret=about["api_key_secret"],
        audience="https://api2.arduino.cc/iot",
    )
    assert status == 200
    return answer["access_token"]


@pytest.fixture
def make_user(make_device):
    """`make_user(about, token=..., **options)` -> a PahoDevice that logs in as the user of `about`."""

    numbers = count()

    def make(about, token=None, **options):
        options.setdefault("client_id", "%s-%d" % (about["user_id"], next(numbers)))
        return make_device(about, device_id=about["user_id"], secret=token or token_of(about), **options)

    return make


@pytest.fixture
def user(project, make_user):
    """The default user, connected over WebSocket."""
    user = make_user(project, port="ws_port")
    assert user.connect() == "Success"
    return user


def test_an_api_key_gets_a_token_of_300_seconds(local_cloud):
    about = local_cloud.about
    for basic, fields in (
        (None, {"client_id": about["api_key_id"], "client_secret": about["api_key_secret"]}),
        ("%s:%s" % (about["api_key_id"], about["api_key_secret"]), {}),
        ("%s:%s" % (about["api_key_id"].replace("-", "%2D"), about["api_key_secret"]), {}),
    ):
        status, answer = ask_token(about, basic, grant_type="client_credentials", **fields)
        assert status == 200
        assert (answer["expires_in"], answer["token_type"]) == (300, "Bearer")
        claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
        assert claims[USER_CLAIM] == about["user_id"]
        assert claims["exp"] - claims["iat"] == 300


def test_a_wrong_key_is_refused_in_the_words_of_oauth(local_cloud):
    about = local_cloud.about
    good = {"client_id": about["api_key_id"], "client_secret": about["api_key_secret"]}
    for wrong in ({"client_secret": "wrong"}, {"client_secret": ""}, {"client_id": "nobody"}, {"client_id": about["user_id"]}):
        answer = ask_token(about, grant_type="client_credentials", **{**good, **wrong})
        assert answer == (401, {"error": "access_denied", "error_description": "Unauthorized"})
    assert ask_token(about, "a:b", grant_type="client_credentials")[0] == 401
    assert ask_token(about, grant_type="password", **good)[1]["error"] == "unsupported_grant_type"
    assert ask_token(about, **good)[0] == 400
    assert ask_token(about, grant_type="client_credentials")[1]["error"] == "invalid_request"
    assert ask_token(about, "no colon", grant_type="client_credentials")[0] == 400


@pytest.mark.parametrize("port", ["mqtt_port", "mqtts_port", "ws_port", "wss_port"])
def test_a_user_logs_in_with_the_token(local_cloud, make_user, port):
    assert make_user(local_cloud.about, port=port).connect() == "Success"


def test_a_forged_or_expired_token_is_refused(local_cloud, make_user):
    about = local_cloud.about
    good = token_of(about)
    head, claims, signature = good.split(".")
    decoded = jwt.decode(good, options={"verify_signature": False})
    forged = Tokens("00" * 32)
    for token in (
        forged.issue(Grant(about["user_id"], about["api_key_id"], 0)),
        jwt.encode(decoded, None, "none"),
        head + "." + claims + ".",
        head + "." + claims + "." + signature[::-1],
        "x.y.z",
        "..",
        about["api_key_secret"],
    ):
        assert make_user(about, token).connect() == "Not authorized", token
    assert make_user({**about, "user_id": about["device_id"]}, good).connect() == "Not authorized"


def test_a_token_expires():
    tokens = Tokens("11" * 32)
    grant = Grant("somebody", "a key", 0)
    assert tokens.grant_in(tokens.issue(grant, 60)) == grant
    assert tokens.grant_in(tokens.issue(grant, -1)) is None
    assert tokens.grant_in(jwt.encode({USER_CLAIM: "somebody", "iss": "local-cloud"}, bytes.fromhex("11" * 32))) is None


def test_a_user_sees_what_the_device_reports(user, device):
    topic = user.thing_topic("e/o")
    assert user.subscribe(topic) == 1
    payload = cbor2.dumps([{0: "count", 2: 7}, {0: "light:hue", 2: 1.5}])
    device.publish(topic, payload)
    assert user.message() == (topic, payload)  # unchanged
    user.unsubscribe(topic)
    device.publish(topic, payload)
    user.subscribe(topic)
    device.publish_records([{0: "count", 2: 8}])
    assert user.records() == (topic, [{0: "count", 2: 8}])


def test_what_a_user_sets_is_stored_and_goes_to_the_device(api, user, device):
    device.subscribe(device.thing_topic("e/i"))
    user.publish(user.thing_topic("e/i"), cbor2.dumps([{-3: 1700000000000, 0: "count", 2: 5}]))
    assert api.variable("count", device.thing_id)["value"] == 5
    assert device.records() == (device.thing_topic("e/i"), [{0: "count", 2: 5}])
    records = [{0: "light:swi", 4: True}, {0: "light:hue", 2: 9.5}]
    user.publish(user.thing_topic("e/i"), cbor2.dumps(records))
    got = {record[0]: record.get(2, record.get(4)) for record in device.records()[1]}
    assert (got["light:swi"], got["light:hue"]) == (True, 9.5)
    for i in range(50):
        user.publish(user.thing_topic("e/i"), cbor2.dumps([{0: "count", 2: i}]))
    assert [device.records()[1][0][2] for _ in range(50)] == list(range(50))


def test_a_user_sets_nothing_that_the_page_could_not(api, local_cloud, user, device):
    topic = user.thing_topic("e/i")
    device.publish_records([{0: "temperature", 2: 20.5}])
    for payload in (b"", b"\xff", cbor2.dumps([{0: "temperature", 2: 99}]), cbor2.dumps([{0: "nothing", 2: 1}])):
        user.publish(topic, payload)
    user.publish(topic, cbor2.dumps([{0: "count", 2: 1}]))
    assert api.variable("temperature", device.thing_id)["value"] == 20.5
    assert api.variable("count", device.thing_id)["value"] == 1


def test_a_user_gets_only_to_what_users_may(user, device, local_cloud):
    for topic in (
        "#",
        "/a/t/+/e/o",
        user.thing_topic("e/i"),
        user.thing_topic("shadow/i"),
        user.thing_topic("e/o", "00000000-0000-4000-8000-000000000000"),
        device.device_topic("e/i"),
        device.device_topic("c/dw"),
    ):
        assert user.subscribe(topic) == 0x80, topic
    user.publish(user.thing_topic("e/o"), cbor2.dumps([{0: "count", 2: 666}]))
    user.publish(device.device_topic("c/up"), b"\xda\x00\x01\x03\x00\x81\x60")
    assert user.subscribe(user.thing_topic("e/o")) == 1


def test_each_user_has_their_own_things(api, project, device, make_user, local_cloud):
    made = api.request("POST", "/users", {"name": "Somebody else"})
    other = {**project, "user_id": made["id"], "api_key_id": made["api_key_id"], "api_key_secret": made["api_key_secret"]}
    stranger = make_user(other)
    assert stranger.connect() == "Success"
    assert stranger.subscribe(stranger.thing_topic("e/o")) == 0x80
    stranger.publish(stranger.thing_topic("e/i"), cbor2.dumps([{0: "count", 2: 666}]))
    device.publish_records([{0: "count", 2: 1}])
    assert api.variable("count", device.thing_id)["value"] == 1
    own = api.request("POST", "/things", {"name": "own", "user_id": made["id"]})["id"]
    assert stranger.subscribe(stranger.thing_topic("e/o", own)) == 1
    default = make_user(project)
    assert default.connect() == "Success"
    assert default.subscribe(default.thing_topic("e/o", own)) == 0x80


def test_two_connections_of_a_user_take_turns_only_with_one_client_identifier(project, make_user, device):
    topic = device.thing_topic("e/o")
    first, second = make_user(project), make_user(project)
    for each in (first, second):
        assert each.connect() == "Success"
        each.subscribe(topic)
    device.publish_records([{0: "count", 2: 3}])
    assert first.records() == second.records()
    again = make_user(project, client_id=first.client._client_id.decode())
    assert again.connect() == "Success"
    first.wait_closed()


def test_user_and_key_stay(tmp_path):
    abouts = []
    for _ in range(2):
        cloud = LocalCloud(tmp_path)
        abouts.append(cloud.about)
        token_of(cloud.about)
        cloud.stop()
    for name in ("user_id", "api_key_id", "api_key_secret"):
        assert abouts[0][name] == abouts[1][name]


def test_data_of_the_version_without_users_is_taken_over(tmp_path, api_of, make_user):
    cloud = LocalCloud(tmp_path)
    cloud.stop()
    with sqlite3.connect(tmp_path / "cloud.sqlite3") as database:
        database.execute("ALTER TABLE things DROP COLUMN user_id")
        database.execute("UPDATE settings SET value = '1' WHERE name = 'schema'")
        for name in ("default_user", "default_api_key", "token_key"):
            database.execute("DELETE FROM settings WHERE name = ?", (name,))
        database.execute("DROP TABLE api_keys")
        database.execute("DROP TABLE users")
    cloud = LocalCloud(tmp_path)
    try:
        user = make_user(cloud.about)
        assert user.connect() == "Success"
        assert user.subscribe(user.thing_topic("e/o")) == 1
        api_of(cloud.about).set_value("led", True)
    finally:
        cloud.stop()

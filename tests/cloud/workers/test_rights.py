"""A device can use only its own topics at the broker. Secrets and certificates work, and none of them leaks."""

import asyncio
import json
import subprocess

import cbor2
import pytest
from loads import VARIABLES, at_broker, stored_numbers, wait_for
from localcloud.workers.address import BadBroker, parse
from publishers import Publisher
from toolchain.paths import TOOLS

REFUSED = 128


def _publish(make_device, about, topic, records):
    """Publish on a separate connection: mosquitto 2.0 may close it if the topic is not the device's."""
    device = make_device(about)
    assert device.connect() == "Success"
    device.publish(topic, cbor2.dumps(records))
    device.close()


def test_a_device_publishes_on_its_own_topics_only(apis, fleet, project, make_device):
    other = at_broker(apis[1].make_project(*VARIABLES), fleet)
    for topic in (
        "/a/t/%s/e/o" % other["thing_id"],
        "/a/t/%s/e/i" % other["thing_id"],
        "/a/t/%s/e/i" % project["thing_id"],
        "/a/d/%s/c/dw" % other["device_id"],
        "/a/d/%s/e/o" % other["device_id"],
        "local-cloud/events",
    ):
        _publish(make_device, project, topic, [{0: "count", 2: 66}])
    let_all_in = {"command": "setDefaultACLAccess", "acls": [{"acltype": "subscribe", "allow": True}]}
    device = make_device(project)
    assert device.connect() == "Success"
    device.client.publish("$CONTROL/dynamic-security/v1", json.dumps({"commands": [let_all_in]}), 0)
    device.close()
    device = make_device(project)
    assert device.connect() == "Success"
    device.publish_records([{0: "count", 2: 1}])
    assert device.subscribe("#") == REFUSED
    assert stored_numbers(apis[0], project, 1) == [1]
    neighbour = make_device(other)
    assert neighbour.connect() == "Success"
    neighbour.publish_records([{0: "count", 2: 2}])
    assert stored_numbers(apis[0], other, 2) == [2]
    assert apis[0].variable("count", project["thing_id"])["value"] == 1


def test_a_device_hears_its_own_topics_only(apis, fleet, project, device):
    other = at_broker(apis[1].make_project(*VARIABLES), fleet)
    for topic in (
        "#",
        "/a/#",
        "/a/t/+/e/i",
        "$share/x//a/t/%s/e/i" % project["thing_id"],
        "/a/t/%s/e/i" % other["thing_id"],
        "/a/t/%s/e/o" % other["thing_id"],
        "/a/d/%s/c/dw" % other["device_id"],
        "$SYS/#",
        "$CONTROL/#",
        "local-cloud/events",
    ):
        assert device.subscribe(topic) == REFUSED, topic
    assert device.subscribe(device.thing_topic("e/i")) == 1
    apis[0].set_value("count", 5, other["thing_id"])
    apis[0].set_value("count", 6, project["thing_id"])
    assert device.records() == (device.thing_topic("e/i"), [{0: "count", 2: 6}])


def test_a_device_that_is_detached_neither_speaks_for_the_thing_nor_hears_it(apis, project, device, make_device):
    assert device.subscribe(device.thing_topic("e/i")) == 1
    apis[1].request("DELETE", "/things/%s/device" % project["thing_id"])
    apis[0].set_value("count", 8, project["thing_id"])
    # None of that has arrived: the first message is the answer to this.
    assert device.subscribe(device.device_topic("e/i")) == 1
    assert device.records() == (device.device_topic("e/i"), [{0: "thing_id", 3: ""}])
    device.close()
    _publish(make_device, project, "/a/t/%s/e/o" % project["thing_id"], [{0: "count", 2: 7}])
    assert make_device(project).connect() == "Success"
    assert apis[0].history("count", project["thing_id"])[-1]["value"] == 8
    assert len(apis[0].history("count", project["thing_id"])) == 1


@pytest.mark.parametrize("name", ["local-cloud-partition-0", "local-cloud", "", "another"])
def test_a_device_takes_no_other_name(project, make_device, name):
    thief = make_device(project, client_id=name or "x")
    assert thief.connect() == "Not authorized"


def test_who_shows_no_secret_or_a_wrong_one_stays_outside(apis, fleet, project, make_device):
    other = apis[0].make_project(*VARIABLES)
    assert make_device(project, secret="wrong").connect() == "Not authorized"
    assert make_device(project, secret=other["secret"]).connect() == "Not authorized"
    assert make_device(project, device_id="local-cloud", secret=project["secret"]).connect() == "Not authorized"

    async def try_empty():
        await Publisher(project["device_id"], "", project["thing_id"]).connect("127.0.0.1", fleet.port)

    with pytest.raises(ConnectionError, match="refused with code 5"):
        asyncio.run(try_empty())


def test_tls_and_mutual_tls(fleet, apis, make_device):
    about = at_broker(fleet.workers[1].about, fleet)
    over_tls = make_device(about, port="mqtts_port")
    assert over_tls.connect("localhost") == "Success"
    over_tls.close()
    by_certificate = make_device(about, port="mtls_port")
    assert by_certificate.connect("localhost") == "Success"
    by_certificate.publish_records([{0: "led", 4: True}])
    wait_for(lambda: apis[0].variable("led")["value"], lambda value: value is True)
    assert by_certificate.subscribe("#") == REFUSED


def test_a_worker_reaches_the_broker_by_tls(fleet, start_local_cloud, api_of, project, device):
    url = fleet.broker_url.replace("mqtt://", "mqtts://").replace("127.0.0.1:%d" % fleet.port, "localhost:%d")
    url = url % fleet.tls_port + "?cafile=" + fleet.workers[0].about["ca_file"]
    joined = start_local_cloud("--broker", url, "--database", fleet.database, data=fleet.data)
    assert device.subscribe(device.thing_topic("e/i")) == 1
    api_of(joined.about).set_value("count", 4, project["thing_id"])
    assert device.records() == (device.thing_topic("e/i"), [{0: "count", 2: 4}])
    joined.process.wait_for("partition .* taken", stream="stderr")


def test_a_new_secret_ends_connections_made_with_the_older(fleet, apis, project, device, make_device, api_user):
    path = "/iot/v2/devices/" + project["device_id"]
    api_user("PUT", path + "/pass", {"password": "An0therSecret" * 3})
    device.wait_closed()
    assert make_device(project).connect() == "Not authorized"
    renewed = make_device(project, secret="An0therSecret" * 3)
    assert renewed.connect() == "Success"
    renewed.publish_records([{0: "count", 2: 3}])
    assert stored_numbers(apis[0], project, 3) == [3]
    api_user("DELETE", path + "/pass")
    renewed.wait_closed()
    assert make_device(project, secret="An0therSecret" * 3).connect() == "Not authorized"
    api_user("PUT", path + "/pass", {"password": "An0therSecret" * 3})
    again = make_device(project, secret="An0therSecret" * 3)
    assert again.connect() == "Success"
    api_user("DELETE", path)
    again.wait_closed()
    assert make_device(project, secret="An0therSecret" * 3).connect() == "Not authorized"


def test_passwords_are_never_shown(fleet, postgres):
    secret = fleet.broker_url.partition(":")[2].rpartition("@")[0].rpartition(":")[2]
    everything = fleet.workers[0].process.stderr + fleet.workers[1].process.stderr + fleet.broker.stderr
    assert "taken" in everything
    wrong = {
        "broker": ["--broker", fleet.broker_url.replace(secret, "mistaken"), "--database", fleet.database],
        "database": ["--broker", fleet.broker_url, "--database", fleet.database.replace(postgres.password, "mistaken")],
    }
    for name, options in wrong.items():
        command = [TOOLS / "local-cloud", "serve", "--ephemeral", "--data", fleet.data, *options]
        done = subprocess.run(list(map(str, command)), capture_output=True, encoding="utf-8", timeout=30)
        assert done.returncode == 1 and done.stderr.startswith("local-cloud: "), (name, done.stderr)
        assert len(done.stderr.splitlines()) == 1, (name, done.stderr)
        everything += done.stderr + done.stdout
    for text in (secret, postgres.password, "mistaken"):
        assert text not in everything


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://u:mistaken@h", "needs mqtt or mqtts"),
        ("mqtt://u:mistaken@h:port", "the port is not a number"),
        ("mqtt://u:mistaken@h/path", "no path"),
        ("mqtt://u:mistaken@h?cafile=x", "the options are cafile"),
        ("mqtts://u:mistaken@h?cafile=/no/such/file", "cannot read"),
        ("mqtt://u:mistaken@h?security=some", "security must be none"),
        ("mqtts://u:mistaken@h?tls=none", "the options are cafile"),
        ("mqtt://u:mistaken@h?tls=some", "tls must be none"),
        ("mqtt://u:mistaken@h", "sends secrets unencrypted"),
        ("mqtt://u:mistaken@192.0.2.1?security=none", "sends secrets unencrypted"),
        ("mqtt://u:mistaken@localhost.example", "sends secrets unencrypted"),
        ("u:mistaken@h", "must be like mqtts://"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_without_being_repeated(url, said):
    with pytest.raises(BadBroker, match=said) as caught:
        parse(url)
    assert "mistaken" not in str(caught.value)


def test_an_address_is_taken_apart():
    address = parse("mqtt://me:p%40ss@broker.example?tls=none")
    assert (address.host, address.port, address.username, address.password) == ("broker.example", 1883, "me", "p@ss")
    assert "p@ss" not in repr(address) and "p@ss" not in str(address) and address.administered
    assert not parse("mqtts://h?security=none").administered


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_on_the_same_machine_the_broker_may_be_reached_without_tls(host):
    assert parse("mqtt://u:p@" + host).tls is None

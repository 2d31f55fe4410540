"""What a broken or hostile cloud sends is dropped, counted and logged in one line. Everything else keeps working."""

import json

import cbor2
import pytest
from devices import wait_for_log
from opposite import LAST_VALUES_UPDATE, OTHER_THING_ID, THING_DETACH, TIMEZONE_DOWN
from toolchain.paths import ROOT

VECTORS = json.loads((ROOT / "tests" / "vectors" / "device_vectors.json").read_text())["malformed"]
FOR_DEVICES = [vector for vector in VECTORS if vector["role"] in ("device", "any") and vector["hex"]]

VARIABLES = """
client.register("test", value=1, on_write=lambda client, value: print("wrote", value))
client.register("other", value=1, on_write=lambda client, value: print("wrote other", value))
client.register("text", value="", on_write=lambda client, value: print("wrote text", len(value)))
"""


def dropped(device):
    return device.ask("client.stats()['dropped']")


def lines_about_drops(device):
    return [line for line in device.output.splitlines() if line.startswith("Dropped ")]


def goes_on(device, opposite, value=1000):
    """Check that the same connection still works both ways."""
    opposite.write(other=value)
    device.wait_for("^wrote other %d\n" % value)
    device.do("client['test'] = %d" % (value + 1))
    opposite.wait_value("test", value + 1)
    assert device.ask("client.stats()['connections'], client.connected") == (1, True)


def test_every_malformed_vector_is_dropped_and_the_rest_lives_on(connect_device, opposite):
    assert len(FOR_DEVICES) > 20
    device = connect_device(VARIABLES)
    topics = {"command": "/a/d/%s/c/dw" % device.id, "property": "/a/t/%s/e/i" % opposite.thing_id}
    before = dropped(device)
    for i, vector in enumerate(FOR_DEVICES):
        opposite.publish(topics[vector["kind"]], bytes.fromhex(vector["hex"]))
        opposite.write(other=i + 2)
        device.wait_for("^wrote other %d\n" % (i + 2))
        assert dropped(device) == before + i + 1, vector["name"]
        assert len(lines_about_drops(device)) == i + 1, vector["name"]
    assert device.ask("client['test']") == 1
    assert "Traceback" not in device.output
    goes_on(device, opposite)


@pytest.mark.parametrize("channel", ["shadow", "last values", "discovery"])
def test_malformed_packs_are_dropped_on_the_other_ways_in(connect_device, opposite, channel):
    device = connect_device(VARIABLES)
    packs = [bytes.fromhex(vector["hex"]) for vector in FOR_DEVICES if vector["kind"] == "property"]
    for pack in packs:
        if channel == "shadow":
            opposite.publish("/a/t/%s/shadow/i" % opposite.thing_id, pack)
        elif channel == "discovery":
            opposite.publish("/a/d/%s/e/i" % device.id, pack)
        else:
            opposite.command(LAST_VALUES_UPDATE, pack)
    goes_on(device, opposite)
    assert dropped(device) == len(packs)


@pytest.mark.parametrize(
    "pack",
    [
        [{0: "test", 2: 5}, {0: "test", 3: "text for a number"}, {0: "other", 2: 6}],
        [{0: "test:lat", 2: 5.0}, {0: "other", 2: 6}],
        [{0: "nobody", 2: 5}, {0: "other", 2: 6}],
        [{0: "nobody:lat", 2: 5}, {0: "other", 2: 6}],
        [{0: 17, 2: 5}, {0: "other", 2: 6}],
        [{2: 5}, {0: "other", 2: 6}],
        [{0: "text"}, {0: "other", 2: 6}],
        [{0: "test", 2: float("nan")}, {0: "other", 2: 6}],
        [{0: "test", 2: float("inf")}, {0: "other", 2: 6}],
        [{0: "test", 2: 1e300}, {0: "other", 2: 6}],
        [{0: "", 2: 1}, {0: ":", 2: 1}, {0: ":x", 2: 1}, {0: "other", 2: 6}],
        [{0: "test", 8: b"data"}, {0: "other", 2: 6}],
        [{0: "test", 2: 5, 1: "unit", 5: 3, 6: 1e9, 7: 60, 100: [1, {2: 3}], -3: 1.5, -2: "base"}, {0: "other", 2: 6}],
    ],
    ids=str,
)
def test_odd_records_do_not_spoil_the_others(connect_device, opposite, pack):
    device = connect_device(VARIABLES)
    opposite.publish("/a/t/%s/e/i" % opposite.thing_id, cbor2.dumps(pack))
    device.wait_for("^wrote other 6\n")
    assert type(device.ask("client['test']")) is int and "Traceback" not in device.output
    goes_on(device, opposite)


def test_nesting_without_end_is_refused(connect_device, opposite):
    device = connect_device(VARIABLES)
    for pack in (b"\x81" * 900, b"\x81\xa1\x00" + b"\x81" * 800, b"\x81\xa1" * 400, b"\xc1" * 900, b"\x9f" * 900):
        opposite.publish("/a/t/%s/e/i" % opposite.thing_id, pack)
        opposite.publish("/a/d/%s/c/dw" % device.id, pack)
    goes_on(device, opposite)
    assert dropped(device) == 10


def test_lengths_beyond_the_message_are_refused(connect_device, opposite):
    device = connect_device(VARIABLES)
    heads = "9bffffffffffffffff 9a7fffffff 81bbffffffffffffffff 81a2007bffffffffffffffff 81a2007affffffff"
    for head in heads.split():
        opposite.publish("/a/t/%s/e/i" % opposite.thing_id, bytes.fromhex(head))
    goes_on(device, opposite)
    assert dropped(device) == 5


def test_text_that_is_no_utf8_is_refused(connect_device, opposite):
    device = connect_device(VARIABLES)
    opposite.publish("/a/t/%s/e/i" % opposite.thing_id, bytes.fromhex("81a2006474657874036380ffc0"))
    goes_on(device, opposite)
    assert device.ask("client['text']") == "" and dropped(device) == 1


def test_a_detach_for_another_thing_is_not_obeyed(connect_device, opposite):
    device = connect_device(VARIABLES)
    opposite.command(THING_DETACH, OTHER_THING_ID)
    goes_on(device, opposite)
    assert dropped(device) == 1


def test_the_time_zone_is_taken(connect_device, opposite):
    device = connect_device(VARIABLES)
    opposite.command(TIMEZONE_DOWN, -3600, 2000000000)
    device.wait_until("client['tz_offset'] == -3600 and client['tz_dst_until'] == 2000000000")
    opposite.write(tz_offset=7200)
    device.wait_until("client.get('tz_offset') == 7200")


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("size", [1100, 2000, 20_000, 200_000])
def test_an_oversized_packet_is_drained(connect_device, opposite, broker, qos, size):
    device = connect_device(VARIABLES)
    opposite.write(qos=qos, text="x" * size)
    opposite.write(qos=qos, other=5)
    device.wait_for("^wrote other 5\n")
    if qos:  # acknowledged anyway, or the broker would keep it forever
        wait_for_log(broker, "Received PUBACK from %s" % device.id, 2)
    goes_on(device, opposite)
    assert dropped(device) == 1
    assert device.ask("client['text']") == ""


def test_an_oversized_packet_is_said_in_one_line(connect_device, opposite):
    device = connect_device(VARIABLES)
    opposite.write(text="x" * 3000)
    opposite.write(other=5)
    device.wait_for("^wrote other 5\n")
    assert len(lines_about_drops(device)) == 1


def test_a_text_that_just_fits_is_taken(connect_device, opposite):
    device = connect_device(VARIABLES)
    opposite.write(text="x" * 900)
    device.wait_for("^wrote text 900\n")


@pytest.mark.parametrize("qos", [0, 1])
def test_messages_of_either_quality_are_taken(connect_device, opposite, broker, qos):
    device = connect_device(VARIABLES)
    opposite.write(qos=qos, test=5)
    device.wait_for("^wrote 5\n")
    broker.wait_for_log(r"Sending PUBLISH to %s \(d0, q%d, r0, m\d+, '/a/t/.*/e/i'" % (device.id, qos))


@pytest.mark.parametrize("qos", [0, 1])
def test_a_burst_of_200_messages_arrives_whole_and_in_order(connect_device, opposite, broker, qos):
    device = connect_device(VARIABLES)
    for i in range(200):
        opposite.write(qos=qos, test=i)
    device.wait_for("^wrote 199\n", timeout=20)
    wrote = [int(line.split()[1]) for line in device.output.splitlines() if line.startswith("wrote ")]
    assert wrote == list(range(200))
    if qos:
        wait_for_log(broker, "Received PUBACK from %s" % device.id, 200)
    goes_on(device, opposite)


@pytest.mark.parametrize(
    "topic",
    ["/a/d/%(device)s/c/dw", "/a/d/%(device)s/e/i", "/a/t/%(thing)s/e/i", "/a/t/%(thing)s/shadow/i"],
)
def test_an_empty_message_is_dropped(connect_device, opposite, topic):
    device = connect_device(VARIABLES)
    opposite.publish(topic % {"device": device.id, "thing": opposite.thing_id}, b"")
    goes_on(device, opposite)
    assert dropped(device) == 1


def test_empty_bytes_are_no_last_values(start_device, broker, opposite):
    opposite.answer_values = False
    device = start_device(VARIABLES, broker)
    opposite.wait_command("LastValuesBegin")
    opposite.command(LAST_VALUES_UPDATE, b"")
    opposite.write(other=2)
    device.wait_for("^wrote other 2\n")
    assert device.ask("client.state") == "RequestLastValues"
    opposite.command(LAST_VALUES_UPDATE, b"\x80")  # an empty pack is valid: no values yet
    device.wait_until("client.connected")

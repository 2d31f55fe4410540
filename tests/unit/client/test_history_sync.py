"""Whose value counts at a connection while samples of a history wait."""

from arduino_iot_cloud.cbor_item import dumps
from arduino_iot_cloud.property import ArduinoCloudObject
from policy_rig import ClientRig
from session_rig import record


def connected(sync):
    return ClientRig(ArduinoCloudObject("a", history=5, permission="readwrite", sync=sync)).sync()


def test_a_value_that_counts_by_sync_follows_the_samples_without_a_time():
    for sync, expected in (("device", [1, 2, 2]), (None, [1, 2]), ("cloud", [1, 2, 9])):
        rig = connected(sync)
        rig.client["a"] = 0
        rig.drain()
        rig.session.end()
        for i in (1, 2):
            rig.client["a"] = i
        rig.attach()
        rig.command(0x010600, dumps([record("a", 9, None)]))
        rig.requests()
        records = rig.records()
        assert [one[2] for one in records] == expected
        assert [6 in one for one in records] == ([True, True, False] if sync == "device" else [True] * len(expected))


def test_a_value_that_is_the_clouds_already_follows_no_samples():
    rig = connected("device")
    rig.client["a"] = 0
    rig.drain()
    rig.session.end()
    rig.client["a"] = 1
    rig.attach()
    rig.command(0x010600, dumps([record("a", 1, None)]))
    rig.requests()
    assert [one[2] for one in rig.records()] == [1]

"""What `tools/soak --real` prints and reports as faults. tests/device/test_real_time.py runs its two minutes."""

import re
from collections import Counter
from types import SimpleNamespace

import pytest
from soaking.real_time.cloud import Cloud
from soaking.real_time.devices import Devices
from soaking.real_time.soak import Look, settle, soak


def test_a_table_for_each_minute(tmp_path, certificates, capsys):
    cloud = Cloud(tmp_path / "broker", certificates)
    try:
        with Devices(cloud, certificates, tmp_path, ["mp32"], ["sync"]) as devices:
            looks = settle(devices, cloud, settle_s=4)
            assert soak(cloud, looks, minutes=2, seconds=2) == []
            [device] = devices
            device.process.kill()
            found = soak(cloud, looks, minutes=1, seconds=0)
    finally:
        cloud.close()
    printed = capsys.readouterr().out
    rows = re.findall(r"^  mp32 sync +([\d,]+) +(\d+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+)$", printed, re.M)
    assert [int(others) for _, _, others, *_ in rows[:2]] == [2, 2]  # a PUBLISH and its PUBACK
    assert 20000 < int(rows[0][0].replace(",", "")) < 80000
    assert any("has ended" in text for text in found)


class Still:
    """Stands in for an idle device."""

    name, interpreter, mode, keepalive = "mp32 async", "mp32", "async", 10
    process = SimpleNamespace(returncode=None)
    woken = 0

    def wakeups(self):
        return self.woken

    def processor_seconds(self):
        return 0.0


@pytest.fixture
def hundred_seconds(monkeypatch):
    """`hundred_seconds(wakeups, {type: count})` -> the complaints of a Look at an idle device."""

    def look_at(wakeups, sent, **kinds):
        device = Still()
        now = iter((0.0, 100.0))
        monkeypatch.setattr("soaking.real_time.soak.time", SimpleNamespace(monotonic=lambda: next(now)))
        look = Look(device)
        device.woken = wakeups
        look.take(Counter({(True, kind): n for kind, n in sent.items()}))
        return look.complaints(**kinds)

    return look_at


@pytest.mark.parametrize("pings", [9, 13, 14])
def test_pings_in_time_are_in_order(hundred_seconds, pings):
    assert hundred_seconds(200, {"PINGREQ": pings}) == []


@pytest.mark.parametrize("pings", [0, 8, 15, 20000])
def test_too_few_and_too_many_pings_are_found(hundred_seconds, pings):
    [text] = hundred_seconds(0, {"PINGREQ": pings})
    assert text == "mp32 async: %d pings in 100 s instead of 9 to 14" % pings


def test_other_packets_and_wakeups_are_found(hundred_seconds):
    packets, wakeups = hundred_seconds(85000, {"PINGREQ": 13, "SUBSCRIBE": 1})
    assert "1 other packets: {(True, 'SUBSCRIBE'): 1}" in packets
    assert wakeups == "mp32 async: 850.0 wake-ups a second"
    assert hundred_seconds(0, {"PINGREQ": 13, "PUBACK": 1, "PUBLISH": 1}, writes=1) == []

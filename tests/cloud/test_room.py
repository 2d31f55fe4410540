"""The operator is warned before the disk is full: when little is left, and when values will soon fill it."""

import asyncio
from pathlib import Path

import pytest
from localcloud.store.database import Store
from localcloud.store.space import Space
from localcloud.traffic.live import Live
from localcloud.watch.condition import Condition
from localcloud.watch.room import Room

GB = 10**9
DAY_S = 86400


class Growing(Store):
    """A store whose size the test says."""

    used = GB

    async def look_at_space(self):
        return Space(self.used, 0, 0, True)


class Rig:
    """A disk and a clock."""

    def __init__(self, url="sqlite:///x", keep_us=None):
        self.now, self.total, self.free = 0.0, 100 * GB, 50 * GB
        self.condition = Condition(Live())
        self.store = Growing(url)
        self.room = Room(
            self.store,
            self.condition,
            Path("/data"),
            keep_us,
            clock=lambda: self.now,
            usage=lambda path: (self.total, self.total - self.free, self.free),
        )

    def warnings(self):
        asyncio.run(self.room.look())
        return self.condition.warnings

    def pass_day(self, grown, steps=24):
        for _ in range(steps):
            self.now += DAY_S / steps
            self.store.used += grown // steps
            self.free -= grown // steps
            found = self.warnings()
        return found


@pytest.mark.parametrize("total, free", [(100 * GB, 9 * GB), (5 * GB, 900_000_000), (2 * GB, 0)])
def test_little_room(total, free):
    rig = Rig()
    assert rig.warnings() == []
    rig.total, rig.free = total, free
    (warning,) = rig.warnings()
    assert warning.startswith("the disk with /data is nearly full: ") and "--keep" in warning
    rig.total, rig.free = 100 * GB, 50 * GB
    assert rig.warnings() == []


def test_values_that_will_fill_the_disk_within_a_week():
    rig = Rig()
    assert rig.pass_day(GB) == []
    for _ in range(3):
        found = rig.pass_day(8 * GB)
    assert found == ["values will fill the disk with /data within 4 days; serve --keep removes old values"], found
    rig.store.used, rig.free = GB, 75 * GB
    assert rig.pass_day(0) == []


def test_values_that_are_removed_before_they_fill_the_disk():
    rig = Rig(keep_us=2 * DAY_S * 10**6)
    for _ in range(3):
        found = rig.pass_day(8 * GB)
    assert found == []


def test_a_database_elsewhere_does_not_fill_the_disk():
    rig = Rig("postgresql://a:b@127.0.0.1/c")
    for _ in range(3):
        found = rig.pass_day(8 * GB)
    assert found == []
    rig.free = GB // 2
    assert len(rig.warnings()) == 1

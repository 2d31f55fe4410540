"""Schedules against datetime and zoneinfo: thousands of random ones, and both changes of the clocks.

The expected values come from calendar objects: the start of each period, the names of the days, and the local time
by zoneinfo. On MicroPython a few hundred of the same cases run.
"""

import json
import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from arduino_iot_cloud import masks
from arduino_iot_cloud.property.schedule import is_active
from localcloud.time_zone import offset_and_until

UNITS = ("seconds", "minutes", "hours", "days")
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ZONES = ("Europe/Rome", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati", "America/Sao_Paulo")
EPOCH = datetime(1970, 1, 1)


def seconds(moment):
    """The seconds that a schedule counts up to a naive datetime."""
    return int((moment - EPOCH).total_seconds())


class Plan:
    """A schedule in everyday terms: its mask, and when it is active."""

    def __init__(self, chance):
        self.kind = chance.choice(("once", "every", "weekly", "monthly", "yearly"))
        self.start = EPOCH + timedelta(seconds=chance.randrange(1577836800, 4200000000))  # 2020 or later
        if chance.random() < 0.3:
            self.start = self.start.replace(hour=0, minute=0, second=0)
        self.length = timedelta(seconds=chance.choice((0, 1, 59, 600, 3600, 43200, 86399, 86400, 200000, chance.randrange(90000))))
        ends = chance.random() < 0.4
        self.end = self.start + timedelta(seconds=chance.randrange(0, 20000000)) if ends else None
        self.unit = chance.choice(UNITS)
        self.count = chance.choice((1, 2, 7, 20, 45, chance.randrange(1, 400)))
        self.days = chance.sample(WEEK, chance.randrange(8))
        near = self.start + timedelta(days=chance.randrange(60))
        self.day, self.month = near.day, near.month

    @property
    def value(self):
        if self.kind == "once":
            mask = masks.ONCE
        elif self.kind == "every":
            mask = masks.every(self.count, self.unit)
        elif self.kind == "weekly":
            mask = masks.weekly(*self.days)
        elif self.kind == "monthly":
            mask = masks.monthly(self.day)
        else:
            mask = masks.yearly(self.month, self.day)
        end = 0 if self.end is None else seconds(self.end)
        return {"frm": seconds(self.start), "to": end, "len": int(self.length.total_seconds()), "msk": mask}

    def expected(self, now):
        """Whether it is active at a local time."""
        if now < self.start or self.end is not None and now >= self.end and seconds(self.end) != 0:
            return False
        if self.kind == "weekly" and now.strftime("%A") not in self.days:
            return False
        if self.kind == "monthly" and now.day != self.day:
            return False
        if self.kind == "yearly" and (now.month, now.day) != (self.month, self.day):
            return False
        begin = self.start
        if self.kind == "every":
            step = timedelta(**{self.unit: self.count})
            begin = self.start + step * int((now - self.start) / step)
        elif self.kind != "once":  # each day at the time of the first
            begin = now.replace(hour=self.start.hour, minute=self.start.minute, second=self.start.second)
            if begin > now:
                begin -= timedelta(days=1)
        return begin <= now <= begin + self.length

    def moments(self, chance, count):
        """Local times, most of them at an edge."""
        for _ in range(count):
            base = self.start + timedelta(days=chance.choice((0, 0, 1, 2, 7, 30, 31, 365, 366, 1461, chance.randrange(3000))))
            if self.kind == "every" and chance.random() < 0.7:
                base = self.start + timedelta(**{self.unit: self.count}) * chance.randrange(50)
            if self.kind in ("monthly", "yearly") and chance.random() < 0.8:
                try:
                    base = base.replace(day=self.day, month=self.month if self.kind == "yearly" else base.month)
                except ValueError:  # not every month has this day
                    pass
            edge = chance.choice(("begin", "length", "midnight", "end", "any"))
            if edge == "length":
                base += self.length
            elif edge == "midnight":
                base = base.replace(hour=0, minute=0, second=0)
            elif edge == "end" and self.end is not None:
                base = self.end
            elif edge == "any":
                base += timedelta(seconds=chance.randrange(200000))
            base += timedelta(seconds=chance.choice((-1, 0, 0, 1)))
            if EPOCH < base < datetime(2106, 1, 1):
                yield base


def cases(seed, plans, moments=12):
    """[(the schedule's value, local time, expected)]"""
    chance = random.Random(seed)
    for _ in range(plans):
        plan = Plan(chance)
        for now in plan.moments(chance, moments):
            yield plan.value, seconds(now), plan.expected(now)


def test_thousands_of_random_schedules():
    active = 0
    for value, now, expected in cases(1, 8000):
        assert bool(is_active(value, now)) is expected, (value, now, EPOCH + timedelta(seconds=now))
        active += expected
    assert active > 10000  # about as many are inactive


PROGRAM = """
import json, sys
from arduino_iot_cloud.property.schedule import is_active
count = 0
for line in open(sys.argv[1]):
    value, now, expected = json.loads(line)
    assert bool(is_active(value, now)) is expected, line
    count += 1
print("right", count)
"""


@pytest.mark.parametrize("bits", [32, 64])
def test_hundreds_of_random_schedules_on_micropython(micropython, tmp_path, bits):
    path = tmp_path / "cases"
    lines = [json.dumps(case) for case in cases(2, 600)]
    path.write_text("\n".join(lines) + "\n")
    (tmp_path / "compare.py").write_text(PROGRAM)
    done = micropython(bits).run(tmp_path / "compare.py", path)
    assert done.stdout == "right %d\n" % len(lines), done


@pytest.mark.parametrize("name", ZONES)
def test_the_local_time_of_the_thing_counts_over_each_change_of_its_clocks(name):
    # The cloud sends the offset and the time at which it ends. The device asks again at that time.
    chance = random.Random(name)
    zone = ZoneInfo(name)
    now = 1735689600  # 2025-01-01
    changes = 0
    for _ in range(6):
        offset, until = offset_and_until(name, now)
        plans = [Plan(chance) for _ in range(40)]
        for plan in plans:
            local = datetime.fromtimestamp(until, timezone.utc).astimezone(zone).replace(tzinfo=None)
            plan.start = local - timedelta(days=chance.randrange(40), seconds=chance.randrange(86400))
        for moment in [until + delta for delta in (-7201, -3600, -1800, -61, -2, -1)]:
            local = datetime.fromtimestamp(moment, timezone.utc).astimezone(zone).replace(tzinfo=None)
            for plan in plans:
                assert bool(is_active(plan.value, moment + offset)) is plan.expected(local), (plan.value, moment)
        now = until
        after, _ = offset_and_until(name, now)
        changes += after != offset
        for moment in [until + delta for delta in (0, 1, 60, 1800, 3600, 7200)]:
            local = datetime.fromtimestamp(moment, timezone.utc).astimezone(zone).replace(tzinfo=None)
            for plan in plans:
                assert bool(is_active(plan.value, moment + after)) is plan.expected(local), (plan.value, moment)
    assert changes >= 5 if name in ("Europe/Rome", "America/St_Johns", "Australia/Lord_Howe") else changes == 0


def test_an_hour_that_comes_twice_is_active_twice_and_one_that_is_left_out_never():
    # Rome: at 01:00 UTC the clocks go back from 03:00 on 2025-10-26, and forward from 02:00 on 2025-03-30.
    value = {"frm": seconds(datetime(2025, 1, 1, 2, 30)), "to": 0, "len": 60, "msk": masks.weekly("sunday")}
    for day, hours in ((datetime(2025, 10, 26), [0, 1]), (datetime(2025, 3, 30), []), (datetime(2025, 11, 2), [1])):
        found = []
        for hour in range(4):
            moment = seconds(day + timedelta(hours=hour, minutes=30))
            if is_active(value, moment + offset_and_until("Europe/Rome", moment)[0]):
                found.append(hour)
        assert found == hours, day

"""When a schedule is active."""

import time

import arduino_iot_cloud.port as port
import arduino_iot_cloud.property.schedule as schedule
from arduino_iot_cloud.port import timestamp
from arduino_iot_cloud.property.schedule import Schedule, is_active
from portable_assert import raises
from reports import Reports
from stands_in import Stands

MIDNIGHT = 1633305600  # 2021-10-04 00:00:00, a Monday
DAY = 86400
ONE_SHOT, FIXED, WEEKLY, MONTHLY, YEARLY = [kind << 26 for kind in range(5)]
SECONDS, MINUTES, HOURS, DAYS = [unit << 30 for unit in range(4)]


def active(mask, now, frm=MIDNIGHT, to=0, length=600):
    return is_active({"frm": frm, "to": to, "len": length, "msk": mask}, now)


def days(n):
    """The beginnings of days."""
    return [MIDNIGHT + day * DAY for day in range(n)]


def test_once():
    for now, expected in (
        (-1, False), (0, True), (300, True), (600, True), (601, False), (DAY, False), (7 * DAY, False)
    ):
        assert bool(active(ONE_SHOT, MIDNIGHT + now)) is expected, now


def test_every_twenty_minutes_as_in_the_cpp_library():
    mask = 1140850708
    assert mask == MINUTES | FIXED | 20
    for now, expected in (
        (0, True), (600, True), (601, False), (1199, False), (1200, True), (1800, True), (1801, False)
    ):
        assert bool(active(mask, MIDNIGHT + now)) is expected, now


def test_units_of_a_fixed_delta():
    for unit, seconds in ((SECONDS, 1), (MINUTES, 60), (HOURS, 3600), (DAYS, DAY)):
        for count in (1, 2, 7):
            period = seconds * count
            for times in (0, 1, 5):
                start = MIDNIGHT + times * period
                assert active(unit | FIXED | count, start, length=0)
                if period > 1:
                    assert not active(unit | FIXED | count, start + 1, length=0)
                    assert not active(unit | FIXED | count, start + period - 1, length=0)


def test_a_fixed_delta_of_nothing_is_active_once():
    assert active(SECONDS | FIXED, MIDNIGHT + 600)
    assert not active(SECONDS | FIXED, MIDNIGHT + 601)


def test_the_largest_count():
    assert active(DAYS | FIXED | 0x3FFFFFF, MIDNIGHT)
    assert not active(DAYS | FIXED | 0x3FFFFFF, MIDNIGHT + 400 * DAY)


def test_weekly_on_each_day():
    names = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    for day in range(14):
        now = MIDNIGHT + day * DAY + 100
        for bit in range(7):
            assert bool(active(WEEKLY | 1 << bit, now)) is ((day + 1) % 7 == bit), (day, names[bit])
        assert active(WEEKLY | 0x7F, now) and not active(WEEKLY, now)


def test_weekly_at_its_time_of_day():
    start = MIDNIGHT + 10 * 3600
    for day in range(7):
        for now, expected in ((-1, False), (0, True), (3600, True), (3601, False)):
            now = start + day * DAY + now
            assert bool(active(WEEKLY | 0x7F, now, start, 0, 3600)) is (expected and now >= start)


def test_monthly_on_a_day():
    for day, times in ((1, 3), (4, 4), (15, 4), (31, 3)):
        found = [
            time.gmtime(now)[1:3] for now in days(120) if active(MONTHLY | day, now + 60)
        ]
        assert [d for _, d in found] == [day] * len(found)
        assert len(found) == times


def test_yearly_on_a_day_of_a_month():
    for month, day in ((0, 1), (1, 29), (9, 4), (11, 31)):
        found = [
            time.gmtime(now)[:3] for now in days(1500) if active(YEARLY | month << 8 | day, now + 60)
        ]
        assert len(found) == (1 if (month, day) == (1, 29) else 5 if (month, day) == (9, 4) else 4)
        assert all([(m, d) == (month + 1, day) for _, m, d in found])


def test_other_types_are_never_active():
    for kind in range(5, 16):
        assert not active(kind << 26 | 0x7F, MIDNIGHT)


def test_before_its_start_and_from_its_end_on_it_is_inactive():
    for mask in (ONE_SHOT, MINUTES | FIXED | 1, WEEKLY | 0x7F, MONTHLY | 4, YEARLY | 9 << 8 | 4):
        assert not active(mask, MIDNIGHT - 1)
        assert active(mask, MIDNIGHT)
        assert active(mask, MIDNIGHT + 59, to=MIDNIGHT + 60)
        assert not active(mask, MIDNIGHT + 60, to=MIDNIGHT + 60)


def test_while_the_time_is_unknown_it_is_inactive():
    assert not active(ONE_SHOT, 0, frm=0, length=DAY)


def test_late_in_the_range_of_32_bits():
    start = 4294900000
    assert active(ONE_SHOT, start + 10, start) and active(DAYS | FIXED | 1, start + 10, start)


class Client:
    """The parts of a client that a schedule uses."""

    def __init__(self, offset=0):
        self.offset = offset

    def get(self, key, default=None):
        assert key == "tz_offset"
        return self.offset


def looks(made, times, offset=0):
    """Look at these times; [(time, active)]."""
    before = schedule.timestamp
    seen = []
    try:
        for now in times:
            schedule.timestamp = lambda: now
            made.on_run(Client(offset), None)
            seen.append(made.active)
    finally:
        schedule.timestamp = before
    return seen


def test_its_callback_is_called_when_it_becomes_active():
    calls = []

    def on_active(client, value):
        calls.append(dict(value))

    made = Schedule("s", on_active=on_active, frm=MIDNIGHT, to=0, len=10, msk=MINUTES | FIXED | 1)
    times = [MIDNIGHT + ms for ms in (-1, 0, 5, 10, 11, 59, 60, 65, 71)]
    assert looks(made, times) == [False, True, True, True, False, False, True, True, False]
    assert calls == [{"frm": MIDNIGHT, "to": 0, "len": 10, "msk": MINUTES | FIXED | 1}] * 2


def test_it_is_local_time_that_counts():
    for offset in (3600, -18000):
        made = Schedule("s", frm=MIDNIGHT, to=0, len=10, msk=ONE_SHOT)
        assert looks(made, (MIDNIGHT, MIDNIGHT - offset, MIDNIGHT - offset + 11), offset) == [False, True, False]


def test_without_values_it_is_inactive():
    made = Schedule("s", on_active=print)
    assert looks(made, (MIDNIGHT,)) == [False]
    made.frm = MIDNIGHT
    assert looks(made, (MIDNIGHT,)) == [False]


def test_without_a_callback_it_only_says_so():
    made = Schedule("s", frm=MIDNIGHT, to=0, len=10, msk=ONE_SHOT)
    assert looks(made, (MIDNIGHT,)) == [True]


def test_a_class_of_ones_own_may_extend_on_run():
    class Own(Schedule):
        looks = 0

        def on_run(self, client, args=None):
            self.looks += 1
            super().on_run(client, args)

    calls = []

    def on_active(client, value):
        calls.append(value["len"])

    made = Own("s", on_active=on_active, frm=MIDNIGHT, to=0, len=10, msk=ONE_SHOT)
    assert looks(made, (MIDNIGHT, MIDNIGHT + 11)) == [True, False]
    assert made.looks == 2 and calls == [10]


def test_an_on_run_beside_its_own_has_no_effect_and_that_is_said():
    calls = []
    with Reports() as reports:
        made = Schedule("alarm", on_run=calls.append, on_active=lambda client, value: calls.append("active"),
                        frm=MIDNIGHT, to=0, len=10, msk=ONE_SHOT)
    assert "'alarm'" in reports.texts[0] and "on_run" in reports.texts[0] and reports.levels == [30]
    assert looks(made, (MIDNIGHT,)) == [True] and calls == ["active"]
    with Reports() as reports:
        Schedule("alarm", on_run=None)
    assert not reports.texts


def test_what_cannot_be_called_is_named():
    for wrong in (5, "x", True, [print]):
        error = str(raises(TypeError, Schedule, "alarm", on_active=wrong))
        assert "'alarm'" in error and "on_active" in error and repr(wrong) in error


def test_it_is_not_looked_at_without_values_any_more():
    made = Schedule("s", frm=MIDNIGHT, to=0, len=10, msk=ONE_SHOT)
    assert looks(made, (MIDNIGHT,)) == [True]
    made.msk = None
    assert looks(made, (MIDNIGHT,)) == [False]
    made.msk = ONE_SHOT
    assert looks(made, (MIDNIGHT,)) == [True]
    made.value = None
    assert looks(made, (MIDNIGHT,)) == [False]


def test_days_are_right_where_the_clock_counts_from_2000():
    class Time:
        @staticmethod
        def gmtime(seconds):
            return real(seconds + 946684800)

    real = time.gmtime
    before = port.EPOCH
    port.EPOCH = 946684800
    try:
        with Stands("time", Time):
            for day in range(7):
                assert active(WEEKLY | 1 << (day + 1) % 7, MIDNIGHT + day * DAY)
                assert not active(WEEKLY | 0x7F & ~(1 << (day + 1) % 7), MIDNIGHT + day * DAY)
            assert active(MONTHLY | 4, MIDNIGHT) and active(YEARLY | 9 << 8 | 4, MIDNIGHT)
    finally:
        port.EPOCH = before


def test_a_schedule_filled_with_floats_by_the_cloud_is_still_looked_at():
    made = Schedule("s")
    for key, value in (("frm", float(MIDNIGHT)), ("to", 0.0), ("len", 10.0), ("msk", float(MINUTES | FIXED | 1))):
        made.store(key, made.shape(key, value))
    assert looks(made, (MIDNIGHT, MIDNIGHT + 11)) == [True, False]


def test_the_present_time_comes_from_the_port():
    assert schedule.timestamp is timestamp

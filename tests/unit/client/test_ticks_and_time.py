"""The monotonic clock, which wraps, and Unix time, whatever epoch the port has."""

import time

import arduino_iot_cloud.port as port
from arduino_iot_cloud.port import MICROPYTHON, ticks_add, ticks_diff, ticks_ms, timestamp
from stands_in import Stands

TOP = ticks_add(0, -1)  # the largest tick
NOW = 1800000000
FROM_2000 = 946684800


class Clock:
    """Stands for the module `time` of a port with the epoch 1970 or 2000; its functions are not methods."""

    def __init__(self, year, now):
        self.now = now
        self.gmtime = lambda seconds: (year, 1, 1, 0, 0, seconds, 3, 1)
        self.time = lambda: self.now
        for name in ("ticks_ms", "ticks_add", "ticks_diff", "monotonic"):
            if hasattr(time, name):
                setattr(self, name, getattr(time, name))


def fresh_port(clock):
    """The names in the module `port` if it runs on that port."""
    with open(port.__file__) as file:
        source = file.read()
    names = {"__name__": "arduino_iot_cloud.port", "__package__": "arduino_iot_cloud"}
    with Stands("time", clock):
        exec(source, names)
    return names


def test_ticks_are_in_their_range_and_move():
    start = ticks_ms()
    assert 0 <= start <= TOP
    while ticks_diff(ticks_ms(), start) < 5:
        pass
    assert 5 <= ticks_diff(ticks_ms(), start) < 5000


def test_differences_of_ticks():
    for start in (0, 1, 12345, TOP // 2, TOP // 2 + 1, TOP - 1, TOP):
        for delta in (0, 1, -1, 1000, -1000, 3600000, -3600000, 2**29 - 1, -(2**29) + 1):
            end = ticks_add(start, delta)
            assert 0 <= end <= TOP
            assert ticks_diff(end, start) == delta
            assert ticks_diff(start, end) == -delta


def test_ticks_wrap_to_zero():
    assert ticks_add(TOP, 1) == 0
    assert ticks_add(0, -1) == TOP
    assert ticks_diff(0, TOP) == 1
    assert ticks_diff(TOP, 0) == -1


def test_ticks_wrap_on_cpython_as_on_a_board_of_32_bits():
    if not MICROPYTHON:
        assert TOP == 2**30 - 1


def test_steps_add_up_over_the_wrap():
    tick = ticks_add(TOP, -5000)
    start = tick
    for i in range(1, 101):
        tick = ticks_add(tick, 100)
        assert ticks_diff(tick, start) == i * 100


def test_unix_time_counts_from_1970():
    now = timestamp()
    assert type(now) is int
    assert abs(now - port.EPOCH - int(time.time())) <= 1
    assert now > 1700000000


def test_the_epoch_of_the_port_is_found():
    assert fresh_port(Clock(1970, NOW))["EPOCH"] == 0
    assert fresh_port(Clock(2000, NOW - FROM_2000))["EPOCH"] == FROM_2000


def test_unix_time_is_the_same_whatever_year_the_port_counts_from():
    for clock in (
        Clock(1970, NOW), Clock(1970, NOW + 0.75), Clock(2000, NOW - FROM_2000), Clock(2000, NOW - FROM_2000 + 0.75)
    ):
        now = fresh_port(clock)["timestamp"]()
        assert now == NOW and type(now) is int


def test_while_nobody_has_set_the_clock_the_time_is_unknown():
    for clock in (Clock(1970, 0), Clock(1970, 100000), Clock(2000, 0), Clock(2000, 100000), Clock(1970, FROM_2000)):
        assert fresh_port(clock)["timestamp"]() == 0


def test_nothing_but_a_call_reads_the_clock():
    clock = Clock(1970, NOW)
    names = fresh_port(clock)
    clock.now = NOW + 5
    assert names["timestamp"]() == NOW + 5

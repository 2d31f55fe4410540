"""Intervals of callbacks that are longer than ticks can tell apart."""

from arduino_iot_cloud import ArduinoCloudClient
from arduino_iot_cloud.port import ticks_add, ticks_diff

DAY = 86400
PIECE = 100000


def calls(interval, seconds):
    """When a callback with that interval is called within so many seconds of looking as soon as it may be due."""
    client = ArduinoCloudClient("d", username="d", password="p")
    called = []
    client.register("t", lambda client, args: called.append(passed // 1000), interval=interval)
    p = client.records["t"]
    p.due = now = ticks_add(0, -12345678)  # so that they wrap on the way
    passed = 0
    while passed <= seconds * 1000:
        assert 0 <= client.poll(now) <= 60000
        step = ticks_diff(p.due, now)
        assert 0 <= step < 1 << 28, "ticks cannot tell times apart that are so far from each other"
        now = ticks_add(now, step)
        passed += step
    return called


def test_a_callback_is_called_once_in_each_interval_of_any_length():
    for interval in (
        60, DAY - 1, DAY, DAY + 1, PIECE - 1, PIECE, PIECE + 1, 7 * DAY, 10 * PIECE, 365 * DAY
    ):  # fmt: skip
        for kind in (int, float):
            times = calls(kind(interval), 3 * interval)
            assert times == [0, interval, 2 * interval, 3 * interval], (interval, times)


def test_ten_years():
    assert calls(3650 * DAY, 3650 * DAY) == [0, 3650 * DAY]

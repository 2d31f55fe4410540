"""When callbacks are due: intervals longer than the ticks count, coroutines that take as long, pauses of any length."""

import asyncio
from time import time

from arduino_iot_cloud import ArduinoCloudClient, Task
from arduino_iot_cloud.port import ticks_add, ticks_diff

STEP_S = 25000
STARTS = (0, 0x1FFFFFFF, 0x3FFFFFFF - STEP_S * 1000)
WEEK_S = 25 * STEP_S  # and a bit more: longer than half the period of the ticks
DAY = 86400
PIECE = 100000


class Life:
    """A client whose time is moved by hand. `calls`: the seconds at which its task was called; `lasting`: an Event for
    which it waits, or None."""

    def __init__(self, interval, start, lasting=None):
        self.now = start
        self.seconds = 0
        self.calls = []
        self.client = ArduinoCloudClient("id", "id", "secret", ssl_params=None)
        self.client._run(True)
        self.lasting = lasting
        self.task = Task("t", on_run=self.last if lasting else self.run, interval=interval)
        self.client.register(self.task)
        self.task.due = start

    def run(self, client, args):
        self.calls.append(self.seconds)

    async def last(self, client, args):
        self.calls.append(self.seconds)
        await self.lasting.wait()

    def live(self, seconds):
        """Have the client poll every 25000 s."""
        end = self.seconds + seconds
        while True:
            self.client.poll(self.now)
            if self.seconds >= end:
                return
            self.seconds += STEP_S
            self.now = ticks_add(self.now, STEP_S * 1000)


def test_each_interval_up_to_ten_years_is_kept():
    for start in STARTS:
        for steps in (1, 3, 4, 5, 21, 22, 28, 43, 1262, 12614):
            life = Life(steps * STEP_S, start)
            life.live(2 * steps * STEP_S)
            assert life.calls == [0, steps * STEP_S, 2 * steps * STEP_S], (start, steps, life.calls)


async def test_a_coroutine_may_take_any_time_and_what_is_due_after_it_is_called_at_once():
    for start in STARTS:
        for seconds in (STEP_S, 21 * STEP_S, WEEK_S, 40 * STEP_S, 44 * STEP_S, 500 * STEP_S):
            event = asyncio.Event()
            life = Life(60, start, event)
            life.live(0)
            await asyncio.sleep(0)
            life.live(seconds)
            assert life.calls == [0]
            event.set()
            while life.task.busy:
                await asyncio.sleep(0)
            life.live(0)
            await asyncio.sleep(0)
            assert life.calls == [0, seconds], (start, seconds, life.calls)
            while life.task.busy:
                await asyncio.sleep(0)


def test_after_a_pause_of_any_length_what_was_due_meanwhile_is_called_at_once():
    for start in STARTS:
        for seconds in (STEP_S, 4 * STEP_S, 21 * STEP_S, WEEK_S, 40 * STEP_S, 44 * STEP_S, 500 * STEP_S):
            for interval in (60, STEP_S, 700000):
                life = Life(interval, start)
                life.live(0)
                ticks = life.now
                for _ in range(seconds // STEP_S):
                    life.now = ticks_add(life.now, STEP_S * 1000)
                from arduino_iot_cloud.pauses import resume  # again: the client unloads it

                resume(life.client, life.now, ticks, int(time()) - seconds)
                life.seconds = seconds
                life.live(0)
                # After more than a day the length of the pause is unknown.
                due = interval <= seconds or seconds >= 4 * STEP_S
                assert life.calls == ([0, seconds] if due else [0]), (seconds, interval)


def calls(interval, seconds):
    """When a callback with that interval is called within so many seconds, if it is polled as soon as it may be due."""
    client = ArduinoCloudClient("d", username="d", password="p")
    called = []
    client.register("t", lambda client, args: called.append(passed // 1000), interval=interval)
    p = client.records["t"]
    p.due = now = ticks_add(0, -12345678)  # so that the ticks wrap on the way
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

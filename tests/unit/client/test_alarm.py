"""The sleep that a driver's tasks share: it can end early, also for tasks that are cancelled during it or before it."""

import asyncio

from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.stream import Alarm

LONG = 3600000


def asleep(alarm, woken):
    """A task that sleeps again and again, and adds to a list when it is woken."""

    async def sleep():
        while True:
            await alarm.wait(LONG)
            woken.append(True)

    return asyncio.create_task(sleep())


async def turns():
    for _ in range(4):
        await asyncio.sleep(0)


def queued():
    """How many tasks beside the present one MicroPython's event loop would run."""
    if not MICROPYTHON:
        return 0
    from asyncio import core

    tasks = []
    while core._task_queue.peek():
        tasks.append(core._task_queue.pop())
    for task in tasks:
        core._task_queue.push(task, task.ph_key)
    return len(tasks)


async def ended(task):
    """Whether a task ends by being cancelled."""
    await turns()
    done = task.done()
    if not done:
        task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return done


async def test_it_ends_early():
    alarm = Alarm()
    woken = []
    task = asleep(alarm, woken)
    for n in (1, 2):
        await turns()
        alarm.set()
        await turns()
        assert len(woken) == n
    task.cancel()
    assert await ended(task)


async def test_what_is_set_before_counts():
    alarm = Alarm()
    alarm.set()
    await alarm.wait(LONG)


async def test_who_is_cancelled_stays_so_although_it_is_woken():
    for order in ("cancel, set", "set, cancel", "cancel, set, set"):
        alarm = Alarm()
        task = asleep(alarm, [])
        await turns()
        for step in order.split(", "):
            (task.cancel if step == "cancel" else alarm.set)()
        assert await ended(task), order


async def test_who_has_ended_is_not_woken_and_the_next_one_is():
    alarm = Alarm()
    task = asleep(alarm, [])
    await turns()
    task.cancel()
    assert await ended(task)
    alarm.set()
    assert queued() == 0
    await alarm.wait(LONG)
    woken = []
    task = asleep(alarm, woken)
    await turns()
    alarm.set()
    await turns()
    assert len(woken) == 1
    task.cancel()
    assert await ended(task)

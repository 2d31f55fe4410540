"""Tasks that an earlier run of a client left behind because its event loop was interrupted by Ctrl-C, or is gone.

Temporary: a driver imports it if a run begins before another has ended, and unloads it with its next connection.
"""

from ..port import MICROPYTHON
from ..stream import event_loop

if MICROPYTHON:
    from asyncio import core

    def interrupted() -> bool:
        """Return whether no event loop is running, though tasks may be in its queues."""
        try:
            return not core.cur_task or core.cur_task.coro.pend_throw(None) is None
        except (ValueError, AttributeError):  # the coroutine is being executed
            return False

    def gone(loop) -> bool:
        """Return whether an event loop will not go on."""
        return loop is not event_loop()

    def close(tasks, loop):
        """End tasks of this event loop, wherever they wait."""
        for task in tasks:
            if not task.done():
                try:
                    if loop is core._task_queue:
                        task.cancel()  # takes it out of the queue in which it waits
                except RuntimeError:
                    pass  # it was the last task that ran, and is in no queue
                try:
                    task.coro.close()
                except (RuntimeError, ValueError):
                    pass  # it is being executed

else:

    def interrupted() -> bool:
        """Return False: on CPython `asyncio.run` leaves no tasks in its queues."""
        return False

    def gone(loop) -> bool:
        """Return whether an event loop will not go on. One that runs in another thread does."""
        return loop is not event_loop() and not (loop and loop.is_running())

    def close(tasks, loop):
        """End tasks of this event loop, wherever they wait."""
        for task in tasks:
            if not task.done():
                try:
                    task.get_coro().close()
                except (RuntimeError, ValueError):
                    pass  # it is the current task


def sweep(drivers, beginning):
    """End the leftover tasks of these drivers if their event loop was interrupted or is not the current one; likewise
    those of `beginning`, the driver whose run begins."""
    stale = interrupted()
    for driver in list(drivers):
        if stale or driver.stale or gone(driver.loop):
            abandon(driver)
    if not stale and gone(beginning.loop):
        abandon(beginning)


def abandon(driver):
    """End the leftover tasks of a driver's last run."""
    tasks = driver.tasks + [turn.task for turn in driver.turns]
    loop = driver.loop
    driver.loop = None
    driver.running = None  # it may run again
    driver.stale = False
    driver.tasks = []
    if driver.watch:
        tasks.append(driver.watch)
    close(tasks, loop)
    driver.client.paused = (0, 0)  # when it ended is unknown
    for turn in list(driver.turns):
        turn.end()
    driver.alarm.task = driver.timer.task = driver.room.task = driver.acknowledged = driver.watch = None
    if driver.session.state not in ("Init", "Disconnect"):
        driver.session.end()

"""What Ctrl-C leaves behind: tasks of an event loop that was interrupted, or is gone.

Temporary: it is imported where something may be left, and the driver unloads it with its next connection. On CPython
`asyncio.run` cancels its tasks. On MicroPython they stay in its queues, and go on with the next one.
"""

from .port import MICROPYTHON
from .stream import event_loop

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

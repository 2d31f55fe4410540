"""Begin to keep a connection up, whatever an earlier start has left behind: temporary.

On MicroPython, Ctrl-C leaves the tasks of a program in its event loop, where they go on with the next `asyncio.run`.
"""

import asyncio
from sys import modules

from arduino_iot_cloud.stream import event_loop

from . import started


def start(connection):
    """Make the task of a Connection, after all that drives the same interface was taken down."""
    import network  # noqa: F401

    page = modules.get("arduino_cloud_board.setup_page")
    if page:
        page.sweep()
    for other in list(started):
        if other is connection or other.kind == connection.kind and _same(other._interface, connection._interface):
            other.stop()
    connection._loop = event_loop()
    connection._task = asyncio.create_task(connection.run())
    started.append(connection)


def _same(one, other):
    # None stands for the port's default.
    return one is other or one is None or other is None


def end(task, loop):
    """End a task whose event loop is gone, or whose coroutine has ended without it."""
    if hasattr(loop, "is_closed") and not loop.is_closed():  # on CPython, a loop that can go on
        task.cancel()
        return
    from arduino_iot_cloud.interruption import close

    close([task], loop)

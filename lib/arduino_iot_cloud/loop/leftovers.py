"""Tasks that an earlier run of a client left behind because its event loop was interrupted by Ctrl-C, or is gone.

Temporary: a driver imports it if a run begins before another has ended, and unloads it with its next connection.
"""

from ..interruption import close, gone, interrupted


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

"""Waiting for a network that accepts no more data. Imported when that first happens."""

from ..stream import writable


async def watch(driver):
    """Wake the writer once the network accepts more."""
    try:
        await writable(driver.stream)
    except OSError as error:
        driver.error = error
    driver.watch = None
    driver.alarm.set()

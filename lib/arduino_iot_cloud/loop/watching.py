"""A network that takes no more. Imported when it does."""

from ..stream import writable


async def watch(driver):
    """Wake the writer once the network takes more."""
    try:
        await writable(driver.stream)
    except OSError as error:
        driver.error = error
    driver.watch = None
    driver.alarm.set()

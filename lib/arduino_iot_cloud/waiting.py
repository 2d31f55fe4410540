"""What only some programs need of the driver: `flush`, `stats`, callbacks that are coroutines."""

import asyncio

from .port import ticks_add, ticks_diff, ticks_ms


async def flush(driver, timeout: float) -> bool:
    """Wait until nothing is changed or unacknowledged, for `timeout` seconds at most. Returns whether that came true."""
    from .loop import Alarm

    end = ticks_add(ticks_ms(), int(timeout * 1000))
    while driver.mqtt.unacked or any([p.changed for p in driver.client.records.values()]):
        left = ticks_diff(end, ticks_ms())
        if left <= 0:
            return False
        if not driver.acked:
            driver.acked = Alarm()
        await driver.acked.wait(left)
    return True


def stats(driver) -> dict:
    """Counts since the start, all 0 before it."""
    names = ("connections", "published", "received")
    counts = {name: getattr(driver, name) if driver else 0 for name in names}
    counts["dropped"] = driver.session.dropped + driver.mqtt.oversized if driver else 0
    return counts


async def finish(driver, p, callback, coroutine, previous):
    """Await the coroutine that a callback of `p` returned; `previous`, the task of the one before it, first."""
    try:
        if previous:
            await previous
        result = await coroutine
        if callback == p.on_read:
            p.value = result
    except Exception as error:
        from .diagnosis import report

        report(p.name, error)
    if p.busy is asyncio.current_task():
        p.busy = False
        driver.schedule()

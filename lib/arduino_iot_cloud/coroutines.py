"""Callbacks that are coroutines: how the async driver runs what they return."""

import asyncio


async def finish(driver, p, callback, coroutine, previous):
    """Await the coroutine that a callback of `p` returned; `previous`, the task of the one before it, first."""
    try:
        if previous:
            await previous
        result = await coroutine
        if callback == p.on_read:
            p.value = result
    except Exception as error:
        from .port import report

        report(p.name, error)
    finally:  # also where the event loop ends
        if p.busy is asyncio.current_task():
            p.busy = False
            driver.schedule()

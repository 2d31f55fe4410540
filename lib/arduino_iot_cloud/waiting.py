"""Waiting for the cloud: what `ArduinoCloudClient.flush` does."""

import asyncio

from .port import ticks_add, ticks_diff, ticks_ms


async def flush(driver, timeout: float) -> bool:
    """Wait until nothing is changed or unacknowledged, for `timeout` seconds at most. Returns whether that came true."""
    end = ticks_add(ticks_ms(), int(timeout * 1000))
    while driver.mqtt.unacked or any([p.changed for p in driver.client.records.values()]):
        left = ticks_diff(end, ticks_ms())
        if left <= 0:
            return False
        driver.acked = asyncio.Event()
        try:
            await asyncio.wait_for(driver.acked.wait(), left / 1000)
        except asyncio.TimeoutError:
            pass
    return True

"""Waiting for the cloud: what `ArduinoCloudClient.flush` does."""

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

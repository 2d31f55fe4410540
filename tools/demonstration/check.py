"""`tools/demo --check`: send values each way and measure how long that takes."""

import asyncio
import statistics
import time

from . import DemoError
from .stage import Stage
from .watch import Watch, watch

TIMES = 11
WAIT_S = 5


async def check(stage: Stage) -> None:
    """Turn the switch in the cloud and wait for the lamp, then for a reading. Print both. Raises DemoError."""
    async with watch(stage.remote, stage.thing_id) as values:
        took = [await _round_trip(stage, values, number % 2 == 0) for number in range(TIMES)]
        lamp = (await stage.remote.variable(stage.thing_id, "led"))["value"]
        if lamp is not True:
            raise DemoError("the cloud has %r for the lamp instead of True" % lamp)
        print(
            "cloud → device → cloud: a switch turns a lamp, round trip %.1f ms (median of %d, %.1f to %.1f)"
            % (statistics.median(took), TIMES, min(took), max(took))
        )
        name, old, new = await values.change(stage.device, WAIT_S)
        print("device → cloud: the reading of %s went from %s to %s" % (name, old, new))


async def _round_trip(stage: Stage, values: Watch, on: bool) -> float:
    begin = time.perf_counter()
    request = asyncio.create_task(stage.remote.set_value(stage.thing_id, "fast", on))
    try:
        came = await values.value(stage.device, "led", WAIT_S, on)
    finally:
        await request
    return 1000 * (came - begin)

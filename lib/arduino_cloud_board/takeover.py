"""Take down the runs of devices that Ctrl-C has left behind: temporary.

On MicroPython an interrupted event loop keeps its tasks, and they go on with the next `asyncio.run`. Nothing tells
those of an interrupted program from those of a running one, and a board has one radio. So there the last run counts.
"""

from arduino_iot_cloud.interruption import close, gone, interrupted
from arduino_iot_cloud.loop.leftovers import abandon
from arduino_iot_cloud.port import MICROPYTHON, log


def sweep(runs, device, begins):
    """Take down the runs that are left behind. begins: whether `device` begins a run.

    Raises RuntimeError if it runs already, in an event loop that goes on.
    """
    stale = interrupted()
    for other in list(runs):
        if stale or gone(other.loop) or begins and MICROPYTHON:
            _take_down(other)
            if begins:
                log(30, "Device: an earlier run was ended. Ctrl-C left it behind, or run() was called twice.")
        elif begins and other is device:
            raise RuntimeError("the device runs already")


def _take_down(device):
    loop, device.loop = device.loop, None
    tasks = device.tasks
    if device.clock and device.clock._task:
        tasks.append(device.clock._task)
    device.leaving = False
    abandon(device.client.driver)
    close(tasks, loop)

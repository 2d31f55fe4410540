"""What the program also does now and then: get the time, and set a variable as an interrupt handler does."""

import sys

from .clock import clock
from .cloud import unix

_ASK_MS = 3000  # `ntp_timeout`; waiting for a silent name server, as MicroPython does, counts as blocked
_CLOCK_S = 2
_SET = 1704067200  # a clock that shows less has not been set (docs/time-and-schedules.md)


async def ask_time(device):
    """Call `sync_time()`, and check that the clock is right if it returns true, and that it did not take too long."""
    began = clock.now
    blocked = clock.blocked
    done = await device.client.sync_time()
    took = clock.now - began - (clock.blocked - blocked)
    if took > _ASK_MS + 100:
        clock.fail("sync_time() took %d ms" % took)
    if done and (sys.implementation.name == "micropython" or clock.unix() < _SET):
        from arduino_iot_cloud.port import timestamp

        if abs(timestamp() - unix()) > _CLOCK_S:
            clock.fail("sync_time() is true, and the clock shows %d at %d" % (timestamp(), unix()))


def make_inlet(device):
    """Make an inlet for a variable of the device. Return None if no variable allows one."""
    for variable in device.variables:
        if variable.publishes and not variable.late and device.program.mode != "sync":
            return variable, device.client.inlet(variable.name)
    return None


def use_inlet(device):
    """Set a variable as an interrupt handler does."""
    if device.inlet:
        variable, inlet = device.inlet
        value = variable.value(device.program.chance)
        variable.assigned += 1
        variable.changes += 1
        variable.unpushed = True
        inlet.set(value)

"""What the program does now and then beside setting variables: it asks for the time, and sets one from elsewhere."""

import sys

from .clock import clock
from .cloud import unix

_ASK_MS = 3000  # `ntp_timeout`; the name server's silence, which MicroPython waits for, counts as blocked
_CLOCK_S = 2
_SET = 1704067200  # a clock that shows less has not been set (docs/time-and-schedules.md)


async def ask_time(device):
    """`sync_time()`: true means that the clock is right, and it takes no longer than it may."""
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
    """An inlet for a variable of the device; None where there is none that takes one."""
    for variable in device.variables:
        if variable.publishes and not variable.late and device.program.mode != "sync":
            return variable, device.client.inlet(variable.name)
    return None


def use_inlet(device):
    """As an interrupt handler does."""
    if device.inlet:
        variable, inlet = device.inlet
        value = variable.value(device.program.chance)
        variable.assigned += 1
        variable.changes += 1
        variable.unpushed = True
        inlet.set(value)

"""The life of a board: it is switched on, its program runs, something ends that, and it starts again."""

import asyncio
import sys

from ..chance import Chance
from ..clock import PLANNED, clock
from . import host
from .power import PWRON_RESET, WDT_RESET, Reset, power

MICROPYTHON = sys.implementation.name == "micropython"


def live(world):
    """Run a world. Raises what ends it too early."""
    chance = Chance(world.seed, "restarts")
    power.cause = PWRON_RESET
    _keep_tasks()
    while not world.over:
        power.switch_on()
        world.plug_in()
        world.program.booted()
        world.stored.check()
        world.note("the board starts: %d" % power.cause)
        ms = 0
        try:
            _runs(world, chance)
        except Reset as reset:
            ms = reset.ms
        clock.check()
        clock.interrupt = None
        power.on = False
        _stay_off(world, ms)


def _stay_off(world, ms):
    ms += 1500  # until its program runs
    world.paused += ms
    clock.block(min(ms, 60000))
    clock.skip(max(ms - 60000, 0))
    if power.cause == WDT_RESET:
        world.note("after the watchdog")


def _runs(world, chance):
    # Runs without a reset between, each ended by Ctrl-C.
    program = world.program
    anew = False
    while True:
        try:
            program.run(anew)
        except KeyboardInterrupt as error:
            if PLANNED not in str(error):
                raise
        clock.check()
        pause = chance.wide(1, 5000)
        clock.block(pause)
        world.paused += pause
        anew = chance.one_in(2)
        loop = MICROPYTHON and chance.one_in(2)
        if loop:
            asyncio.new_event_loop()
        world.note("it starts again: %s Device, %s loop" % (("same", "new")[anew], ("same", "new")[bool(loop)]))


def _keep_tasks():
    # CPython's asyncio would let coroutines run on after the power has failed.
    if MICROPYTHON:
        return
    import asyncio.runners as runners

    if hasattr(runners, "_cancel_before"):
        return
    runners._cancel_before = runners._cancel_all_tasks

    def cancel(loop):
        try:
            if power.on:
                return runners._cancel_before(loop)
        finally:
            if not power.on:  # perhaps only now
                host.bury(asyncio.all_tasks(loop))
                loop._ready.clear()
                loop._scheduled.clear()

    runners._cancel_all_tasks = cancel

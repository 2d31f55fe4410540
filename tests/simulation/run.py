"""Run worlds: `-m simulation.run MODE FIRST_SEED COUNT DAYS FEATURES` in the folder `tests`.

FEATURES lists the features that are off, separated by commas. "-" is none and "plain" is all. "+name" switches one on
again. For "idle" and "busy" see world.World. After each world the program prints `OK seed days`, with the days of its
devices added up. At a failure it prints the story of what happened and `FAIL seed`, and ends.
"""

import sys

MICROPYTHON = sys.implementation.name == "micropython"
if MICROPYTHON:
    from simulation import on_micropython as host
else:
    from simulation import on_cpython as host

host.install()

import asyncio
import gc

from simulation.chance import Chance
from simulation.clock import PLANNED, Failed, clock
from simulation.disturbances import DISTURBANCES
from simulation.network import network
from simulation.world import FEATURES, World

if sys.argv[1] == "board":
    from simulation.board import host as board_host
    from simulation.board.life import live as live_of_board
    from simulation.board.trouble import TROUBLE as DISTURBANCES
    from simulation.board.world import FEATURES, World

    board_host.install()

_ended = []  # set if a run of this world has been ended early


def _unhandled(message, error):
    # asyncio also reports what its transports catch.
    if error is not None and (PLANNED in str(error) or "simulated" in str(error)):
        return
    if error is None and not clock.in_loop:
        return  # the loop of a client in sync mode that the program has dropped
    if error is None and _ended and "Turn._run" in message:
        return  # the end of a run began a callback's coroutine, and Ctrl-C in asyncio.run left it no time
    if error is not None:
        host.report(error)
    clock.fail("%s: %r" % (message, error))


def _once(world):
    # Run the program once.
    program = world.program
    try:
        if world.mode == "sync":
            program.run_sync()
        elif program.by_start:
            asyncio.create_task(program.watch(program.generation))
            program.devices[0].client.start()
            program.running = False
        else:
            asyncio.run(program.main())
    except (KeyboardInterrupt, SystemExit) as error:
        if PLANNED not in str(error):
            raise
        world.note("the program has ended: %r" % error)
        _ended[:] = [True]
    program.running = False


def live(world):
    """Run a world. Raises what ends it too early."""
    chance = Chance(world.seed, "restarts")
    _ended.clear()
    anew = True
    kept = False  # whether the previous event loop with its coroutines is kept
    while True:
        world.pause = None
        clock.interrupt = None
        network.fail_import(False)
        if world.mode == "sync" and world.program.starts_anew(anew):
            network.drop()
        world.program.start(anew, kept)
        _once(world)
        clock.check()
        if world.over:
            return
        pause = world.pause or chance.wide(1, 5000)
        clock.block(min(pause, 60000))
        clock.skip(max(pause - 60000, 0))
        world.paused += pause
        anew = chance.one_in(2)
        # After Ctrl-C MicroPython's loop still has the previous tasks. A program that only calls start() again may
        # leave the loop as it is, with the same client or a new one.
        world.program.by_start = MICROPYTHON and world.program.may_start() and chance.one_in(2)
        kept = world.program.by_start and chance.one_in(2)
        if MICROPYTHON and not kept:
            asyncio.new_event_loop()


def _story(world, error):
    for line in world.describe() if world else ():
        host.show("   ", line)
    for line in host.story.lines():
        host.show("   ", line)
    if not isinstance(error, Failed):
        if MICROPYTHON:
            host._sys.print_exception(error)
        else:
            import traceback

            host.show("".join(traceback.format_exception(type(error), error, error.__traceback__)))


network.fail_import = host.fail_import


def main(mode, first, count, days, off):
    """Run `count` worlds."""
    for seed in range(first, first + count):
        network.fail_import(False)
        if not MICROPYTHON:
            gc.disable()  # its findings are reported, so they must not depend on its timing
        host.begin(seed, _unhandled)
        world = None
        try:
            if mode == "board":
                board_host.watch_prints(host.keep)
            world = World(seed, mode, days, off, host.heap)
            live_of_board(world) if mode == "board" else live(world)
        except BaseException as error:
            _story(world, error)
            host.show("FAIL %d at %s: %s" % (seed, clock, error if isinstance(error, Failed) else repr(error)))
            return 1
        lived = (clock.now - world.paused) / 86400000 * len(world.program.devices)
        host.show("OK %d %.4f" % (seed, lived))
        world = None
        gc.collect()
    return 0


def _off(words):
    off = words.split(",")
    if "plain" in off:
        off += list(FEATURES) + list(DISTURBANCES)
    return [word for word in off if "+" + word not in off]


if __name__ == "__main__":
    host.leave(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), _off(sys.argv[5])))

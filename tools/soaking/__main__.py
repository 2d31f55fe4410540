"""The command line of tools/soak."""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from .worlds import INTERPRETERS, MODES, live

_TOGETHER = 10  # worlds in one process


def _arguments():
    parser = argparse.ArgumentParser(
        prog="tools/soak", description="Clients that run for long, in simulated worlds: tests/simulation/README.md."
    )
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="so many worlds for each interpreter and mode")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="the first seed")
    parser.add_argument("--seed", type=int, metavar="N", help="this one alone, with its story")
    parser.add_argument("--days", type=float, default=0, metavar="N", help="simulated days of each world, at least")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes side by side")
    parser.add_argument("--interpreter", choices=INTERPRETERS, action="append")
    parser.add_argument("--mode", choices=MODES, action="append")
    parser.add_argument("--off", default="", metavar="A,B", help="features that the worlds do not have; plain,+A: all but A")
    parser.add_argument("--real", type=float, metavar="MINUTES", help="in real time, over TLS against mosquitto, instead")
    return parser.parse_args()


def _soak(options):
    off = tuple(word for word in options.off.split(",") if word)
    first, count = (options.first, options.seeds) if options.seed is None else (options.seed, 1)
    days = failed = worlds = 0
    began = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        work = {
            pool.submit(live, interpreter, mode, start, min(_TOGETHER, first + count - start), options.days, off): (
                interpreter, mode,
            )
            for start in range(first, first + count, _TOGETHER)
            for interpreter in options.interpreter or INTERPRETERS
            for mode in options.mode or MODES
        }  # fmt: skip
        for done in as_completed(work):
            result = done.result()
            days += result.days
            worlds += result.worlds
            failed += len(result.failures)
            for failure in result.failures:
                story = failure.story if options.seed is not None else failure.story.splitlines()[-1]
                print("%s %s: %s\n    %s" % (*work[done], story, failure.replay), flush=True)
    print("%.1f device days in %d worlds, %d failed, %d s" % (days, worlds, failed, time.monotonic() - began))
    return 1 if failed else 0


def main():
    """Returns the exit code."""
    options = _arguments()
    if options.real is not None:
        from .real import main as real

        return real(options.real)
    return _soak(options)


if __name__ == "__main__":
    sys.exit(main())

"""The command line of tools/soak."""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from .worlds import INTERPRETERS, KINDS, MODES, live

_TOGETHER = 10  # short worlds in one process


def _arguments():
    parser = argparse.ArgumentParser(
        prog="tools/soak",
        description="Run clients for a long time in simulated worlds, which tests/simulation/README.md describes.",
    )
    text = "number of worlds for each interpreter and mode"
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help=text)
    parser.add_argument("--first", type=int, default=1, metavar="N", help="the first seed")
    parser.add_argument("--seed", type=int, metavar="N", help="only this seed, with its story")
    parser.add_argument("--days", type=float, default=0, metavar="N", help="minimum of simulated days in each world")
    parser.add_argument("--kind", choices=KINDS, action="append", help="kind of world; trouble by default")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="number of parallel processes")
    parser.add_argument("--interpreter", choices=INTERPRETERS, action="append")
    text = "what lives there: a client, in one of four modes, or a whole board"
    parser.add_argument("--mode", choices=MODES, action="append", help=text)
    parser.add_argument("--off", default="", metavar="A,B", help="features that the worlds lack; plain,+A: all but A")
    text = "run in real time, over TLS with mosquitto, instead"
    parser.add_argument("--real", type=float, metavar="MINUTES", help=text)
    return parser.parse_args()


def _soak(options):
    off = tuple(word for word in options.off.split(",") if word)
    first, count = (options.first, options.seeds) if options.seed is None else (options.seed, 1)
    together = max(1, min(_TOGETHER, int(_TOGETHER / max(options.days, 1))))
    totals = {"trouble": _Total(), "idle or busy": _Total()}
    began = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        work = {
            pool.submit(
                live, interpreter, mode, start, min(together, first + count - start), options.days, off, kind=kind
            ): (interpreter, mode, kind)
            for start in range(first, first + count, together)
            for interpreter in options.interpreter or INTERPRETERS
            for mode in options.mode or MODES
            for kind in options.kind or KINDS[:1]
        }
        for done in as_completed(work):
            result = done.result()
            totals["trouble" if work[done][2] == "trouble" else "idle or busy"].add(result)
            for failure in result.failures:
                story = failure.story if options.seed is not None else failure.story.splitlines()[-1]
                print("%s %s, %s: %s\n    %s" % (*work[done], story, failure.replay), flush=True)
    for kind, total in totals.items():
        if total.worlds:
            print("%s: %.1f device days in %d worlds, %d failed" % (kind, total.days, total.worlds, total.failed))
    print("%d s" % (time.monotonic() - began))
    return 1 if any(total.failed for total in totals.values()) else 0


class _Total:
    def __init__(self):
        self.days = self.worlds = self.failed = 0

    def add(self, result):
        self.days += result.days
        self.worlds += result.worlds
        self.failed += len(result.failures)


def main():
    """Run the soak and return the exit code."""
    options = _arguments()
    if options.real is not None:
        from .real_time.soak import main as real

        return real(options.real)
    return _soak(options)


if __name__ == "__main__":
    sys.exit(main())

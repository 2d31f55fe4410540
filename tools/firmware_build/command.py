"""The command `tools/firmware`."""

import argparse
import sys
import time
from pathlib import Path

from toolchain.report import ToolchainError, say

from . import elsewhere
from .build import RECIPES, build

_EPILOG = """QEMU_ARM (an emulated Cortex-M3) and UNIX are built here, from Debian's source of MicroPython,
into build/firmware/BOARD/. For the others, or with --micropython, it prints what is missing and the commands for a
full checkout; the exit code is then 1."""


def _arguments():
    parser = argparse.ArgumentParser(
        prog="tools/firmware", description="Build MicroPython with the client frozen in.", epilog=_EPILOG
    )
    names = elsewhere.names()
    parser.add_argument("board", metavar="BOARD", choices=names, help=", ".join(names))
    parser.add_argument("--micropython", metavar="DIR", type=Path, help="a checkout, to print the commands for it")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what make prints")
    return parser.parse_args()


def _build(board, verbose):
    begin = time.monotonic()
    sizes = []

    def show(line):
        if verbose:
            say(line)
        words = line.split()
        if len(words) == 6 and words[0].isdigit():
            text, data, bss = map(int, words[:3])
            sizes.append("%d bytes of code and constants, %d of variables" % (text, data + bss))

    path = build(board, show)
    remark = sizes[-1] if sizes else "nothing has changed"
    say("%s: %s, in %.1f s" % (board, remark, time.monotonic() - begin))
    print(path)


def _explain(board, checkout):
    if checkout:
        checkout = checkout.resolve()
        elsewhere.check(checkout)
    lines = elsewhere.missing(board, checkout)
    print("%s is not built here (port %s)." % (board, elsewhere.port(board)))
    for line in lines:
        print("missing: " + line)
    print("In a full checkout of MicroPython:\n")
    for words in elsewhere.commands(board, checkout):
        print("  " + elsewhere.shown(words))
    sys.exit(1)


def main():
    """Build a board's firmware, or tell how."""
    options = _arguments()
    try:
        if options.board in RECIPES and not options.micropython:
            _build(options.board, options.verbose)
        else:
            _explain(options.board, options.micropython)
    except ToolchainError as error:
        if len(error.args) > 1 and not options.verbose:
            sys.stderr.write(error.args[1])  # what make or apt printed
        sys.exit("tools/firmware: %s" % error.args[0])

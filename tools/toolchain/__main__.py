"""`tools/setup`: fetch what is missing, with a progress line for each step, and one line and exit code 1 on failure."""

import argparse
import errno
import sys
from concurrent.futures import ThreadPoolExecutor

from .parts import chromium, firmware, hsm, micropython, mosquitto, npm, page, peers, postgresql
from .parts.venv import TOOLS_VENV, pin_all
from .report import ToolchainError, say

PARTS = {
    "venv": TOOLS_VENV,
    "micropython": micropython,
    "mosquitto": mosquitto,
    "postgresql": postgresql,
    "peers": peers,
    "npm": npm,
    "hsm": hsm,
    "page": page,
    "chromium": chromium,
    "firmware": firmware,
}
# pip, apt and npm run in parallel, each with one part at a time.
_TOGETHER = (
    ("venv", "peers"),
    ("micropython", "mosquitto", "postgresql", "hsm", "chromium", "firmware"),
    ("npm", "page"),
)


def _install_in_turn(names):
    for name in names:
        PARTS[name].install()


def _why(error):
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full (%s)" % (error.filename or error.strerror)
    return str(error.args[0] if isinstance(error, ToolchainError) else error)


def ensure(*names):
    """Install the named parts (by default all) that are missing; exits with one line on failure."""
    missing = [name for name in names or PARTS if not PARTS[name].is_ready()]
    if not missing:
        return
    turns = [[name for name in turn if name in missing] for turn in _TOGETHER]
    failures = []
    with ThreadPoolExecutor() as pool:
        for job in [pool.submit(_install_in_turn, turn) for turn in turns if turn]:
            try:
                job.result()
            except (ToolchainError, OSError) as error:
                failures.append(_why(error))
    if failures:
        sys.exit("setup failed: " + "; ".join(failures))


def main():
    """Run the command `tools/setup`."""
    parser = argparse.ArgumentParser(prog="tools/setup", description="Fetch what the tools and tests need.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS) + " or all (the default)")
    parser.add_argument("--pin", action="store_true", help="resolve the requirements of pip and npm again and pin them")
    options = parser.parse_args()
    for name in options.parts:
        if name != "all" and name not in PARTS:
            parser.error("unknown part %r: expected %s or all" % (name, ", ".join(PARTS)))
    if options.pin:
        try:
            pin_all()
            npm.pin()
            page.pin()
        except (ToolchainError, OSError) as error:
            sys.exit("pinning failed: " + _why(error))
    ensure(*(() if "all" in options.parts else options.parts))
    say("ready: %s" % ", ".join(options.parts or PARTS))


if __name__ == "__main__":
    main()

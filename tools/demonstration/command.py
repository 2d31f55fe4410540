"""Read the command line and fetch what is missing, with only the standard library."""

import argparse
import os
import signal
import subprocess
import sys

from toolchain.__main__ import PARTS
from toolchain.parts import page
from toolchain.paths import TOOLS, VENV_PYTHON

NEEDED = ("venv", "micropython")
INTERRUPTED = 130

_EPILOG = """It starts a local cloud, makes a device and a thing there, and runs examples/laptop.py as that device,
on 32-bit MicroPython with 72 KB of heap, over TLS with a verified certificate. The first run fetches what it
needs into .cache/. Nothing is left running, and no data is kept."""


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="tools/demo",
        description="Show a MicroPython program and a cloud exchange live values, all on this machine.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--check", action="store_true", help="send values each way, print the round trip, exit with 0 if all is well"
    )
    parser.add_argument(
        "--http-port", type=int, default=0, metavar="N", help="port of the page on 127.0.0.1; any free one by default"
    )
    options = parser.parse_args()
    if not 0 <= options.http_port <= 65535:
        parser.error("--http-port %d is not a port: 1 to 65535" % options.http_port)
    return options


def main():
    """Fetch what is missing, then become the demonstration."""
    options = parse()
    needed = NEEDED + ("page",) * (page.is_possible() and not options.check)
    _fetch([name for name in needed if not PARTS[name].is_ready()])
    path = filter(None, [str(TOOLS), os.environ.get("PYTHONPATH")])
    os.environ["PYTHONPATH"] = os.pathsep.join(path)
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "demonstration"] + sys.argv[1:])


def _fetch(missing):
    if not missing:
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with it ignored
    # In a separate process group, so that its downloads can be ended with it.
    setup = subprocess.Popen([sys.executable, str(TOOLS / "setup")] + missing, start_new_session=True)
    try:
        code = setup.wait()
    except KeyboardInterrupt:
        os.killpg(setup.pid, signal.SIGKILL)
        setup.wait()
        print("demo: stopped while fetching", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if code:
        sys.exit(code)

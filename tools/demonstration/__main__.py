"""The demonstration's main program, which runs on the fetched Python."""

import argparse
import asyncio
import logging
import signal
import sys
import time
from contextlib import contextmanager
from typing import Iterator

from toolchain.report import ToolchainError

from . import DemoError
from .command import INTERRUPTED, parse

CHECK_S = 50

_INVITATION = """
Open   %s

and turn the switch "fast" on: the program on MicroPython lights "led" and reads four times as often.
Ctrl-C stops everything."""


def main() -> int:
    """Run the demonstration and return the exit code."""
    options = parse()
    logging.basicConfig(level=logging.ERROR, format="local cloud: %(message)s")
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(_until_signal(options))
    except KeyboardInterrupt:  # before the event loop handled signals
        return INTERRUPTED


async def _until_signal(options: argparse.Namespace) -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    work = asyncio.create_task(_work(options))
    stop = asyncio.create_task(stopped.wait())
    await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if work.done():
        return work.result()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    print("demo: stopped", file=sys.stderr)
    return INTERRUPTED if options.check else 0


async def _work(options: argparse.Namespace) -> int:
    try:
        async with asyncio.timeout(CHECK_S if options.check else None):
            await _demonstrate(options)
        return 0
    except (DemoError, ToolchainError) as error:
        reason = error.args[0]
    except TimeoutError:
        reason = "not finished within %d s" % CHECK_S
    except OSError as error:
        reason = str(error)
    print("demo: %s" % reason, file=sys.stderr)
    return 1


async def _demonstrate(options: argparse.Namespace) -> None:
    with _progress("loading"):
        from .check import check
        from .stage import Stage
    async with Stage(options.http_port, _progress) as stage:
        if options.check:
            await check(stage)
        else:
            print(_INVITATION % stage.page, flush=True)
            stage.device.on_line = lambda line: print("device: " + line, flush=True)
            await stage.device.failure()


@contextmanager
def _progress(title: str) -> Iterator[None]:
    """Print a step's title, then how long the step took."""
    begin = time.monotonic()
    print(title + " … ", end="", file=sys.stderr, flush=True)
    result = "failed"
    try:
        yield
        result = "%.1f s" % (time.monotonic() - begin)
    finally:
        print(result, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

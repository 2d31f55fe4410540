"""Run the part of a command that talks with a cloud, and turn its errors into messages."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import contextmanager, suppress
from typing import Any

from . import connection as connections
from .connection import Connection
from .exits import FAILED, PARTLY, CommandError


def work(options: argparse.Namespace, job: Callable[[Any, Connection], Awaitable[int]]) -> int:
    """Run `job(api, connection)` with the cloud that the options choose, and return its exit code.

    Raises CommandError, and KeyboardInterrupt after Ctrl-C once the job has closed what it had open.
    """
    connection = connections.choose(options)
    # For warnings of the clients, such as a lost connection.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="local-cloud: %(message)s")

    interrupted = []
    # A program with its own handler for Ctrl-C keeps it.
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler

    async def run() -> int:
        task = asyncio.current_task()
        assert task is not None

        def interrupt() -> None:
            interrupted.append(True)
            task.cancel()

        # asyncio's own handling of Ctrl-C misses a signal that comes just before the loop goes to sleep.
        if ours:
            with suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
        with in_words(connection):
            async with connection.api() as api:
                return await job(api, connection)

    try:
        return asyncio.run(run())
    except asyncio.CancelledError:
        if not interrupted:
            raise
        raise KeyboardInterrupt from None


class Tally:
    """How much of a command is done, so that `in_words` knows whether a failure leaves something behind."""

    done = 0
    begun = False  # the next one is partly done


@contextmanager
def in_words(connection: Connection, tally: Tally | None = None):
    """Turn errors of the API client, including network errors, into CommandErrors.

    With a tally, errors of files and of stdout too, once something is done.
    """
    from arduino_cloud_api import APIError

    try:
        yield
    except OSError as error:
        if tally is None or not (tally.done or tally.begun):
            raise
        message, unanswered = message_of(error), False
    except APIError as error:
        message = _refused(connection, error)
        unanswered = error.status < 300 or error.status >= 500
    else:
        return
    # A change without a good answer may have been made.
    if tally is not None and (tally.done or tally.begun or unanswered):
        raise CommandError(
            "%s\n%d done so far; the same command again does the rest" % (message, tally.done), PARTLY
        )
    raise CommandError(message, FAILED)


def message_of(error: OSError) -> str:
    """Return a message for an error of a file or of stdout."""
    return "%s: %s" % (error.filename, error.strerror) if error.filename else error.strerror or str(error)


def _refused(connection: Connection, error: Any) -> str:
    if error.status == 401:
        return "%s refuses the API key (HTTP 401)" % connection.title
    if not error.status:
        return "%s: %s" % (connection.title, error.detail)
    return "%s: HTTP %s: %s" % (connection.title, error.status, error.detail or error.code or "refused")

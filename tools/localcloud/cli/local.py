"""What the commands share that work with a local cloud of this machine, through its own API."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import described
from .exits import FAILED, CommandError
from .parsers import with_examples

if TYPE_CHECKING:
    from ..remote import RemoteCloud

USER_AGENT = "local-cloud"


def folder_of(options: argparse.Namespace) -> Path:
    """Return the data folder that the options choose."""
    folder: Path = options.data or described.default_data_folder()
    return folder


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses the local cloud."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="the local cloud with this data folder")


def command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    about: str,
    run: Any,
    examples: str,
    more: str = "",
) -> argparse.ArgumentParser:
    """Add a command for a local cloud of this machine, and return its parser."""
    parser = with_examples(commands, name, about, examples, more)
    add_data(parser)
    parser.set_defaults(run=run)
    return parser


@contextmanager
def running(options: argparse.Namespace) -> "Iterator[RemoteCloud]":
    """Yield the API of the local cloud that the options choose. Raises CommandError, also for what it refuses."""
    # What it imports takes a while.
    from ..remote import NoAnswerError, RemoteCloud, RemoteError

    folder = folder_of(options)
    about = described.running(folder)
    if about is None:
        raise CommandError(
            "no local cloud runs with its data in %s; start it with: local-cloud serve --data %s" % (folder, folder)
        )
    try:
        yield RemoteCloud(about, user_agent=USER_AGENT)
    except NoAnswerError as error:
        raise CommandError(str(error), FAILED) from None
    except RemoteError as error:
        why = "it refuses the token in running.json" if error.status == 401 else str(error)
        raise CommandError("the local cloud in %s: %s" % (folder, why), FAILED) from None


def quoted(id: str) -> str:
    """Return an id that a person has given, as a part of a path."""
    return quote(id, safe="")


def written(time_us: int | None) -> str:
    """Return a time as people write it here, to the second."""
    return "" if time_us is None else datetime.fromtimestamp(time_us / 1_000_000).strftime("%Y-%m-%d %H:%M:%S")

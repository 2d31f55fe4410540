"""What the parsers of all commands share."""

import argparse
from collections.abc import Callable

from . import connection


def group(commands: argparse._SubParsersAction, name: str, about: str) -> argparse._SubParsersAction:
    """Add a command that has subcommands, and return what they are added to."""
    parser = commands.add_parser(name, help=about, description=sentence(about))
    return parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")


def sentence(about: str) -> str:
    """Return what a list of commands says of one, as a sentence."""
    return about[0].upper() + about[1:] + "."


def with_examples(
    commands: argparse._SubParsersAction, name: str, about: str, examples: str, more: str = ""
) -> argparse.ArgumentParser:
    """Add a command without options. Its --help shows `more` and `examples`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=sentence(about) + ("\n\n" + more if more else ""),
        epilog="examples:\n" + "\n".join("  " + line for line in examples.strip().splitlines()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def command(
    commands: argparse._SubParsersAction,
    name: str,
    about: str,
    run: Callable[[argparse.Namespace], int],
    examples: str,
    more: str = "",
) -> argparse.ArgumentParser:
    """Add a command that works with a cloud, and return its parser. Its --help shows `examples`."""
    parser = with_examples(commands, name, about, examples, more)
    connection.add_options(parser)
    parser.set_defaults(run=run)
    return parser


def add_copies(parser: argparse.ArgumentParser) -> None:
    """Add the options that name and count copies."""
    parser.add_argument("--name", required=True, help="the copy's; {n} is its number, {n:02} with two digits")
    parser.add_argument("--count", type=positive, default=1, metavar="N", help="how many; 1 by default")


def positive(text: str) -> int:
    """Read a whole number from 1 up. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("expected a whole number from 1, got %r" % text)
    return int(text)

"""The whole command line, and how each command ends."""

import argparse

from . import serve


def main(arguments: list[str] | None = None) -> int:
    """Run the command line (sys.argv's by default) and return the exit code."""
    options = _parser().parse_args(arguments)
    return options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local-cloud", description="A stand-in Arduino Cloud on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve.add(commands)
    return parser

"""The command `local-cloud`: a module per group of commands; `main` is the entry point."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line (sys.argv's by default) and return the exit code."""
    try:
        from . import command_line

        return command_line.run(arguments)
    except ModuleNotFoundError as error:
        # pip can install this command without its dependencies. A missing part of our own is a bug.
        if error.name is None or error.name.startswith(("localcloud", "arduino_")):
            raise
        print(
            "local-cloud: the Python package %s is missing: install this package with [tools]" % error.name,
            file=sys.stderr,
        )
        return 1

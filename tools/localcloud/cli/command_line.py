"""The whole command line, and how each command ends."""

import argparse
import os
import sys

from ..files import Unusable
from . import (
    access,
    audit,
    backup,
    broker_config,
    compact,
    dashboards,
    devices,
    new_authority,
    series,
    serve,
    things,
    users,
    watch,
)
from .exits import FAILED, INTERRUPTED, CommandError
from .terminal import complain
from .working import message_of

_GROUPS = (
    serve,
    access,
    users,
    audit,
    devices,
    things,
    dashboards,
    series,
    watch,
    backup,
    compact,
    broker_config,
    new_authority,
)
EPILOG = """exit codes:
  0    done (also: nothing was left to do)
  1    the cloud refused or was not reached, or a file cannot be written; nothing was changed
  2    the command line or a file given to it is wrong; nothing was tried
  3    partly done; the same command again does the rest
  130  interrupted by Ctrl-C

examples:
  local-cloud serve
  local-cloud devices create --count 30 --secrets-dir secrets
  local-cloud things apply classroom.yaml --secrets-dir secrets
  local-cloud watch

local-cloud COMMAND --help has more, with examples.
"""


def run(arguments: list[str] | None = None) -> int:
    """Run the command line (by default sys.argv's) and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code
    except CommandError as error:
        complain(str(error))
        return error.code
    except Unusable as error:
        complain(str(error))
        return FAILED
    except BrokenPipeError:
        return FAILED  # the reader of our output has closed it
    except OSError as error:
        complain(message_of(error))
        return FAILED
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    finally:
        _flush_stdout()


def _flush_stdout() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        # It is closed. The interpreter would complain about that at exit, and change the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local-cloud",
        description="A stand-in Arduino Cloud on this machine, and commands for it and for Arduino Cloud.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in _GROUPS:
        group.add(commands)
    return parser

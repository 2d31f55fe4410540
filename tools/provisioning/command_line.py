"""The command line of `tools/provision`, and how it ends. Exit codes are those of `local-cloud`."""

import argparse
import signal
import sys
from pathlib import Path

from localcloud.cli import connection
from localcloud.cli.exits import DONE, FAILED, INTERRUPTED, PARTLY, USAGE, CommandError
from localcloud.cli.projects.plan import DEFAULT_DEVICE_TYPE
from localcloud.cli.projects.project_file import DEVICE_NAME, THING_NAME

from . import journal, payload, wifi

EPILOG = """Every step looks first and changes only what differs; after an interruption the same command does the
rest, with the same device. Passwords and secrets are never shown, and go to the board over its serial line alone.

exit codes:
  0    done (also: nothing was left to do)
  1    refused, not reached, or not possible; nothing is changed
  2    the command line or a file given to it is wrong; nothing was tried
  3    a part is done; the same command again does the rest
  130  interrupted by Ctrl-C; as 3

examples:
  tools/provision --dry-run
  tools/provision --wifi 'My network' --thing Greenhouse
  tools/provision --port /dev/ttyACM0 --name 'Station 07' --main examples/basic.py
  tools/provision --certificate --cloud arduino --credentials key.yaml
  tools/provision --certificate --keys chip
  tools/provision --romfs --no-device
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/provision",
        description="From an empty board to a device that runs: the package, its settings, its device in the cloud.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _board_options(parser.add_argument_group("board"))
    _device_options(parser.add_argument_group("device"))
    _wifi_options(parser.add_argument_group("Wi-Fi"))
    connection.add_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    parser.add_argument("--no-check", action="store_true", help="do not connect at the end")
    parser.add_argument(
        "--check-seconds", type=_seconds, default=60, metavar="N", help="for the connection; default %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="say what was done as one JSON object")
    parser.add_argument(
        "--journal-dir",
        type=Path,
        metavar="DIR",
        help="folder for what is known of each board, its secret too; default %s" % journal.default_folder(),
    )
    return parser


def _board_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--port", help="such as /dev/ttyACM0 or rfc2217://host:port; else the board is found by USB")
    group.add_argument("--board", metavar="NAME", help="a folder of boards/; else the board is asked")
    group.add_argument("--romfs", action="store_true", help="the package into the ROMFS partition: none of it in RAM")
    group.add_argument(
        "--with",
        dest="parts",
        action="append",
        default=[],
        choices=payload.OPTIONS,
        help="an optional part of the package too; can be repeated",
    )
    group.add_argument("--main", type=Path, metavar="FILE", help="your program, which the board runs at its start")
    group.add_argument("--replace-main", action="store_true", help="even where somebody else's main.py is")
    group.add_argument("--replace-board", action="store_true", help="even a board.py that is changed, or your own")


def _device_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--no-device", action="store_true", help="only the board's files: no device, no check")
    group.add_argument("--name", help="of the device to make; else made up of the board's name and number")
    group.add_argument("--type", default=DEFAULT_DEVICE_TYPE, help="of the device to make; default %(default)s")
    group.add_argument("--device", metavar="NAME", help="one that is there, by name or id, which this board is to be")
    group.add_argument("--new-secret", action="store_true", help="a new secret, or key on the board; the old one ends")
    group.add_argument(
        "--certificate", action="store_true", help="a key made on the board and a certificate, in place of a secret"
    )
    group.add_argument(
        "--keys",
        choices=("chip", "files"),
        help="where that key is, on a board whose TLS can use its secure chip; else as before, at first in files",
    )
    group.add_argument("--thing", metavar="NAME", help="attach this thing; made with uptime and led if there is none")
    group.add_argument(
        "--project", type=Path, metavar="FILE.yaml", help="then do what `local-cloud things apply` does with the file"
    )
    text = "where this board reaches the local cloud; else its own first address"
    group.add_argument("--server", metavar="HOST", help=text)


def _wifi_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--wifi",
        metavar="SSID",
        help="the network; its password is asked for, or taken from the environment's %s" % wifi.VARIABLE,
    )
    group.add_argument("--wifi-password-file", type=Path, metavar="FILE", help="or from the first line of a file")
    group.add_argument(
        "--networks", type=Path, metavar="FILE", help="several: YAML or JSON, a list with ssid, password, priority"
    )


def _seconds(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 3600:
        raise argparse.ArgumentTypeError("expected 1 to 3600 seconds, given %r" % text)
    return int(text)


def _check(options: argparse.Namespace) -> None:
    for option, rule in (("name", DEVICE_NAME), ("thing", THING_NAME)):
        given = getattr(options, option)
        if given is not None:
            expected = rule(given)
            if expected:
                raise CommandError("--%s: expected %s, given %r" % (option, expected, given), USAGE)
    if options.name and options.device:
        raise CommandError("--name and --device: one of them", USAGE)
    if options.keys == "chip" and not options.certificate:
        raise CommandError("--keys chip goes with --certificate: a secret is kept in files", USAGE)
    for option in ("name", "device", "certificate", "keys", "thing", "project", "new_secret", "server"):
        if options.no_device and getattr(options, option):
            raise CommandError("--no-device and --%s: one of them" % option.replace("_", "-"), USAGE)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line (sys.argv's by default) and return the exit code."""
    options = _parser().parse_args(arguments)
    # At once, also in the middle of a long copy: asyncio's own handler waits for the next `await`.
    signal.signal(signal.SIGINT, _interrupt)
    from .steps import Run

    work = None
    try:
        _check(options)
        work = Run(options)
        return work.run() or DONE
    except CommandError as error:
        code = error.code
        complain(str(error))
    except OSError as error:
        code = FAILED
        complain("%s: %s" % (error.filename, error.strerror) if error.filename else str(error))
    except KeyboardInterrupt:
        complain("interrupted; the same command again does the rest")
        return INTERRUPTED
    if code == FAILED and work is not None and work.changed:
        complain("a part is done; the same command again does the rest")
        return PARTLY
    return code


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def complain(text: str) -> None:
    """Write what went wrong on stderr."""
    print("provision: %s" % text, file=sys.stderr, flush=True)

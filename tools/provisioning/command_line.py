"""The command line of `tools/provision`, with the exit codes of `local-cloud`."""

import argparse
import signal
import sys
from pathlib import Path

from localcloud.cli import connection
from localcloud.cli.exits import DONE, FAILED, INTERRUPTED, PARTLY, USAGE, CommandError
from localcloud.cli.projects.plan import DEFAULT_DEVICE_TYPE
from localcloud.cli.projects.project_file import DEVICE_NAME, THING_NAME

from . import journal, payload, wifi

EPILOG = """Every step looks first and changes only what differs. After an interruption the same command does the
rest, with the same device. Passwords and secrets are never shown, and go to the board only over its serial line.

exit codes:
  0    done (also if there was nothing to do)
  1    refused, not reached, or not possible; nothing was changed
  2    the command line or a file given to it is wrong; nothing was tried
  3    partly done; the same command again does the rest
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
        description="Turn an empty board into a running device: install the package and its settings, and make its "
        "device in the cloud.",
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
        "--check-seconds", type=_seconds, default=60, metavar="N", help="limit for connecting; default %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="report what was done as one JSON object")
    parser.add_argument(
        "--journal-dir",
        type=Path,
        metavar="DIR",
        help="folder for the state of each board, including its secret; default %s" % journal.default_folder(),
    )
    return parser


def _board_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--port", help="such as /dev/ttyACM0 or rfc2217://host:port; by default the board is found by its USB ids"
    )
    group.add_argument("--board", metavar="NAME", help="a folder of boards/; by default the board is asked")
    group.add_argument(
        "--romfs", action="store_true", help="install the package into the ROMFS partition, where its code takes no RAM"
    )
    group.add_argument(
        "--with",
        dest="parts",
        action="append",
        default=[],
        choices=payload.OPTIONS,
        help="also install an optional part of the package; can be repeated",
    )
    group.add_argument("--main", type=Path, metavar="FILE", help="your program, which the board runs when it starts")
    group.add_argument("--replace-main", action="store_true", help="replace a main.py that this command did not write")
    group.add_argument(
        "--replace-board", action="store_true", help="replace a board.py that is changed, or your own"
    )


def _device_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--no-device", action="store_true", help="only the board's files: no device, no check")
    group.add_argument(
        "--name", help="name of the device to make; by default made up of the board's name and number"
    )
    group.add_argument("--type", default=DEFAULT_DEVICE_TYPE, help="type of the device to make; default %(default)s")
    group.add_argument("--device", metavar="NAME", help="an existing device, by name or id, that this board becomes")
    group.add_argument(
        "--new-secret",
        action="store_true",
        help="make a new secret, or a new key on the board; the old one stops working",
    )
    group.add_argument(
        "--certificate",
        action="store_true",
        help="use a key made on the board and a certificate instead of a secret",
    )
    group.add_argument(
        "--keys",
        choices=("chip", "files"),
        help="where to keep that key, on a board whose TLS can use its secure chip; by default where it is, at first "
        "in files",
    )
    group.add_argument(
        "--thing", metavar="NAME", help="attach this thing; if it does not exist, make it with uptime and led"
    )
    group.add_argument(
        "--project", type=Path, metavar="FILE.yaml", help="then do what `local-cloud things apply` does with the file"
    )
    group.add_argument(
        "--server",
        metavar="HOST",
        help="address at which this board reaches the local cloud; by default the cloud's first address",
    )


def _wifi_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--wifi",
        metavar="SSID",
        help="the network; its password is asked for, or taken from the environment's %s" % wifi.VARIABLE,
    )
    group.add_argument("--wifi-password-file", type=Path, metavar="FILE", help="or from the first line of a file")
    group.add_argument("--wifi-open", action="store_true", help="the network of --wifi has no password")
    group.add_argument(
        "--networks",
        type=Path,
        metavar="FILE",
        help="several networks: YAML or JSON, a list with ssid, password, priority",
    )


def _seconds(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 3600:
        raise argparse.ArgumentTypeError("expected 1 to 3600 seconds, got %r" % text)
    return int(text)


def _check(options: argparse.Namespace) -> None:
    for option, rule in (("name", DEVICE_NAME), ("thing", THING_NAME)):
        given = getattr(options, option)
        if given is not None:
            expected = rule(given)
            if expected:
                raise CommandError("--%s: expected %s, got %r" % (option, expected, given), USAGE)
    if options.name and options.device:
        raise CommandError("give either --name or --device", USAGE)
    if options.keys == "chip" and not options.certificate:
        raise CommandError("--keys chip goes with --certificate: a secret is kept in files", USAGE)
    for option in ("name", "device", "certificate", "keys", "thing", "project", "new_secret", "server"):
        if options.no_device and getattr(options, option):
            raise CommandError("give either --no-device or --%s" % option.replace("_", "-"), USAGE)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line (sys.argv's by default) and return the exit code."""
    options = _parser().parse_args(arguments)
    # Interrupt at once, even in a long copy: asyncio's own handler waits for the next `await`.
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
        complain("partly done; the same command again does the rest")
        return PARTLY
    return code


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def complain(text: str) -> None:
    """Write to stderr what went wrong."""
    print("provision: %s" % text, file=sys.stderr, flush=True)

"""`local-cloud backup` and `local-cloud restore`: everything of a data folder in one file, and back."""

import argparse
import getpass
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..audit_notes import leave_note
from ..files import DataInUse
from . import described
from .exits import DONE, FAILED, USAGE, CommandError
from .terminal import progress

VARIABLE = "LOCAL_CLOUD_PASSPHRASE"
LEAST = 8
_BACKUP = """examples:
  local-cloud backup monday.backup
  local-cloud backup --encrypt /mnt/stick/monday.backup
  local-cloud backup - --passphrase-file secret | ssh other 'cat > monday.backup'

It has every key and secret of the cloud: whoever has it can act as the cloud and as each of its devices. FILE is
written whole or not at all, for its owner only. Without a passphrase it is a .tar.gz.
"""
_RESTORE = """examples:
  local-cloud restore monday.backup
  local-cloud restore monday.backup --data ./cloud --replace

The backup is checked to its end before anything is replaced. No cloud may use DIR meanwhile. Devices reconnect with the
secrets and certificates that they have, if the cloud is then started at the same address and ports.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the two commands to the parser."""
    for name, run_, words, epilog in (
        ("backup", run_backup, "write everything that the local cloud knows to a file, also while it runs", _BACKUP),
        ("restore", run_restore, "put a backup into an empty data folder, or in the place of one", _RESTORE),
    ):
        parser = commands.add_parser(
            name,
            help=words,
            description=words[0].upper() + words[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(run=run_)
        stream = "stdout" if name == "backup" else "stdin"
        parser.add_argument("file", metavar="FILE", help="the backup; - for " + stream)
        parser.add_argument("--data", type=Path, metavar="DIR", help="the local cloud's data folder")
        parser.add_argument(
            "--passphrase-file",
            type=Path,
            metavar="FILE",
            help="file with the passphrase on its first line; it may also be in the environment (%s)" % VARIABLE,
        )
        if name == "backup":
            parser.add_argument("--encrypt", action="store_true", help="ask for a passphrase")
            parser.add_argument(
                "--without-store",
                action="store_true",
                help="leave the database out; for a cloud with PostgreSQL, which pg_dump backs up",
            )
        else:
            parser.add_argument(
                "--replace", action="store_true", help="replace a folder that is not empty; it gets another name"
            )


def run_backup(options: argparse.Namespace) -> int:
    """Write the backup and return the exit code. Raises CommandError."""
    from ..backup import BackupRefused
    from ..backup.taking import take, whole_file

    data = (options.data or described.default_data_folder()).absolute()
    if not data.is_dir():
        raise CommandError("%s is not a data folder" % data, USAGE)
    passphrase = _passphrase(options)
    if passphrase is None and options.encrypt:
        passphrase = _asked("Passphrase: ", "Again: ")
    path = None if options.file == "-" else Path(options.file).absolute()
    if path is not None:
        _check_target(path, data)
    # What is in the clear stays in the clear only where it is already.
    scratch = data if path is None or passphrase is not None else path.parent
    try:
        with _stdout() if path is None else whole_file(path) as file:
            with progress("backing up") as done:
                take(data, file, passphrase=passphrase, scratch=scratch, with_store=not options.without_store,
                     progress=done)  # fmt: skip
    except BackupRefused as error:
        raise CommandError(str(error), FAILED) from None
    except sqlite3.Error as error:
        raise CommandError("the database in %s cannot be read: %s" % (data, error), FAILED) from None
    except OSError as error:
        where = error.filename or (path or "stdout")
        raise CommandError("%s: %s" % (where, error.strerror or error), FAILED) from None
    with suppress(OSError):  # a full disk is a good reason for a backup
        leave_note(data, "backup made", about="stdout" if path is None else str(path))
    return DONE


def run_restore(options: argparse.Namespace) -> int:
    """Restore the backup and return the exit code. Raises CommandError."""
    from ..backup import BackupRefused
    from ..backup.restoring import restore

    data = options.data or described.default_data_folder()
    if data.exists() and not data.is_dir():
        raise CommandError("%s is not a folder" % data, USAGE)

    def ask() -> str:
        return _passphrase(options) or _asked("Passphrase: ")

    try:
        with _stdin() if options.file == "-" else open(options.file, "rb") as file:
            restored = restore(file, data, ask, replace=options.replace)
    except (BackupRefused, DataInUse) as error:
        raise CommandError(str(error), FAILED) from None
    made_at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(restored.made_at))
    print("The backup of %s is in %s." % (made_at, data))
    if not restored.with_store:
        print("It has no database: restore that with pg_restore.")
    if restored.old is not None:
        print("What was there before is in %s." % restored.old)
    return DONE


def _check_target(path: Path, data: Path) -> None:
    if not path.parent.is_dir():
        raise CommandError("%s is not a folder" % path.parent, USAGE)
    resolved = path.resolve()
    if data.resolve() in resolved.parents:
        raise CommandError("%s: choose a place outside of the data folder, best on another disk" % path, USAGE)
    if path.exists() and not path.is_file():
        raise CommandError("%s is not a file" % path, USAGE)


def _passphrase(options: argparse.Namespace) -> str | None:
    """Return the passphrase from the file or the environment, or None if neither has one."""
    if options.passphrase_file is not None:
        first = options.passphrase_file.read_bytes().partition(b"\n")[0].rstrip(b"\r")
        where, given = str(options.passphrase_file), first.decode("utf-8", "surrogateescape")
    elif VARIABLE in os.environ:
        where, given = VARIABLE, os.environ[VARIABLE]
    else:
        return None
    return _checked(given, where)


def _asked(*prompts: str) -> str:
    if not sys.stdin.isatty():
        raise CommandError("a passphrase is needed: give it with --passphrase-file or %s" % VARIABLE, USAGE)
    given = [getpass.getpass(prompt) for prompt in prompts]
    if len(set(given)) > 1:
        raise CommandError("the two passphrases differ", USAGE)
    return _checked(given[0], "the passphrase")


def _checked(passphrase: str, where: str) -> str:
    if len(passphrase) < LEAST or not passphrase.isprintable():
        raise CommandError("%s: at least %d printable characters are needed, %d given"
                           % (where, LEAST, len(passphrase)), USAGE)  # fmt: skip
    return passphrase


@contextmanager
def _stdout() -> Iterator[BinaryIO]:
    if sys.stdout.isatty():
        raise CommandError("a backup is not for a terminal: redirect it to a file or a program", USAGE)
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _stdin() -> Iterator[BinaryIO]:
    yield sys.stdin.buffer

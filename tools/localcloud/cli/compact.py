"""`local-cloud compact`: write the database of a stopped cloud anew, without what old values have left behind."""

import argparse
import os
import shutil
from pathlib import Path

from ..files import DataInUse, FolderLock
from . import described
from .exits import DONE, FAILED, USAGE, CommandError
from .terminal import tell

_EPILOG = """examples:
  local-cloud compact
  local-cloud compact --data ./cloud
  local-cloud compact --database postgresql://cloud:SECRET@localhost/cloud

A cloud of an older version needs it once: from then on its file shrinks by itself when old values are removed, and
charts of many values are two to three times as fast. Nothing may use DIR meanwhile, and the disk needs twice the room
of the database. It takes about a minute for 10 million values. PostgreSQL only gets the index for charts, also while
workers run.
"""
_COPIES = 2


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "compact",
        help="make a stopped cloud's database as small as its values are",
        description="Make a stopped cloud's database as small as its values are.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the local cloud's data folder")
    parser.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("LOCAL_CLOUD_DATABASE"),
        help="PostgreSQL instead of SQLite in the data folder (or in LOCAL_CLOUD_DATABASE)",
    )


def run(options: argparse.Namespace) -> int:
    """Compact the database and return the exit code. Raises CommandError."""
    from sqlalchemy.exc import SQLAlchemyError

    from ..store import database, space

    if options.data is None and options.database:
        lock, url = None, options.database
    else:
        data = (options.data or described.default_data_folder()).absolute()
        path = data / "cloud.sqlite3"
        if not path.is_file():
            raise CommandError("%s has no database" % data, USAGE)
        try:
            lock = FolderLock(data)
        except DataInUse as error:
            raise CommandError("%s; stop it first" % error, FAILED) from None
        url = "sqlite:///%s" % path
        _check_room(path)
    try:
        engine = database.engine_of(url)
        before = space.look(engine)
        space.compact(engine)
        after = space.look(engine)
        engine.dispose()
    except database.BadAddress as error:
        raise CommandError(str(error), USAGE) from None
    except SQLAlchemyError as error:
        # Only the first line: later ones may contain the address with its password.
        raise CommandError("the database cannot be used: %s" % str(error).splitlines()[0], FAILED) from None
    finally:
        if lock is not None:
            lock.release()
    tell("%.1f MB, before %.1f MB" % ((after.used + after.free) / 1e6, (before.used + before.free) / 1e6))
    return DONE


def _check_room(path: Path) -> None:
    needed, free = _COPIES * path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < needed:
        message = "%s: needs %.1f MB of the disk's room, but only %.1f MB are free"
        raise CommandError(message % (path, needed / 1e6, free / 1e6), FAILED)

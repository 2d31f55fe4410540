"""`local-cloud new-authority`: a new certificate authority in place of one that is lost, ends or is known to others."""

import argparse
from pathlib import Path

from ..audit_notes import leave_note
from ..files import DataInUse
from . import described
from .exits import DONE, CommandError

_EPILOG = """example:
  local-cloud new-authority --data ./cloud

Every board must then get the new root, ca.der, and every device with a certificate a new one. Devices with a
secret keep it. The old files are put aside, not removed.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "new-authority",
        help="make a new certificate authority, which every board must then get",
        description="Make a new certificate authority for a local cloud that does not run, and put the old one aside.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder of the local cloud")


def run(options: argparse.Namespace) -> int:
    """Make the authority, say what to do next, and return the exit code. Raises CommandError."""
    from ..identity import new_authority

    data = (options.data or described.default_data_folder()).absolute()
    if not any((data / each).exists() for each in ("certificates", "devices", "cloud.sqlite3")):
        raise CommandError("there is no local cloud in %s" % data)
    try:
        authority, aside = new_authority.replace(data)
    except DataInUse as error:
        raise CommandError("%s; stop it first" % error) from None
    leave_note(data, "authority made", about="the old one is in %s" % aside.name if aside else "")
    print("New authority: %s, for MicroPython %s" % (authority.files.certificate, authority.files.certificate_der))
    if aside is not None:
        print("The old files: %s" % aside)
    print("Every board must get the new root, and every device with a certificate a new one.")
    if (data / "mosquitto").exists():
        print("Restart mosquitto, so that it shows and trusts the new certificates.")
    return DONE

"""`local-cloud devices`: list devices; make many with their secrets."""

import argparse
from pathlib import Path
from typing import Any

from .connection import Connection
from .exits import DONE
from .listing import add_list
from .parsers import command, group, positive
from .projects.new_devices import NewDevices
from .projects.plan import DEFAULT_DEVICE_TYPE
from .projects.project_file import DEVICE_NAME, names_of
from .projects.secrets_folder import SecretsFolder
from .terminal import progress, tell, tell_json
from .working import in_words, work

_SECRETS_ARE = """\
The secret of each device is written to DIR/NAME.py, which its board takes as secrets.py. Only you can
read the file, and it is complete before the next device is begun. After an interruption the same
command makes only the devices that are missing."""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser."""
    devices = group(commands, "devices", "list devices, make many")
    add_list(
        devices,
        "devices",
        lambda api: api.devices.list(),
        ("NAME", "ID", "STATUS", "THING"),
        lambda each: (
            each["name"],
            each["id"],
            each.get("device_status"),
            (each.get("thing") or {}).get("name"),
        ),
    )
    create = command(
        devices,
        "create",
        "make devices, each with its secret in a file",
        run_create,
        "local-cloud devices create --count 30 --secrets-dir secrets\n"
        "local-cloud devices create --name 'Station {n:02}' --count 30 --secrets-dir secrets\n"
        "mpremote cp 'secrets/Station 07.py' :secrets.py",
        _SECRETS_ARE,
    )
    create.add_argument(
        "--secrets-dir", type=Path, metavar="DIR", required=True, help="folder for the secrets"
    )
    create.add_argument("--count", type=positive, default=1, metavar="N", help="how many; 1 by default")
    create.add_argument(
        "--name",
        default="Device {n:02}",
        help="{n} is the device's number, {n:02} with two digits; %(default)s by default",
    )
    create.add_argument("--type", default=DEFAULT_DEVICE_TYPE, help="%(default)s by default")
    create.add_argument(
        "--new-secrets",
        action="store_true",
        help="also give existing devices a new secret if theirs is not in DIR; the old one stops working",
    )
    create.add_argument("--json", action="store_true", help="report what was done as one JSON object")


def run_create(options: argparse.Namespace) -> int:
    """Run `devices create`."""
    names = names_of("--name", options.name, options.count, DEVICE_NAME)

    async def job(api: Any, connection: Connection) -> int:
        with SecretsFolder(options.secrets_dir, connection.devices) as folder:
            existing = await api.devices.list().all()
            devices = NewDevices(api, folder, existing, new_secrets=options.new_secrets)
            missing = devices.missing(names)
            made = await make_all(devices, [(name, {"type": options.type}) for name in missing], connection)
        with in_words(connection, devices.tally):
            if options.json:
                tell_json({"created": made, "there": len(names) - len(made), "secrets_dir": str(folder.path)})
            elif made:
                tell(
                    "%d created, %d already existed; secrets in %s"
                    % (len(made), len(names) - len(made), folder.path)
                )
            else:
                tell("nothing to do: all %d exist" % len(names))
        return DONE

    return work(options, job)


async def make_all(
    devices: NewDevices, wanted: list[tuple[str, dict[str, Any]]], connection: Connection
) -> list[dict[str, str]]:
    """Make devices of these names and bodies, with a progress bar, and return their names and ids."""
    made: list[dict[str, str]] = []
    tally = devices.tally
    with in_words(connection, tally), progress("devices", len(wanted)) as advance:
        for name, body in wanted:
            made.append({"name": name, "id": await devices.make(name, body)})
            tally.done += 1
            advance(1)
    return made

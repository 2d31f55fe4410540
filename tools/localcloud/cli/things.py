"""`local-cloud things`: list and clone things; make what a project file asks for, and write such a file."""

import argparse
import sys
from pathlib import Path
from typing import Any

from .connection import Connection
from .exits import DONE
from .finding import find
from .listing import add_list
from .parsers import add_copies, command, group
from .projects import applying, exporting, project_file
from .projects.project_file import THING_NAME, names_of, numbered
from .terminal import progress, tell, tell_json
from .working import Tally, in_words, work

_CLONE_IS = """\
A copy has the settings and properties of the thing, but not its device and values. --device attaches
one. An existing thing with the copy's name is left as it is (it only gets the device, if it has none),
so an interrupted run can be repeated."""
_APPLY_IS = """\
Make or change devices, things with their properties and dashboards with their widgets, so that the
cloud has what the file says. A second run changes nothing. What the file does not mention stays.
docs/command-line.md describes the file's format."""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser."""
    things = group(commands, "things", "list and clone things, make many from a file")
    add_list(
        things,
        "things",
        lambda api: api.things.list(show_properties=True),
        ("NAME", "ID", "DEVICE", "PROPERTIES"),
        lambda each: (
            each["name"],
            each["id"],
            each.get("device_name"),
            ", ".join(one["name"] for one in each.get("properties", ())),
        ),
    )
    _add_clone(things)
    _add_apply(things)
    export = command(
        things,
        "export",
        "write devices, things and dashboards to a file for apply",
        run_export,
        "local-cloud things export > classroom.yaml\nlocal-cloud things export --output classroom.yaml",
    )
    export.add_argument("--output", type=Path, metavar="FILE", help="instead of stdout")


def _add_clone(things: argparse._SubParsersAction) -> None:
    clone = command(
        things,
        "clone",
        "copy a thing, once or many times",
        run_clone,
        "local-cloud things clone Weather --name 'Weather of the roof'\n"
        "local-cloud things clone Weather --name 'Weather {n:02}' --count 30 --device 'Station {n:02}'",
        _CLONE_IS,
    )
    clone.add_argument("thing", help="its name or id")
    add_copies(clone)
    clone.add_argument("--device", metavar="NAME", help="the device to attach; {n} as in --name")
    clone.add_argument("--include-tags", action="store_true", help="copy the tags too")
    clone.add_argument("--json", action="store_true", help="report what was done as one JSON object")


def _add_apply(things: argparse._SubParsersAction) -> None:
    apply = command(
        things,
        "apply",
        "make the cloud match a file",
        run_apply,
        "local-cloud things apply classroom.yaml --dry-run\n"
        "local-cloud things apply classroom.yaml --secrets-dir secrets",
        _APPLY_IS,
    )
    apply.add_argument("file", type=Path, metavar="FILE.yaml")
    apply.add_argument("--dry-run", action="store_true", help="say what would be done, but change nothing")
    apply.add_argument(
        "--prune",
        action="store_true",
        help="remove properties, tags and widgets that the file's devices, things and dashboards have in the"
        " cloud but not in the file, but never a whole device, thing or dashboard; replace properties of"
        " another type",
    )
    apply.add_argument(
        "--secrets-dir", type=Path, metavar="DIR", help="folder for the secrets of new devices"
    )
    apply.add_argument("--json", action="store_true", help="report what was done as one JSON object")


def run_clone(options: argparse.Namespace) -> int:
    """Run `things clone`."""
    names = names_of("--name", options.name, options.count, THING_NAME)

    async def job(api: Any, connection: Connection) -> int:
        things = await api.things.list().all()
        original = find("thing", options.thing, things)
        devices = await api.devices.list().all() if options.device else []
        wanted = [find("device", numbered(options.device, n), devices)["id"] if options.device else None
                  for n in range(1, options.count + 1)]  # fmt: skip
        there = {
            name: find("thing", name, things)
            for name in names
            if any(each["name"] == name for each in things)
        }
        made, tally = [], Tally()
        with in_words(connection, tally), progress("things", len(names)) as advance:
            for name, device_id in zip(names, wanted, strict=True):
                thing = there.get(name)
                if thing is None:
                    body = {"name": name, "include_tags": options.include_tags}
                    thing = await api.things.clone(original["id"], body)
                    made.append({"name": name, "id": thing["id"]})
                    tally.done += 1
                if device_id and not thing.get("device_id"):
                    await api.things.update(thing["id"], {"device_id": device_id})
                    tally.begun = True
                advance(1)
        with in_words(connection, tally):
            if options.json:
                tell_json({"created": made, "there": len(there)})
            else:
                tell("%d created, %d already existed" % (len(made), len(there)))
        return DONE

    return work(options, job)


def run_apply(options: argparse.Namespace) -> int:
    """Run `things apply`."""
    project = project_file.load(options.file)

    async def job(api: Any, connection: Connection) -> int:
        return await applying.apply(api, connection, project, options)

    return work(options, job)


def run_export(options: argparse.Namespace) -> int:
    """Run `things export`."""

    async def job(api: Any, connection: Connection) -> int:
        text = await exporting.export(api)
        if options.output:
            exporting.write(options.output, text)
        else:
            sys.stdout.write(text)
        return DONE

    return work(options, job)

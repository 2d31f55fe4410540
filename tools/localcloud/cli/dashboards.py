"""`local-cloud dashboards`: list them; copy one onto other things."""

import argparse
from typing import Any

from .commands import command, group, positive
from .connection import Connection
from .exits import DONE, USAGE, CommandError
from .finding import find
from .project_file import names_of, numbered
from .terminal import progress, tell, tell_json, tell_table
from .working import Tally, in_words, work
from .yaml_file import text

_CLONE_IS = """\
With --thing OLD=NEW the copy's widgets show the properties of NEW that are called as those of OLD.
A dashboard that has the name already is left as it is, so an interrupted run can be repeated."""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser's."""
    dashboards = group(commands, "dashboards", "list and clone dashboards")
    listing = command(
        dashboards,
        "list",
        "list the dashboards",
        run_list,
        "local-cloud dashboards list\nlocal-cloud dashboards list --json",
    )
    listing.add_argument("--json", action="store_true", help="the API's descriptions, as one JSON array")
    clone = command(
        dashboards,
        "clone",
        "copy a dashboard, once or many times",
        run_clone,
        "local-cloud dashboards clone Weather --name 'Roof' --thing 'Weather=Weather of the roof'\n"
        "local-cloud dashboards clone Weather --name 'W {n:02}' --count 30 --thing 'Weather=Weather {n:02}'",
        _CLONE_IS,
    )
    clone.add_argument("dashboard", help="its name or id")
    clone.add_argument("--name", required=True, help="of the copy; {n} is the number, {n:02} with two digits")
    clone.add_argument("--count", type=positive, default=1, metavar="N", help="how many; 1 by default")
    clone.add_argument(
        "--thing",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="which thing takes the place of which, by name or id; {n} as in --name; may be repeated",
    )
    clone.add_argument("--json", action="store_true", help="say what was done as one JSON object")


def run_list(options: argparse.Namespace) -> int:
    """Run `dashboards list`."""

    async def job(api: Any, connection: Connection) -> int:
        found = await api.dashboards.list().all()
        found.sort(key=lambda each: each["name"])
        if options.json:
            tell_json(found)
            return DONE
        rows = (
            (each["name"], each["id"], len(each.get("widgets") or ()), each.get("updated_at"))
            for each in found
        )
        tell_table(("NAME", "ID", "WIDGETS", "CHANGED"), rows)
        return DONE

    return work(options, job)


def run_clone(options: argparse.Namespace) -> int:
    """Run `dashboards clone`."""
    names = names_of("--name", options.name, options.count, text(64))
    pairs = [each.partition("=")[::2] for each in options.thing]
    for (old, new), given in zip(pairs, options.thing, strict=True):
        if not old or not new:
            raise CommandError("--thing: expected OLD=NEW, given %r" % given, USAGE)

    async def job(api: Any, connection: Connection) -> int:
        dashboards = await api.dashboards.list().all()
        original = find("dashboard", options.dashboard, dashboards)
        things = await api.things.list().all() if pairs else []
        overrides = [_overrides(pairs, things, n) for n in range(1, options.count + 1)]
        there = {each["name"] for each in dashboards}
        made, tally = [], Tally()
        with in_words(connection, tally), progress("dashboards", len(names)) as advance:
            for name, things_of_it in zip(names, overrides, strict=True):
                if name not in there:
                    made.append(await _clone(api, original["id"], name, things_of_it))
                    tally.done += 1
                advance(1)
        with in_words(connection, tally):
            if options.json:
                tell_json({"created": made, "there": len(names) - len(made)})
            else:
                tell("%d created, %d there already" % (len(made), len(names) - len(made)))
        return DONE

    return work(options, job)


def _overrides(pairs: list[tuple[str, str]], things: list[dict[str, Any]], n: int) -> list[dict[str, str]]:
    return [
        {
            "old_thing_id": find("thing", old, things)["id"],
            "new_thing_id": find("thing", numbered(new, n), things)["id"],
        }
        for old, new in pairs
    ]


async def _clone(api: Any, original: str, name: str, overrides: list[dict[str, str]]) -> dict[str, str]:
    copy = await api.dashboards.clone(original, {"overrides": overrides})
    try:
        await api.dashboards.patch(copy["id"], {"name": name})
    except BaseException:
        # A copy under the original's name would be in the way of every later run.
        await api.dashboards.delete(copy["id"], force=True)
        raise
    return {"name": name, "id": copy["id"]}

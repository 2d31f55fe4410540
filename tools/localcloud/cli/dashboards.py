"""`local-cloud dashboards`: list dashboards; copy one for other things."""

import argparse
import uuid
from typing import Any

from .connection import Connection
from .exits import DONE, USAGE, CommandError
from .finding import find
from .listing import add_list
from .parsers import add_copies, command, group
from .projects.project_file import names_of, numbered
from .projects.widgets import as_request
from .terminal import progress, tell, tell_json
from .working import Tally, in_words, work
from .yaml_file import text

Substitutes = dict[str, dict[str, str]]
"""For each thing, by its id: the ids of the properties that replace its own, by name."""
_CLONE_IS = """\
With --thing OLD=NEW the copy's widgets show the properties of NEW that have the same names as those of
OLD. An existing dashboard with the copy's name is left as it is, so an interrupted run can be repeated."""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser."""
    dashboards = group(commands, "dashboards", "list and clone dashboards")
    add_list(
        dashboards,
        "dashboards",
        lambda api: api.dashboards.list(),
        ("NAME", "ID", "WIDGETS", "CHANGED"),
        lambda each: (each["name"], each["id"], len(each.get("widgets") or ()), each.get("updated_at")),
    )
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
    add_copies(clone)
    clone.add_argument(
        "--thing",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="show NEW in place of OLD, by name or id; {n} as in --name; can be repeated",
    )
    clone.add_argument("--json", action="store_true", help="report what was done as one JSON object")


def run_clone(options: argparse.Namespace) -> int:
    """Run `dashboards clone`."""
    names = names_of("--name", options.name, options.count, text(64))
    pairs = [each.partition("=")[::2] for each in options.thing]
    for (old, new), given in zip(pairs, options.thing, strict=True):
        if not old or not new:
            raise CommandError("--thing: expected OLD=NEW, got %r" % given, USAGE)

    async def job(api: Any, connection: Connection) -> int:
        dashboards = await api.dashboards.list().all()
        # Only the newer version of the API has the pages.
        original = await api.dashboards_v3.show(find("dashboard", options.dashboard, dashboards)["id"])
        things = await api.things.list(show_properties=True).all() if pairs else []
        substitutes = [_substitutes(pairs, things, n) for n in range(1, options.count + 1)]
        there = {each["name"] for each in dashboards}
        made, tally = [], Tally()
        with in_words(connection, tally), progress("dashboards", len(names)) as advance:
            for name, instead in zip(names, substitutes, strict=True):
                if name not in there:
                    # Not the API's own clone: its copy has the original's name at first, and keeps it if this
                    # run is interrupted. Then neither could be found by that name.
                    copy = await api.dashboards_v3.create(_copied(original, name, instead))
                    made.append({"name": name, "id": copy["id"]})
                    tally.done += 1
                advance(1)
        with in_words(connection, tally):
            if options.json:
                tell_json({"created": made, "there": len(names) - len(made)})
            else:
                tell("%d created, %d already existed" % (len(made), len(names) - len(made)))
        return DONE

    return work(options, job)


def _substitutes(pairs: list[tuple[str, str]], things: list[dict[str, Any]], n: int) -> Substitutes:
    substitutes = {}
    for old, new in pairs:
        variables = find("thing", numbered(new, n), things).get("properties") or ()
        substitutes[find("thing", old, things)["id"]] = {_called(each): each["id"] for each in variables}
    return substitutes


def _called(variable: dict[str, Any]) -> str:
    return variable.get("variable_name") or variable["name"]


def _copied(original: dict[str, Any], name: str, substitutes: Substitutes) -> dict[str, Any]:
    body: dict[str, Any] = {"name": name, "widgets": []}
    body.update({each: original[each] for each in ("cover_image", "pages") if original.get(each)})
    for widget in original.get("widgets") or ():
        linked = []
        for each in widget.get("variables") or ():
            instead = substitutes.get(each["thing_id"])
            linked.append(each["id"] if instead is None else instead.get(_called(each)))
        changed = {"id": str(uuid.uuid4()), "variables": [each for each in linked if each]}
        body["widgets"].append({**as_request(widget), **changed})
    return body

"""The command `list` for devices, things and dashboards: a table by name, or the API's descriptions."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from .connection import Connection
from .exits import DONE
from .parsers import command
from .terminal import tell_json, tell_table
from .working import work

Json = dict[str, Any]


def add_list(
    commands: argparse._SubParsersAction,
    what: str,
    pages: Callable[[Any], Any],
    columns: Sequence[str],
    row: Callable[[Json], Sequence[object]],
) -> None:
    """Add `list` to the group `what`. `pages` lists them with an API, and `row` returns the cells of one."""

    def run(options: argparse.Namespace) -> int:
        async def job(api: Any, connection: Connection) -> int:
            found = await pages(api).all()
            found.sort(key=lambda each: each["name"])
            if options.json:
                tell_json(found)
            else:
                tell_table(columns, map(row, found))
            return DONE

        return work(options, job)

    examples = "local-cloud %s list\nlocal-cloud %s list --json" % (what, what)
    parser = command(commands, "list", "list the " + what, run, examples)
    parser.add_argument("--json", action="store_true", help="the API's descriptions, as one JSON array")

"""`local-cloud audit`: who logged in, was refused, changed or deleted something."""

import argparse
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from . import local
from .exits import DONE, USAGE, CommandError
from .parsers import positive
from .terminal import tell_json, tell_table
from .values.query import when

if TYPE_CHECKING:
    from ..remote import RemoteCloud

_PAGE = 1000


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    audit = local.command(
        commands,
        "audit",
        "show who logged in, was refused, changed or deleted something",
        run,
        "local-cloud audit\nlocal-cloud audit --since 2d --by 'page'\nlocal-cloud audit --json | jq .action",
        "The newest entries come last. Values are not in it, and no secrets.",
    )
    audit.add_argument("--since", metavar="TIME", help="a time, or an age such as 2d")
    audit.add_argument("--by", metavar="TEXT", help="only what was done by one with this in the name")
    audit.add_argument(
        "--count", type=positive, metavar="N", help="the latest N entries; 100 by default, with --since all"
    )
    audit.add_argument("--json", action="store_true", help="one JSON array")


def run(options: argparse.Namespace) -> int:
    """Run `audit`."""
    query: dict[str, Any] = {"by": options.by} if options.by else {}
    if options.since is not None:
        try:
            since = when(options.since, datetime.now(timezone.utc))
        except ValueError as error:
            raise CommandError("--since: %s" % error, USAGE) from None
        query["since_us"] = max(0, int(since.timestamp() * 1_000_000))
    most = options.count or (None if options.since else 100)
    with local.running(options) as cloud:
        entries = list(_entries(cloud, query, most))
    entries.reverse()
    if options.json:
        tell_json(entries)
    else:
        tell_table(("TIME", "WHAT", "BY", "FROM", "ABOUT"), map(_row, entries))
    return DONE


def _entries(cloud: "RemoteCloud", query: dict[str, Any], most: int | None) -> Iterator[dict[str, Any]]:
    """Yield the entries, the newest first."""
    while most is None or most > 0:
        limit = _PAGE if most is None else min(most, _PAGE)
        page = cloud.request("GET", "/audit?" + urlencode({**query, "limit": limit}))
        yield from page
        if len(page) < limit:
            return
        query = {**query, "before_id": page[-1]["id"]}
        most = None if most is None else most - len(page)


def _row(entry: dict[str, Any]) -> tuple[object, ...]:
    action = entry["action"]
    if entry["times"] > 1:
        action += " (%d times until %s)" % (entry["times"], local.written(entry["until_us"]))
    return local.written(entry["time_us"]), action, entry["by"], entry["address"], entry["about"]

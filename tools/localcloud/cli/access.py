"""`local-cloud page`, `sessions` and `token`: who may use the page and the local API."""

import argparse
from typing import Any

from ..audit_notes import leave_note
from ..files import DataInUse, FolderLock
from ..identity.api_token import ApiToken
from . import described, local
from .exits import DONE, CommandError
from .parsers import group
from .terminal import tell, tell_json, tell_table


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser."""
    page = local.command(
        commands,
        "page",
        "print an address of the page that gives a browser access",
        run_page,
        "local-cloud page\nxdg-open $(local-cloud page | head -n 1)",
        "The code in it works once, within a day. The browser then has a session, which lasts while it is used, up to\n"
        "180 days. Further addresses are those for other machines, if the cloud is open to them, with the same code.",
    )
    page.add_argument("--json", action="store_true", help="one JSON array of addresses")
    sessions = group(commands, "sessions", "list the browsers that may use the page, end their sessions")
    listing = local.command(sessions, "list", "list the sessions", run_list, "local-cloud sessions list")
    listing.add_argument("--json", action="store_true", help="one JSON array")
    end = local.command(
        sessions,
        "end",
        "end sessions: the browser's page is shut within seconds",
        run_end,
        "local-cloud sessions end 1b671a64-40d5-491e-99b0-da01ff1f3341\nlocal-cloud sessions end --all",
    )
    which = end.add_mutually_exclusive_group(required=True)
    which.add_argument("session", metavar="ID", nargs="?", help="the session's id")
    which.add_argument("--all", action="store_true", help="all, and the codes in addresses that were not opened yet")
    token = group(commands, "token", "replace the token of the local API")
    local.command(
        token,
        "rotate",
        "replace the token of the local API, also of a cloud that is not running",
        run_rotate,
        "local-cloud token rotate",
        "The old one ends at once. Commands and programs that read running.json or api_token have the new one.",
    )


def run_page(options: argparse.Namespace) -> int:
    """Run `page`."""
    with local.running(options) as cloud:
        pages = cloud.request("POST", "/page-codes")["pages"]
    if options.json:
        tell_json(pages)
    else:
        for each in pages:
            tell(each)
    return DONE


def run_list(options: argparse.Namespace) -> int:
    """Run `sessions list`."""
    with local.running(options) as cloud:
        found = cloud.request("GET", "/sessions")
    if options.json:
        tell_json(found)
    else:
        tell_table(("ID", "ADDRESS", "SINCE", "LAST USED", "ENDS", "BROWSER"), map(_row, found))
    return DONE


def _row(session: dict[str, Any]) -> tuple[object, ...]:
    times = (session[name] for name in ("created_at_us", "last_used_at_us", "ends_at_us"))
    return (session["id"], session["address"], *map(local.written, times), session["browser"])


def run_end(options: argparse.Namespace) -> int:
    """Run `sessions end`."""
    with local.running(options) as cloud:
        if options.all:
            tell("%d sessions ended" % cloud.request("DELETE", "/sessions")["ended"])
        else:
            cloud.request("DELETE", "/sessions/" + local.quoted(options.session))
            tell("1 session ended")
    return DONE


def run_rotate(options: argparse.Namespace) -> int:
    """Run `token rotate`."""
    folder = local.folder_of(options)
    if described.running(folder) is not None:
        with local.running(options) as cloud:
            cloud.request("POST", "/token/rotate")
    else:
        path = folder / "api_token"
        if not path.is_file():
            raise CommandError("there is no token in %s: expected the data folder of a local cloud" % folder)
        try:
            lock = FolderLock(folder)
        except DataInUse as error:
            raise CommandError(str(error)) from None
        try:
            ApiToken.replace(path)
            leave_note(folder, "token got a new secret")
        finally:
            lock.release()
    tell("the token is replaced; the new one is in %s" % (folder / "api_token"))
    return DONE

"""`local-cloud users` and `keys`: the users of a local cloud and their API keys."""

import argparse
from pathlib import Path
from typing import Any

from ..files import write_whole
from . import local
from .exits import DONE, USAGE, CommandError
from .finding import find
from .parsers import group
from .terminal import tell, tell_json, tell_table

_ENDS = """\
What was given with a key ends with it within 10 seconds: tokens, and the MQTT connections of users."""
_SECRET = """\
The key is printed as client and secret, the form that --credentials takes. It is shown only now."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser."""
    users = group(commands, "users", "list, make and delete the users of a local cloud")
    _add_list(users, "users", run_users)
    create = local.command(
        users, "create", "make a user with an API key", run_create_user, "local-cloud users create Anna", _SECRET
    )
    create.add_argument("name", metavar="NAME", help="the user's name, which no other user has")
    _add_output(create)
    delete = local.command(
        users,
        "delete",
        "delete a user and the user's API keys",
        run_delete_user,
        "local-cloud users delete Anna\nlocal-cloud users delete Anna --with-everything",
        "A user who has things, devices or dashboards stays, unless these are deleted too.\n" + _ENDS,
    )
    delete.add_argument("user", metavar="USER", help="the name or the id")
    delete.add_argument(
        "--with-everything", action="store_true", help="delete the user's devices, things and dashboards too, for good"
    )
    keys = group(commands, "keys", "list, make, rotate and delete API keys of a local cloud")
    _add_list(keys, "API keys", run_keys)
    more = local.command(
        keys,
        "create",
        "make another API key for a user",
        run_create_key,
        "local-cloud keys create Anna --output anna.yaml",
        _SECRET,
    )
    more.add_argument("user", metavar="USER", help="the name or the id")
    more.add_argument("--name", help="the key's name; the user's by default")
    _add_output(more)
    rotate = local.command(
        keys,
        "rotate",
        "give an API key a new secret",
        run_rotate,
        "local-cloud keys rotate 00000000-0000-0000-0000-000000000000\nlocal-cloud keys rotate default",
        _ENDS + "\nTo change over without a gap, make a second key, use it, and delete the first.\n" + _SECRET,
    )
    rotate.add_argument("key", metavar="KEY", help="the id, or default: the key that serve prints")
    _add_output(rotate)
    remove = local.command(
        keys,
        "delete",
        "delete an API key",
        run_delete_key,
        "local-cloud keys delete 00000000-0000-0000-0000-000000000000",
        _ENDS,
    )
    remove.add_argument("key", metavar="KEY", help="the id")


def _add_list(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", what: str, run: Any) -> None:
    name = "keys" if what == "API keys" else what
    examples = "local-cloud %s list\nlocal-cloud %s list --json" % (name, name)
    listing = local.command(commands, "list", "list the " + what, run, examples)
    listing.add_argument("--json", action="store_true", help="one JSON array")


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the key to a new file, for you alone, instead of stdout"
    )


def run_users(options: argparse.Namespace) -> int:
    """Run `users list`."""
    with local.running(options) as cloud:
        users = cloud.request("GET", "/users")
    if options.json:
        tell_json(users)
        return DONE
    rows = ((each["name"], each["id"], local.written(each["created_at_us"]), len(each["keys"])) for each in users)
    tell_table(("NAME", "ID", "SINCE", "KEYS"), rows)
    return DONE


def run_keys(options: argparse.Namespace) -> int:
    """Run `keys list`."""
    with local.running(options) as cloud:
        users = cloud.request("GET", "/users")
    if options.json:
        tell_json([key for user in users for key in user["keys"]])
        return DONE
    rows = (
        (key["id"], user["name"], key["name"], local.written(key["created_at_us"]), local.written(key["rotated_at_us"]))
        for user in users
        for key in user["keys"]
    )
    tell_table(("ID", "USER", "NAME", "SINCE", "NEW SECRET"), rows)
    return DONE


def run_create_user(options: argparse.Namespace) -> int:
    """Run `users create`."""
    _check_output(options)
    with local.running(options) as cloud:
        made = cloud.request("POST", "/users", {"name": options.name})
    return _give(options, made["api_key_id"], made["api_key_secret"])


def run_delete_user(options: argparse.Namespace) -> int:
    """Run `users delete`."""
    with local.running(options) as cloud:
        user = find("user", options.user, cloud.request("GET", "/users"))
        query = "?with_everything=true" if options.with_everything else ""
        devices = cloud.request("DELETE", "/users/%s%s" % (user["id"], query))["deleted_devices"]
    tell("deleted the user %s%s" % (user["name"], " and %d devices" % len(devices) if devices else ""))
    return DONE


def run_create_key(options: argparse.Namespace) -> int:
    """Run `keys create`."""
    _check_output(options)
    with local.running(options) as cloud:
        user = find("user", options.user, cloud.request("GET", "/users"))
        made = cloud.request("POST", "/users/%s/keys" % user["id"], {"name": options.name or user["name"]})
    return _give(options, made["id"], made["secret"])


def run_rotate(options: argparse.Namespace) -> int:
    """Run `keys rotate`."""
    _check_output(options)
    with local.running(options) as cloud:
        key_id = options.key
        if key_id == "default":
            keys = [key for user in cloud.request("GET", "/users") for key in user["keys"]]
            key_id = next(key["id"] for key in keys if key["is_default"])
        made = cloud.request("POST", "/keys/%s/rotate" % local.quoted(key_id))
    return _give(options, made["id"], made["secret"])


def run_delete_key(options: argparse.Namespace) -> int:
    """Run `keys delete`."""
    with local.running(options) as cloud:
        cloud.request("DELETE", "/keys/" + local.quoted(options.key))
    tell("deleted the API key %s" % options.key)
    return DONE


def _check_output(options: argparse.Namespace) -> None:
    """Raise CommandError before anything is made whose secret could not be written."""
    path = options.output
    if path is None:
        return
    if path.exists():
        raise CommandError("--output: %s exists" % path, USAGE)
    if not path.absolute().parent.is_dir():
        raise CommandError("--output: there is no folder %s" % path.absolute().parent, USAGE)


def _give(options: argparse.Namespace, key_id: str, secret: str) -> int:
    text = "client: %s\nsecret: %s" % (key_id, secret)
    if options.output is None:
        tell(text)
        return DONE
    try:
        write_whole(options.output, (text + "\n").encode())
    except OSError as error:
        # Nobody could see the secret again.
        tell(text)
        raise CommandError("--output: %s: %s; the key is on stdout" % (options.output, error.strerror)) from None
    tell("the API key %s is in %s" % (key_id, options.output))
    return DONE

"""The Wi-Fi networks for a board. Passwords come from a prompt, the environment or a file, never from the command line,
which other users of the computer can see."""

import argparse
import sys
from pathlib import Path
from typing import Any

from arduino_cloud_board.link.arguments import check_password, networks_of
from localcloud.cli import plain_text
from localcloud.cli.exits import USAGE, CommandError
from localcloud.cli.yaml_file import Document, mapping, read, whole

VARIABLE = "ARDUINO_WIFI_PASSWORD"


def networks(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the networks that the options name. Raises CommandError."""
    found = _of_file(options.networks) if options.networks else []
    if options.wifi is None:
        for option in ("wifi_password_file", "wifi_open"):
            if getattr(options, option):
                raise CommandError("--%s goes with --wifi" % option.replace("_", "-"), USAGE)
        return found
    expected = _ssid(options.wifi)
    if expected:
        raise CommandError("--wifi: expected %s" % expected, USAGE)
    return [*found, {"ssid": options.wifi, "password": _password(options)}]


def _password(options: argparse.Namespace) -> str:
    if options.wifi_open:
        if options.wifi_password_file:
            raise CommandError("give either --wifi-open or --wifi-password-file", USAGE)
        return ""
    if options.wifi_password_file:
        where = str(options.wifi_password_file)
        return _checked(plain_text.first_line(options.wifi_password_file), where)
    password = plain_text.of_environment(VARIABLE)
    if password is not None:
        # An unset secret of a script arrives as an empty variable.
        if not password:
            raise CommandError("%s is empty; for a network without a password, give --wifi-open" % VARIABLE, USAGE)
        return _checked(password, VARIABLE)
    if not sys.stdin.isatty():
        raise CommandError(
            "the password of --wifi: set %s, or give --wifi-password-file or --wifi-open" % VARIABLE, USAGE
        )
    password = plain_text.entered("Password of %s (empty for none): " % options.wifi)
    return _checked(password, "what was entered") if password else ""


def _checked(password: str, where: str) -> str:
    expected = _secret(password)
    if expected:
        raise CommandError("%s: expected %s" % (where, expected), USAGE)
    return password


def _of_file(path: Path) -> list[dict[str, Any]]:
    document = read(path, secret=True)
    if not isinstance(document.root, list) or not document.root:
        document.complain(document.root, None, "", "a list of networks", document.root)
    found = [_of_entry(document, number) for number in range(len(document.root or ()))]
    document.finish()
    return [_plain(each) for each in found]


def _of_entry(document: Document, number: int) -> dict[str, Any]:
    return mapping(document, document.root[number], "[%d]" % number, _FIELDS, required=("ssid",))


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    # The board gets Python's own types, not those of the file's reader.
    plain = {"ssid": str(entry["ssid"]), "password": str(entry.get("password", ""))}
    return {**plain, "priority": int(entry["priority"])} if "priority" in entry else plain


def _ssid(value: Any) -> str | None:
    """Check a network's name."""
    expected = "a network's name of 1 to 32 bytes"
    if not isinstance(value, str):
        return expected
    trouble = plain_text.not_one_line(value)
    if trouble:
        return "%s, but %s" % (expected, trouble)
    try:
        networks_of({"ssid": value})
    except ValueError:
        return "%s, not %d" % (expected, len(value.encode()))
    return None


def _secret(value: Any) -> str | None:
    """Check a network's password, by the board's own rule."""
    if not isinstance(value, str):
        return "a password as text; put it in quotes"
    if not value:
        return "a password; leave it out for a network without one"
    trouble = plain_text.not_one_line(value)
    if trouble:
        return "a password, but " + trouble
    try:
        check_password("a password", value)
    except ValueError as error:
        return str(error).replace("a password: expected", "a password of")
    return None


_FIELDS = {"ssid": _ssid, "password": _secret, "priority": whole(-1000, 1000)}

"""The Wi-Fi networks for a board. Passwords come from a prompt, the environment or a file, never from the command line,
which other users of the computer can see."""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Any

from localcloud.cli.exits import USAGE, CommandError
from localcloud.cli.yaml_file import Document, mapping, read, text, whole

VARIABLE = "ARDUINO_WIFI_PASSWORD"
_FIELDS = {"ssid": text(32), "password": text(64), "priority": whole(-1000, 1000)}


def networks(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the networks that the options name. Raises CommandError."""
    found = _of_file(options.networks) if options.networks else []
    if options.wifi is None:
        if options.wifi_password_file:
            raise CommandError("--wifi-password-file goes with --wifi", USAGE)
        return found
    return [*found, _checked({"ssid": options.wifi, "password": _password(options)})]


def _password(options: argparse.Namespace) -> str:
    if options.wifi_password_file:
        try:
            return options.wifi_password_file.read_text("utf-8").partition("\n")[0]
        except OSError as error:
            raise CommandError("%s: %s" % (options.wifi_password_file, error.strerror), USAGE) from None
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    if not sys.stdin.isatty():
        raise CommandError("the password of --wifi: set %s, or give --wifi-password-file" % VARIABLE, USAGE)
    return getpass.getpass("Password of %s (empty for none): " % options.wifi)


def _of_file(path: Path) -> list[dict[str, Any]]:
    document = read(path, secret=True)
    if not isinstance(document.root, list) or not document.root:
        document.complain(document.root, None, "", "a list of networks", document.root)
    found = [_of_entry(document, number) for number in range(len(document.root or ()))]
    document.finish()
    return [_checked(each) for each in found]


def _of_entry(document: Document, number: int) -> dict[str, Any]:
    return mapping(document, document.root[number], "[%d]" % number, _FIELDS, required=("ssid",))


def _checked(network: dict[str, Any]) -> dict[str, Any]:
    # The rules of lib/arduino_cloud_board/link/wifi.py, applied now rather than on the board.
    ssid, password = str(network["ssid"]), str(network.get("password") or "")
    if not 1 <= len(ssid.encode()) <= 32:
        raise CommandError("a network's name must have 1 to 32 bytes, not %d" % len(ssid.encode()), USAGE)
    if password and not 8 <= len(password.encode()) <= 64:
        raise CommandError(
            "the password of %s has %d characters: expected 8 to 63, or none" % (ssid, len(password)), USAGE
        )
    return {"ssid": ssid, "password": password, **{k: v for k, v in network.items() if k == "priority"}}

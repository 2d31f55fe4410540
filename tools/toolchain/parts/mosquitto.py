"""The MQTT broker mosquitto, an independent peer for the tests of our MQTT code."""

import os
import shutil
from pathlib import Path

from .. import debian
from ..installed import digest, is_current, lock, mark_current
from ..paths import CACHE, MOSQUITTO
from ..programs import check_answer, wrap_installed
from ..report import ToolchainError, say

MORE_SUITES = ["trixie", "forky", "sid"]


def _on_path():
    # Debian installs it outside an ordinary user's PATH.
    return shutil.which("mosquitto", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin")


def _check(command):
    """Raise ToolchainError unless the broker starts and prints its version."""
    check_answer("mosquitto", command, "-h", "mosquitto version", even_failing=True)


def _key():
    return digest("1", _on_path())


def is_ready():
    """True if the broker is installed."""
    return is_current("mosquitto", _key(), MOSQUITTO)


def dynamic_security():
    """The path of mosquitto's plugin for clients and rights that change while it runs. Raises ToolchainError."""
    roots = [Path("/usr"), Path("/usr/local")] if _on_path() else [CACHE / "mosquitto" / "usr"]
    for root in roots:
        for found in sorted(root.glob("lib/**/mosquitto_dynamic_security.so")):
            return found
    raise ToolchainError("mosquitto's dynamic security plugin is not on this machine")


def install():
    """Wrap the machine's mosquitto, or unpack Debian's."""
    with lock("mosquitto"):
        if is_ready():
            return
        found = _on_path()
        if found:
            wrap_installed(found, MOSQUITTO, _check)
            say("mosquitto: using the one on PATH")
        else:
            own = debian.machine_source().suite
            debian.fetch_program(
                "mosquitto",
                "mosquitto",
                "usr/sbin/mosquitto",
                debian.architecture(64),
                [own] + [suite for suite in MORE_SUITES if suite != own],
                CACHE / "mosquitto",
                MOSQUITTO,
                _check,
            )
        mark_current("mosquitto", _key())

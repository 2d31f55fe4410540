"""SoftHSM, a PKCS#11 token in files, with its engine for OpenSSL and OpenSC's tool, for the tests of `pkcs11:` keys.

Engine and module are loaded into the machine's own Python, so they come from the machine's own release of Debian.
"""

import subprocess

from .. import debian
from ..installed import digest, is_current, lock, mark_current, write_whole
from ..paths import CACHE, PKCS11_TOOL, SOFTHSM_UTIL
from ..report import ToolchainError

PACKAGES = "softhsm2 libengine-pkcs11-openssl opensc"
TREE = CACHE / "hsm"


def engine():
    """The path of OpenSSL's engine."""
    return next(TREE.glob("usr/lib/*/engines-*/pkcs11.so"))


def module():
    """The path of SoftHSM's PKCS#11 library."""
    return next(TREE.glob("usr/lib/*/softhsm/libsofthsm2.so"))


def _check(command):
    """Raise ToolchainError unless the command prints its usage."""
    done = subprocess.run([str(command), "--help"], capture_output=True, encoding="utf-8", timeout=20)
    if "Usage" not in done.stdout + done.stderr:
        raise ToolchainError("%s does not run: %s" % (command.name, (done.stderr or done.stdout).strip()))


def _key():
    return digest("1", PACKAGES)


def is_ready():
    """True if everything is installed."""
    return is_current("hsm", _key(), SOFTHSM_UTIL, PKCS11_TOOL)


def install():
    """Unpack the packages from the machine's release of Debian."""
    with lock("hsm"):
        if is_ready():
            return
        debian.fetch_program(
            "SoftHSM",
            PACKAGES,
            "usr/bin/softhsm2-util",
            debian.architecture(64),
            [debian.machine_source().suite],
            TREE,
            SOFTHSM_UTIL,
            _check,
        )
        write_whole(PKCS11_TOOL, debian.wrapper_text(TREE, "usr/bin/pkcs11-tool"), executable=True)
        _check(PKCS11_TOOL)
        mark_current("hsm", _key())

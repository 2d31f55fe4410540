"""The tests' JavaScript packages, pinned in pinned/opposites and installed by the machine's npm.

The stand-in in tests/interop/cbor-js replaces `@arduino/cbor-js`, which no registry has.
"""

import json
import shutil
import subprocess

from ..installed import digest, is_current, lock, mark_current, put_in_place, scratch_folder, write_whole
from ..paths import NPM, PINNED, ROOT
from ..report import ToolchainError, first_error, step

_WANTED = PINNED / "opposites" / "package.json"
_PINNED = PINNED / "opposites" / "package-lock.json"
_STANDIN = ROOT / "tests" / "interop" / "cbor-js"
_QUIET = (
    "--install-links",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--omit-lockfile-registry-resolved",
    "--loglevel=error",
)


def _key():
    return digest("1", _WANTED, _PINNED, *sorted(_STANDIN.iterdir()))


def is_ready():
    """True if the pinned packages are installed."""
    return is_current("npm", _key(), NPM / "node_modules")


def run(folder, *arguments):
    """Run npm quietly in a folder. Raises ToolchainError with its first error line."""
    if not shutil.which("npm") or not shutil.which("node"):
        raise ToolchainError("node and npm are needed (Debian's packages nodejs and npm)")
    done = subprocess.run(
        ["npm", *arguments, *_QUIET],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    if done.returncode:
        raise ToolchainError("npm: " + first_error(done.stdout, ("npm error", "npm ERR!")))


def install():
    """Install the pinned packages, without running their scripts."""
    with lock("npm"):
        if is_ready():
            return
        with step("installing the JavaScript packages"), scratch_folder("npm") as folder:
            new = folder / "npm"
            new.mkdir()
            shutil.copy(_WANTED, new)
            shutil.copy(_PINNED, new)
            shutil.copytree(_STANDIN, new / _STANDIN.name)
            run(new, "ci")
            put_in_place(new, NPM)
        mark_current("npm", _key())


def pin():
    """Resolve package.json again and write every version, without hosts, to package-lock.json."""
    pin_file(_WANTED, _PINNED, _STANDIN)


def pin_file(wanted, pinned, *folders):
    """Resolve one package.json, whose packages may be local `folders`, and write its package-lock.json."""
    with scratch_folder("npm") as folder, step("pinning %s of %s" % (pinned.name, pinned.parent.name)):
        shutil.copy(wanted, folder)
        for local in folders:
            shutil.copytree(local, folder / local.name)
        run(folder, "install", "--package-lock-only")
        lock_file = json.loads((folder / "package-lock.json").read_text())
        lock_file["name"] = lock_file["packages"][""]["name"]
        for package in lock_file["packages"].values():
            package.pop("funding", None)
            if not package.get("resolved", "").startswith("file:"):
                package.pop("resolved", None)
        write_whole(pinned, json.dumps(lock_file, indent=2) + "\n")

"""The PostgreSQL server: in tests and benchmarks, the database that several workers of the local cloud share."""

import shutil
from pathlib import Path

from .. import debian
from ..installed import digest, is_current, lock, mark_current, write_whole
from ..paths import CACHE, INITDB, POSTGRES
from ..programs import check_answer, wrap_installed
from ..report import say

TREE = CACHE / "postgresql"
# Debian keeps the server's programs outside PATH, in a folder for each version.
DEBIAN_FOLDERS = "usr/lib/postgresql/*/bin"
PROGRAMS = {"postgres": POSTGRES, "initdb": INITDB}


def _newest(root):
    """The folder with the programs of the newest version below `root`, None if there is none."""
    found = [folder for folder in root.glob(DEBIAN_FOLDERS) if (folder / "initdb").exists()]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


def _on_machine():
    folder = _newest(Path("/"))
    if folder is None and shutil.which("initdb") and shutil.which("postgres"):
        folder = Path(shutil.which("initdb")).resolve().parent
    return folder


def _check(command):
    """Raise ToolchainError unless the program starts and prints its version."""
    check_answer("PostgreSQL", command, "--version", "(PostgreSQL)")


def _key():
    return digest("1", str(_on_machine()))


def is_ready():
    """True if the server is installed."""
    return is_current("postgresql", _key(), *PROGRAMS.values())


def _unpacked_wrapper(tree, program):
    # initdb itself starts the `postgres` beside it, so the environment has to name the libraries.
    libraries = sorted({path.parent for path in tree.rglob("*.so*") if path.parent.name.endswith("-gnu")})
    return '#!/bin/sh\nhere=${0%%/*}/..\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' % (
        ":".join("$here/" + str(folder.relative_to(CACHE)) for folder in libraries),
        "$here/" + str((_newest(tree) / Path(program).name).relative_to(CACHE)),
    )


def install():
    """Wrap the machine's PostgreSQL, or unpack the one from the machine's release of Debian."""
    with lock("postgresql"):
        if is_ready():
            return
        found = _on_machine()
        if found:
            for name, path in PROGRAMS.items():
                wrap_installed(found / name, path, _check)
            say("PostgreSQL: using the one in %s" % found)
        else:
            debian.fetch_program(
                "PostgreSQL",
                "postgresql",
                "postgres",
                debian.architecture(64),
                [debian.machine_source().suite],
                TREE,
                POSTGRES,
                _check,
                wrap=_unpacked_wrapper,
                keep=("usr/share/postgresql", "usr/share/zoneinfo"),
            )
            write_whole(INITDB, _unpacked_wrapper(TREE, "initdb"), executable=True)
            _check(INITDB)
        mark_current("postgresql", _key())

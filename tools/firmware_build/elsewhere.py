"""For boards that are not built here: what is missing, and the commands for a full checkout of MicroPython."""

import ast
import re
import shlex
import shutil
from pathlib import Path

from toolchain.paths import ROOT
from toolchain.report import ToolchainError

BOARDS = ROOT / "boards"
OLDEST = (1, 24)

# The programs that build a port, and the submodules of MicroPython that it needs. From the README.md, Makefile and
# CMakeLists.txt of each port, MicroPython 1.26.1.
PROGRAMS = {
    "esp32": {"idf.py": "ESP-IDF (ports/esp32/README.md says which version; then `. export.sh`)"},
    "rp2": {"arm-none-eabi-gcc": "gcc-arm-none-eabi and libnewlib-arm-none-eabi", "cmake": "cmake"},
    "stm32": {"arm-none-eabi-gcc": "gcc-arm-none-eabi and libnewlib-arm-none-eabi"},
    "renesas-ra": {"arm-none-eabi-gcc": "gcc-arm-none-eabi and libnewlib-arm-none-eabi"},
    "qemu": {"arm-none-eabi-gcc": "gcc-arm-none-eabi and libnewlib-arm-none-eabi"},
    "unix": {"gcc": "gcc", "pkg-config": "pkg-config"},
}
SUBMODULES = {
    "esp32": ("micropython-lib", "berkeley-db-1.xx"),
    "rp2": ("micropython-lib", "pico-sdk", "tinyusb", "mbedtls", "lwip"),
    "stm32": ("micropython-lib", "stm32lib", "libhydrogen", "tinyusb", "mbedtls", "lwip"),
    "renesas-ra": ("micropython-lib", "fsp", "tinyusb", "mbedtls", "lwip"),
    "qemu": ("micropython-lib",),
    "unix": ("micropython-lib", "mbedtls", "berkeley-db-1.xx"),
}


def names():
    """The names of all boards, sorted."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.py"))


def port(board):
    """MicroPython's name for a board's port, from its board.py. Raises ToolchainError if the file has none."""
    for statement in ast.parse((BOARDS / board / "board.py").read_text()).body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id == "PORT":
            return ast.literal_eval(statement.value)
    raise ToolchainError("boards/%s/board.py names no PORT" % board)


def check(checkout):
    """Raise ToolchainError unless the folder `checkout` is MicroPython's source, new enough."""
    try:
        text = (checkout / "py" / "mpconfig.h").read_text()
        version = [int(re.search(r"VERSION_%s (\d+)" % part, text).group(1)) for part in ("MAJOR", "MINOR")]
    except (OSError, AttributeError):
        raise ToolchainError("%s is not a checkout of MicroPython" % checkout)
    if tuple(version) < OLDEST:
        raise ToolchainError("%s is MicroPython %d.%d, but %d.%d or newer is needed" % (checkout, *version, *OLDEST))


def missing(board, checkout):
    """One line for each thing that the build of `board` needs and does not find; `checkout`: a folder or None."""
    needed = SUBMODULES[port(board)]
    found = []
    for program, package in PROGRAMS[port(board)].items():
        if not shutil.which(program):
            found.append("%s is not on PATH: %s" % (program, package))
    if not checkout:
        what = "MicroPython with its submodules, which Debian's source lacks: lib/%s"
        found.append(what % ", lib/".join(needed))
    else:
        absent = [name for name in needed if not any((checkout / "lib" / name).glob("*"))]
        if absent:
            found.append("submodules in %s, which are empty: lib/%s" % (checkout, ", lib/".join(absent)))
    return found


def commands(board, checkout):
    """The commands that build `board` in a full checkout, each a list of words."""
    folder = checkout or Path("micropython")
    make = ["make", "-C", str(folder / "ports" / port(board))]
    if board == "QEMU_ARM":
        chosen = ["BOARD=QEMU_ARM", "BOARD_DIR=%s" % (BOARDS / board)]
    else:
        chosen = [] if board == "UNIX" else ["BOARD=" + board]
    # Build mpy-cross separately: a FROZEN_MANIFEST on the command line would reach its build too.
    return [
        ["git", "clone", "https://github.com/micropython/micropython", str(folder)],
        ["make", "-C", str(folder / "mpy-cross")],
        make + chosen + ["submodules"],
        make + chosen + ["FROZEN_MANIFEST=%s" % (BOARDS / board / "manifest.py")],
    ][1 if checkout else 0 :]


def shown(words):
    """A command as a line for the shell."""
    return " ".join(shlex.quote(word) for word in words)

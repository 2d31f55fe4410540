"""The parts that firmware is built from and runs on: MicroPython's source, a compiler, libraries, an emulated Cortex-M.

Everything comes from Debian's packages and is unpacked into .cache/firmware/, not installed. The machine's own `make`,
`gcc` and `dpkg-source` (Debian's build-essential) do the work; apt installs them only if they are missing.
"""

import os
import re
import shutil
import subprocess
from collections import namedtuple

from .. import debian
from ..installed import digest, is_current, lock, mark_current
from ..paths import BIN, CACHE
from ..programs import wrap_installed
from ..report import ToolchainError, first_error, say, step
from .micropython import SUITES

FOLDER = CACHE / "firmware"
SOURCE = FOLDER / "micropython"
ARM = FOLDER / "arm"
LIBRARIES = FOLDER / "libraries"
QEMU = BIN / "qemu-system-arm"

# The ports that tools/firmware builds. Of the other ports only the files that tests compare boards/ with are kept.
PORTS = ("qemu", "unix")
DEFINITIONS = ("boards", "modules", "mpconfigport.h", "machine_wdt.c", "partitions-4MiBplus.csv")
NEEDED = ("make", "gcc", "dpkg-source", "patch")

# Of the compiler's libraries only those for the Cortex-M3 (thumb/v7-m) are kept, and of the C library, which the port
# does not link, only the headers: 75 of 800 MB.
_ARM_DROPPED = (
    "*/gcc/arm-none-eabi/*/cc1plus",
    "*/gcc/arm-none-eabi/*/lto1",
    "*/gcc/arm-none-eabi/*/g++-mapper-server",
    "*/gcc/arm-none-eabi/*/plugin",
    "*/gcc/arm-none-eabi/*/arm",
    "*/thumb/[!v]*",
    "*/thumb/v[!7]*",
    "*/thumb/v7/*",
    "*/thumb/v7[!-]*",
    "*/thumb/v7-[!m]*",
    "*/arm-none-eabi/newlib/*.a",
    "*/arm-none-eabi/newlib/arm",
    "*/arm-none-eabi/newlib/thumb",
    "*/bin/arm-none-eabi-*++*",
    "*/bin/arm-none-eabi-lto-dump",
    "./usr/share",
)
# Includes the libraries of cc1; the C library is the machine's, since both come from the same suite.
_ARM_PACKAGES = r"(gcc|binutils|libnewlib).*arm-none-eabi|libnewlib-dev|lib(isl|mpc|mpfr|gmp|zstd)|zlib1g"


def _run(command):
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise ToolchainError("%s: %s" % (command[0], first_error(done.stdout)), done.stdout)
    return done.stdout


def have_compiler():
    """Make sure that NEEDED are on this machine; for root, apt installs them. Raises ToolchainError."""
    if all(map(shutil.which, NEEDED)):
        return
    if os.geteuid() == 0:
        with step("installing build-essential"):
            _run(["apt-get", "update"])
            _run(["apt-get", "install", "--yes", "--no-install-recommends", "build-essential"])
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        text = "firmware needs %s on this machine: run `apt-get install build-essential` as root"
        raise ToolchainError(text % " and ".join(missing))


Piece = namedtuple("Piece", "name path key fetch")


def _fetch_source():
    have_compiler()
    debian.fetch_tree(
        "MicroPython's source",
        debian.architecture(64),
        SUITES,
        SOURCE,
        lambda apt: apt.download_source("micropython"),
        _unpack_source,
        version,
    )


def _unpack_source(files, folder):
    description = [path for path in files if path.suffix == ".dsc"]
    # apt compared the files with the suite's signed list, so the uploader's own signature adds nothing.
    _run(["dpkg-source", "--no-check", "-x", description[0], folder])
    useless = [folder / "docs", folder / "tests", folder / ".pc"]
    others = [port for port in (folder / "ports").iterdir() if port.name not in PORTS]
    useless += [path for port in others for path in port.iterdir() if path.name not in DEFINITIONS]
    for path in useless:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _fetch_arm():
    debian.fetch_tree(
        "gcc-arm-none-eabi",
        debian.architecture(64),
        [debian.machine_source().suite],
        ARM,
        lambda apt: apt.download("gcc-arm-none-eabi libnewlib-arm-none-eabi"),
        _unpack_arm,
        _check_arm,
    )


def _unpack_arm(files, folder):
    folder.mkdir()
    for package in files:
        if re.match(_ARM_PACKAGES, package.name):
            _unpack_without(package, folder, _ARM_DROPPED)
    # Installing the package would make this link.
    (folder / "usr/lib/arm-none-eabi/include").symlink_to("../../include/newlib")


def _check_arm():
    gcc = [arm_prefix() + "gcc", "-mthumb", "-mcpu=cortex-m3", "-mfloat-abi=soft"]
    code = b"#include <math.h>\n#include <stdio.h>\nfloat f(float x) { return x / 3; }\n"
    command = gcc + ["-x", "c", "-c", "-o", os.devnull, "-"]
    done = subprocess.run(command, input=code, env=arm_environment(), capture_output=True)
    if done.returncode:
        reason = first_error(done.stderr.decode("utf-8", "replace"))
        raise ToolchainError("gcc-arm-none-eabi does not run: %s" % reason)
    # If the right library is missing, gcc names another, whose code the Cortex-M3 cannot run.
    command = gcc + ["-print-libgcc-file-name"]
    if b"/thumb/v7-m/" not in subprocess.run(command, env=arm_environment(), capture_output=True).stdout:
        raise ToolchainError("gcc-arm-none-eabi has no library for the Cortex-M3")


def _fetch_libraries():
    debian.fetch_tree(
        "libraries of MicroPython's unix port",
        debian.architecture(64),
        SUITES,
        LIBRARIES,
        lambda apt: apt.download("libmbedtls-dev libffi-dev libc6-dev"),
        _unpack_libraries,
        loader,
    )


def _unpack_libraries(files, folder):
    # The packages of newer suites need these links, which another package makes.
    for name in ("lib", "lib64"):
        (folder / "usr" / name).mkdir(parents=True)
        (folder / name).symlink_to("usr/" + name)
    for package in files:
        _unpack_without(package, folder, ("./usr/share", "./etc", "./var", "*/gconv"))


def _fetch_emulator():
    found = shutil.which("qemu-system-arm")
    if found:
        wrap_installed(found, QEMU, _check_emulator)
        say("qemu-system-arm: using the one on PATH")
        return
    debian.fetch_program(
        "qemu-system-arm",
        "qemu-system-arm",
        "usr/bin/qemu-system-arm",
        debian.architecture(64),
        [debian.machine_source().suite],
        FOLDER / "qemu",
        QEMU,
        _check_emulator,
    )


def _check_emulator(command):
    if "mps2-an385" not in _run([command, "-machine", "help"]):
        raise ToolchainError("qemu-system-arm does not support the machine mps2-an385")


def _unpack_without(package, folder, dropped):
    """Unpack a .deb, except for the files that match `dropped` (patterns of tar)."""
    command = ["tar", "-x", "-C", str(folder), "--keep-directory-symlink", "--wildcards"]
    command += ["--exclude=" + pattern for pattern in dropped]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as files:
        subprocess.run(command, stdin=files.stdout, check=True)
    if files.returncode:
        raise ToolchainError("%s cannot be unpacked" % package.name)


def version():
    """The source's version, such as `1.26.1`."""
    text = (SOURCE / "py" / "mpconfig.h").read_text()
    parts = ("MAJOR", "MINOR", "MICRO")
    numbers = [re.search(r"#define MICROPY_VERSION_%s (\d+)" % part, text) for part in parts]
    if not all(numbers):
        raise ToolchainError("MicroPython's source does not say its version")
    return ".".join(number.group(1) for number in numbers)


def arm_prefix():
    """The path of the Cortex-M's compilers, without the `gcc` at the end of the name."""
    return str(ARM / "usr/bin/arm-none-eabi-")


def arm_environment():
    """The environment in which the Cortex-M's compilers find their libraries."""
    folders = sorted({str(path.parent) for path in ARM.rglob("*.so.*") if "-linux-" in str(path.parent)})
    return dict(os.environ, LD_LIBRARY_PATH=":".join(folders))


def loader():
    """The path of the dynamic loader among the unpacked libraries."""
    found = sorted((LIBRARIES / "usr").rglob("ld-linux*.so*"))
    if not found:
        raise ToolchainError("the packages of the C library have no dynamic loader")
    return found[0]


MICROPYTHON = Piece("firmware-source", SOURCE, digest("1", *SUITES, *PORTS, *DEFINITIONS), _fetch_source)
ARM_GCC = Piece("firmware-arm", ARM, digest("1", *_ARM_DROPPED), _fetch_arm)
UNIX_LIBRARIES = Piece("firmware-libraries", LIBRARIES, digest("1", *SUITES), _fetch_libraries)
EMULATOR = Piece("firmware-qemu", QEMU, digest("1", shutil.which("qemu-system-arm")), _fetch_emulator)
PIECES = (MICROPYTHON, ARM_GCC, UNIX_LIBRARIES, EMULATOR)


def _is_there(piece):
    return is_current(piece.name, piece.key, piece.path)


def is_ready():
    """True if all pieces are installed."""
    return all(_is_there(piece) for piece in PIECES)


def install(*pieces):
    """Fetch the given pieces (by default all of PIECES) that are missing."""
    for piece in pieces or PIECES:
        with lock(piece.name):
            if not _is_there(piece):
                piece.fetch()
                mark_current(piece.name, piece.key)

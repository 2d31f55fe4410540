"""What belongs on a board: the package as bytecode of the board's version, its board.py, the root of its cloud."""

import contextlib
import io
import json
import re
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from localcloud.cli.exits import USAGE, CommandError
from toolchain.mpy import compile_file, version
from toolchain.paths import ROOT

from .ports import BOARDS, facts

ALWAYS = ("package.json", "package-board.json")
OPTIONS = ("sync", "api")  # package-NAME.json each
PACKAGES = ("arduino_iot_cloud", "arduino_cloud_board", "arduino_cloud_api")


@dataclass
class Payload:
    """Files for a board: `files` by their path below its lib folder; `stale`: what would be found in place of them."""

    files: dict[str, bytes] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)


def mpy_version(mpy: int) -> int:
    """Return the bytecode version of sys.implementation._mpy; 0 for a firmware that loads none."""
    return mpy & 0xFF


def package(options: Iterable[str], mpy: int, frozen: Iterable[str] = ()) -> Payload:
    """Return the package with its options, as .mpy where the board (sys.implementation._mpy) takes ours, else as .py.

    `frozen`: those of PACKAGES that the firmware has, before all files. The package has no native code, so its
    bytecode is the same for all architectures.
    """
    sources = {to: path for to, path in _sources(options).items() if to.partition("/")[0] not in frozen}
    payload = Payload()
    if mpy_version(mpy) != version().bytecode:
        payload.files = {target: path.read_bytes() for target, path in sources.items()}
        payload.stale = [_twin(target, ".mpy") for target in sources if target.endswith(".py")]
        return payload
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor() as pool:
        folder = Path(name)
        jobs = []
        for target, path in sources.items():
            if not target.endswith(".py"):
                payload.files[target] = path.read_bytes()
                continue
            compiled = _twin(target, ".mpy")
            jobs.append((compiled, pool.submit(compile_file, path, folder / compiled)))
            payload.stale.append(target)  # MicroPython prefers it to the .mpy beside it
        for compiled, job in jobs:
            job.result()
            payload.files[compiled] = (folder / compiled).read_bytes()
    return payload


@dataclass(frozen=True)
class Shadows:
    """What in lib would be found in place of a package in ROMFS: files, and their folders, the inner ones first."""

    stale: list[str]
    folders: list[str]


def everything() -> Shadows:
    """Return what any part of the package may have left in lib, in any form."""
    files = {name for target in _sources(OPTIONS) for name in (target, _twin(target, ".mpy"))}
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents if parent.name}
    return Shadows(sorted(files), sorted(folders, key=lambda name: (-name.count("/"), name)))


def _twin(target: str, suffix: str) -> str:
    return target.removesuffix(".py") + suffix if target.endswith(".py") else target


def _sources(options: Iterable[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for listing in (*ALWAYS, *("package-%s.json" % option for option in options)):
        for target, source in json.loads((ROOT / listing).read_bytes())["urls"]:
            path = ROOT / source
            if not path.is_file():
                raise CommandError("%s names %s, which is not there" % (listing, source))
            found[target] = path
    return found


def board_file(board: str, *, chip: bool = False) -> bytes:
    """Return the board's board.py: its owner may read it, and change it (`board_file`).

    As it is, or for `chip` with the board's secure chip as the store of key and certificate.
    """
    data = (BOARDS / board / "board.py").read_bytes()
    if chip:
        data = re.sub(rb"^KEYS = .*$", b'KEYS = "%s"' % facts(board)["SECURE_ELEMENT"][0].encode(), data, flags=re.M)
    return data


def romfs_image(payload: Payload) -> bytes:
    """Return a ROMFS image with the files in its lib folder."""
    from mpremote.romfs import make_romfs

    with tempfile.TemporaryDirectory() as name:
        for target, data in payload.files.items():
            path = Path(name, "lib", target)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        with contextlib.redirect_stdout(io.StringIO()):
            return make_romfs(name, mpy_cross=False)


def program(path: Path) -> bytes:
    """Return a program of the user. Raises CommandError where it is none that a board could run."""
    try:
        data = path.read_bytes()
        compile(data, str(path), "exec")
    except OSError as error:
        raise CommandError("--main: %s: %s" % (path, error.strerror), USAGE) from None
    except (SyntaxError, ValueError) as error:
        raise CommandError("--main: %s is no Python (%s)" % (path, error), USAGE) from None
    return data

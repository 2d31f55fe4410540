"""The files for a board: the package as bytecode of the board's version, its board.py, its program."""

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
from toolchain.mpy import compile_file, mistake, version
from toolchain.paths import ROOT

from . import former, source
from .boards import BOARDS, facts

ALWAYS = ("package.json", "package-board.json")
OPTIONS = ("sync", "api")  # package-NAME.json each
PACKAGES = ("arduino_iot_cloud", "arduino_cloud_board", "arduino_cloud_api")


@dataclass
class Payload:
    """Files for a board, by their path below its lib folder.

    `former`: files of the former layout, which are removed before the new files are copied. `stale`: files that are
    removed after that; they would be imported instead of the new ones, or show until then which parts the board has.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    former: list[str] = field(default_factory=list)


def mpy_version(mpy: int) -> int:
    """Return the bytecode version in sys.implementation._mpy; 0 if the firmware loads no .mpy files."""
    return mpy & 0xFF


def package(options: Iterable[str], mpy: int, frozen: Iterable[str] = ()) -> Payload:
    """Return the package with its options, as .mpy if the board (`mpy`: its sys.implementation._mpy) loads our version,
    else as .py.

    `frozen`: those of PACKAGES that are frozen into the firmware, which come before all files. The package has no
    native code, so its bytecode is the same for all architectures.
    """
    sources = {to: path for to, path in _sources(options).items() if to.partition("/")[0] not in frozen}
    payload = _compiled(sources, mpy)
    gone = _gone()
    for listing in gone:
        names = [name for name in gone[listing] if name.partition("/")[0] not in frozen]
        (payload.former if listing in ALWAYS else payload.stale).extend(names)
    return payload


def lacks(options: Iterable[str], frozen: Iterable[str]) -> bool:
    """Return whether anything of the package is not frozen into the firmware."""
    return any(target.partition("/")[0] not in frozen for target in _sources(options))


def _compiled(sources: dict[str, Path], mpy: int) -> Payload:
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
            payload.stale.append(target)  # MicroPython prefers a .py to the .mpy beside it
        for compiled, job in jobs:
            job.result()
            payload.files[compiled] = (folder / compiled).read_bytes()
    return payload


@dataclass(frozen=True)
class Shadows:
    """Files in lib that would be imported instead of a package in ROMFS, and their folders, the inner ones first."""

    stale: list[str]
    folders: list[str]


def everything() -> Shadows:
    """Return what any part of the package may have left in lib, as .py or .mpy, including the former layout."""
    targets = [*_sources(OPTIONS), *(name for names in former.files().values() for name in names)]
    files = {name for target in targets for name in _forms(target)}
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents if parent.name}
    return Shadows(sorted(files), sorted(folders, key=lambda name: (-name.count("/"), name)))


def part(option: str) -> list[str]:
    """Return the files of an optional part, as .py and .mpy. A board with any of them has the part."""
    listing = "package-%s.json" % option
    targets = {*_listed(listing), *former.files()[listing]}
    return sorted(name for target in targets for name in _forms(target))


def _gone() -> dict[str, list[str]]:
    # The former files that the present packages no longer have, as .py and .mpy, by the former package.
    present = _sources(OPTIONS)
    return {
        listing: [form for name in names if name not in present for form in _forms(name)]
        for listing, names in former.files().items()
    }


def _forms(target: str) -> tuple[str, ...]:
    return (target, _twin(target, ".mpy")) if target.endswith(".py") else (target,)


def _twin(target: str, suffix: str) -> str:
    return target.removesuffix(".py") + suffix if target.endswith(".py") else target


def _sources(options: Iterable[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for listing in (*ALWAYS, *("package-%s.json" % option for option in options)):
        for target, name in _listed(listing).items():
            path = ROOT / name
            if not path.is_file():
                raise CommandError("%s names %s, which does not exist" % (listing, name))
            found[target] = path
    return found


def _listed(listing: str) -> dict[str, str]:
    return dict(json.loads((ROOT / listing).read_bytes())["urls"])


def board_file(board: str, *, chip: bool = False) -> bytes:
    """Return the board's board.py, as source, which its owner may read and change (`board_file`).

    With `chip`, it names the board's secure chip as the store of key and certificate.
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
    """Return the content of a user's program. Raises CommandError if a board could not run it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError("--main: %s: %s" % (path, error.strerror), USAGE) from None
    # It arrives byte for byte, so what MicroPython does not take is told instead of converted.
    trouble = source.unfit(data)
    if trouble:
        raise CommandError("--main: %s: %s; save it as UTF-8 without a byte order mark" % (path, trouble), USAGE)
    found = mistake(data)
    if found:
        raise CommandError("--main: %s:%d: MicroPython does not take this: %s" % (path, found.line, found.what), USAGE)
    return data

"""The board's side: package, board.py, main.py, settings, clock. Each step looks first and changes what differs."""

import contextlib
import hashlib
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from arduino_cloud_board import detection
from localcloud.cli.exits import USAGE, CommandError
from localcloud.cli.terminal import progress

from . import board_file, boards, payload as payloads
from .board_link import NEW, BoardError, BoardLink
from .journal import Journal

_YEARS_S = 5 * 365 * 86400  # a clock that is further behind was never set


@dataclass(frozen=True)
class Found:
    """What a board says about itself.

    `own`: its board.py is its owner's, and has the `facts`. `chip`: its key is in its chip, or will be.
    """

    name: str
    facts: dict[str, Any]
    probe: dict[str, Any]
    file: board_file.BoardFile
    own: bool = False
    chip: bool = False

    @property
    def root(self) -> str:
        """Return the folder of main.py, without a trailing slash."""
        return self.probe["root"].rstrip("/")

    @property
    def lib(self) -> str:
        """Return the folder of the packages."""
        for path in _libs(self.probe):
            return path
        raise CommandError("the board's sys.path has no folder lib: %s" % self.probe["path"])


def _libs(probe: dict[str, Any]) -> list[str]:
    return [path for path in probe["path"] if path.endswith("/lib") and not path.startswith("/rom")]


def look(link: BoardLink, wanted: str | None, *, keys: str | None, replace: bool) -> Found:
    """Find out which board is at the link.

    `wanted`: a name that overrides the board's; `keys`: "chip" or "files", None for the board's present choice;
    `replace`: whether to replace its owner's board.py. Raises CommandError for an unknown board, and if it cannot keep
    its key there.
    """
    probe = link.run("probe", packages=payloads.PACKAGES)
    name = wanted or probe["name"]
    file = board_file.read(link, [probe["root"].rstrip("/"), *_libs(probe)[:1]])
    frozen = probe["frozen_board"] is not None
    if keys and frozen:
        raise CommandError("--keys: the KEYS of the board.py that is frozen into this firmware decides", USAGE)
    if file.own and not replace and not frozen:
        its = file.checked(name, probe["machine"])
        if keys and keys != ("chip" if file.chip else its.get("KEYS", "files")):
            raise CommandError("--keys: %s is your own: set KEYS in it, or use --replace-board" % file.path, USAGE)
        return Found(its["NAME"], its, probe, file, own=True)
    if name is None:
        try:
            name = detection.detect(probe["machine"])
        except detection.UnknownBoard:
            raise CommandError(
                "the board says that it is %r, which is unknown; use --board NAME if one is close enough, or add it:"
                " docs/boards.md" % probe["machine"]
            ) from None
    if keys:
        boards.check_chip(name)
    chip = keys == "chip" or (keys is None and file.chip and file.facts.get("NAME") == name)
    return _found(name, probe, file, chip)


def _found(name: str, probe: dict[str, Any], file: board_file.BoardFile, chip: bool) -> Found:
    its = boards.facts(name)
    chip = chip and name in boards.TLS_SIGNS
    if chip:
        its["KEYS"] = its["SECURE_ELEMENT"][0]
    return Found(name, its, probe, file, chip=chip)


class BoardSide:
    """Does the steps on one board. `dry_run`: only look.

    Each step returns what was done in words, "" for nothing.
    """

    def __init__(self, link: BoardLink, found: Found, *, dry_run: bool) -> None:
        self._link = link
        self.found = found
        self._dry_run = dry_run
        self._number = found.probe["unique_id"]

    def identify(self) -> str:
        """Return the board's unique number. A board without one gets one, in a file."""
        if not self._number:
            self._number = uuid.uuid4().hex
            if not self._dry_run:
                self._link.run("identify", text=self._number)
        return self._number

    def package(self, options: Iterable[str], *, romfs: bool) -> str:
        """Install the package; return what was done, "" for nothing. Raises CommandError."""
        if not payloads.lacks(options, self.found.probe["frozen"]):
            return ""
        there = self._link.files(self._in_lib(payloads.PACKAGES))
        parts = options if romfs else self._parts(options, there)
        wanted = payloads.package(parts, self.found.probe["mpy"], self.found.probe["frozen"])
        return self._romfs(wanted, there) if romfs else self._files(wanted, there)

    def _parts(self, given: Iterable[str], there: dict[str, int]) -> list[str]:
        # Include the parts that the board already has: all must be of the same version.
        parts = list(given)
        for option in payloads.OPTIONS:
            if option not in parts and any(path in there for path in self._in_lib(payloads.part(option))):
                parts.append(option)
        return parts

    def _in_lib(self, names: Iterable[str]) -> list[str]:
        return ["%s/%s" % (self.found.lib, name) for name in names]

    def _files(self, wanted: payloads.Payload, there: dict[str, int]) -> str:
        files = dict(zip(self._in_lib(wanted.files), wanted.files.values(), strict=True))
        hashes = self._link.hashes(path for path in files if path in there)
        differ = {path: data for path, data in files.items() if hashes.get(path) != _hash(data)}
        stale = [path for path in self._in_lib(wanted.stale) if path in there]
        half = _leftovers(there)
        former = {path: there[path] for path in self._in_lib(wanted.former) if path in there}
        if not differ and not stale and not half and not former:
            return ""
        size = sum(map(len, differ.values()))
        self._room(differ, there, {**former, **{path: there[path] for path in half}})
        text = "%d of %d files, %d KB" % (len(differ), len(files), (size + 512) // 1024)
        older = len(stale) + len(half) + len(former)
        text += ", %d older ones removed" % older if older else ""
        if self._dry_run:
            return text + " would be copied"
        # Remove the former layout first. That makes room, and a program that starts in between stops at a failing
        # import instead of running on modules of both layouts.
        self._link.remove([*half, *former])
        self._copy(differ)
        self._link.remove(stale)
        return text + " copied"

    def _room(self, files: dict[str, bytes], there: dict[str, int], gone: dict[str, int]) -> None:
        """Raise BoardError if the files do not fit once those in `gone` are removed."""
        free = self.found.probe["free"]
        if free is None:
            return
        # Before anything takes the place of what works, count the flash in blocks: two for a folder, as in littlefs.
        careful = bool(gone) or any(path in there for path in files)
        block = self.found.probe["block"] if careful else 1
        folders = _folders(path for path in files if path not in there) - _folders(there)
        free += sum(_whole(each, block) for each in gone.values())
        used = most = 2 * block * len(folders) if careful else 0
        for path in sorted(files, key=_init_last):
            size, old = len(files[path]), there.get(path, 0)
            # A small file is in its folder's block, as in littlefs, where another small one takes its place.
            if path in there and careful and max(size, old) * 8 <= block:
                continue
            used += _whole(size, block)
            most = max(most, used)
            # The old one stays until the new one is complete.
            used -= _whole(old, block) if old * 8 > block else 0
        if most > free:
            raise BoardError(
                "%d KB have to be copied, but the board has only %d KB free" % (most // 1024, free // 1024)
            )

    def _copy(self, files: dict[str, bytes]) -> None:
        # A folder's __init__ comes last, so that half a package cannot be imported.
        ordered = sorted(files, key=_init_last)
        with progress("copying", sum(map(len, files.values()))) as advance:
            for path in ordered:
                self._link.put(path, files[path], advance)

    def _romfs(self, wanted: payloads.Payload, there: dict[str, int]) -> str:
        size = self.found.probe["romfs"]
        if not size:
            raise CommandError("this firmware has no ROMFS partition; leave out --romfs to install files")
        image = payloads.romfs_image(wanted)
        if len(image) > size:
            raise CommandError(
                "the image has %d KB, but the ROMFS partition only %d KB" % (len(image) // 1024, size // 1024)
            )
        # A package in lib, even an empty folder, is imported instead of one in ROMFS.
        shadows = payloads.everything()
        stale = [path for path in self._in_lib(shadows.stale) if path in there] + _leftovers(there)
        self._check_folders(set(there) - set(stale))
        same = self._link.run("rom_hash", size=len(image)) == _hash(image)
        if same and not stale:
            return ""
        text = "ROMFS image of %d KB" % ((len(image) + 512) // 1024)
        text += ", %d files in lib removed" % len(stale) if stale else ""
        if self._dry_run:
            return text + " would be written"
        if not same:
            with progress("writing", len(image)) as advance:
                self._link.write_romfs(image, advance)
            self._link.restart()
        self._unshadow(stale, shadows.folders)
        return text + " written"

    def _unshadow(self, stale: list[str], names: list[str]) -> None:
        self._check_folders(self._link.remove(stale, self._in_lib(names)))

    def _check_folders(self, stay: Iterable[str]) -> None:
        # Looked at before the image is written, too: half of lib would be imported instead of it.
        for path in sorted(stay):
            raise BoardError("%s would make its folder be imported instead of ROMFS; move it away" % path)

    def board_file(self, journal: Journal | None) -> str:
        """Install the board's board.py; return what was done. A file that the journal does not know is its owner's, and
        stays.

        Raises CommandError if another board.py is frozen in, or if the chip that it will name does not answer.
        """
        frozen = self.found.probe["frozen_board"]
        if frozen is not None:  # it is imported instead of a file
            if frozen != self.found.name:
                raise CommandError("this firmware is for %s, not for %s" % (frozen, self.found.name))
            return ""
        there = self.found.file
        if self.found.own:
            ours = (journal.get("board") or []) if journal else []
            if there.hash not in ours or self.found.name not in boards.names():
                return ""
            self.found = _found(self.found.name, self.found.probe, there, there.chip)
        data = payloads.board_file(self.found.name, chip=self.found.chip)
        if there.content == data:
            if journal:
                journal.note(board=[there.hash])
            return ""
        if self.found.chip and not self._dry_run:
            # Check the chip before the board relies on it: some boards carry another chip than most of their kind.
            self._link.run("chip", kind=self.found.facts["KEYS"])
        with self._noted(journal, "board", there.hash, data):
            return self._write(there.path, data)

    @contextlib.contextmanager
    def _noted(self, journal: Journal | None, name: str, there: str | None, data: bytes) -> Iterator[None]:
        # The journal knows the file before it is written: an interrupted run leaves either the old or the new one.
        if journal:
            journal.note(**{name: [*filter(None, [there]), _hash(data)]})
        yield
        if journal:
            journal.note(**{name: [_hash(data)]})

    def _file(self, path: str, data: bytes) -> str:
        if self._link.hashes([path]).get(path) == _hash(data):
            return ""
        return self._write(path, data)

    def _write(self, path: str, data: bytes) -> str:
        if self._dry_run:
            return "%s would be written" % path
        self._link.put(path, data)
        return "%s written" % path

    def board_name(self) -> str:
        """Write the board's name to the board if it would detect another one by itself; return what was done."""
        machine = self.found.probe["machine"]
        if self.found.own and not self.found.probe["name"] and board_file.is_of(self.found.facts, machine):
            return ""
        try:
            seen = detection.detect(machine)
        except detection.UnknownBoard:
            seen = None
        if (self.found.probe["name"] or seen) == self.found.name:
            return ""
        return self._file(self.found.root + "/" + detection.OVERRIDE_FILE, self.found.name.encode() + b"\n")

    def main(self, program: bytes | None, default: bytes | None, journal: Journal | None, *, replace: bool) -> str:
        """Install a program that runs when the board starts; return what was done.

        `program`: the user's; without one, `default` if the board has none yet, or with `replace`. Raises CommandError
        if the board has a main.py that this command did not write.
        """
        path = self.found.root + "/main.py"
        there = self._link.hashes([path]).get(path)
        data = default if program is None else program
        if data is None or there == _hash(data):
            return ""
        if there is not None and not replace:
            if program is None:
                return ""
            # The programs known to be ours: an interrupted run leaves one of two.
            ours = (journal.get("main") or []) if journal else []
            if there not in ours and (default is None or there != _hash(default)):
                raise CommandError("this command did not write the board's main.py; use --replace-main to replace it")
        if self._dry_run:
            return "main.py would be written"
        with self._noted(journal, "main", there, data):
            self._link.put(path, data)
        return "main.py written"

    def clock(self) -> str:
        """Set the clock, in UTC; return what was done."""
        try:
            off = self._link.run("clock", now=int(time.time()), dry=self._dry_run)
        except BoardError as error:
            if self._dry_run and error.lacks_package:
                return "would be set"
            raise
        if abs(off) <= 2:
            return ""
        done = "would be set" if self._dry_run else "set"
        return done if off < -_YEARS_S else "%s; it was wrong by %d s" % (done, abs(off))


def _leftovers(there: Iterable[str]) -> list[str]:
    # From an interrupted run, perhaps with other options.
    return [path for path in there if path.endswith(NEW)]


def _folders(paths: Iterable[str]) -> set[str]:
    return {path.rpartition("/")[0] for path in paths}


def _whole(size: int, block: int) -> int:
    return -(-size // block) * block


def _init_last(path: str) -> tuple[bool, int, str]:
    return path.rpartition("/")[2].startswith("__init__"), -path.count("/"), path


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

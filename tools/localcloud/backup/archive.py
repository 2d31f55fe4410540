"""The archive in a backup: `backup.json`, the files of the data folder below `data/`, and a list of all at its end.

The list has each file's length and SHA-256. Whatever is missing, changed, of another kind or too much is refused.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Iterator

from . import BackupRefused, sealed

ABOUT, LIST, DATA = "backup.json", "files.json", "data/"
FORMAT = 1
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 18
_MOST_OF_A_LIST = 64 << 20
DAMAGED = "the backup is damaged or incomplete"


@contextmanager
def _damage_refused() -> Iterator[None]:
    """Raise BackupRefused for what the packages raise at a damaged archive."""
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeError):
        raise BackupRefused(DAMAGED) from None


class _Hashing:
    """A file to read from that notes the digest of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class Writer:
    """Writes an archive to `file`, sealed if there is a passphrase. Only `finish` makes it complete."""

    def __init__(self, file: Any, passphrase: str | None) -> None:
        self._sealer = None if passphrase is None else sealed.Sealer(file, passphrase)
        # The fastest level: a backup should take little from the cloud that runs beside it.
        self._gzip = gzip.GzipFile("", "wb", 1, self._sealer or file, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_BLOCK)
        self._listed: dict[str, list[Any]] = {}

    def add_about(self, about: dict[str, Any]) -> None:
        """Add the description of the backup, first of all."""
        self._add(ABOUT, json.dumps({"format": FORMAT, **about}).encode())

    def has(self, name: str) -> bool:
        """Return whether a file of the data folder has been added."""
        return DATA + name in self._listed

    def add(self, name: str, file: BinaryIO) -> None:
        """Add a file of the data folder: name in the folder, and the open file."""
        status = os.fstat(file.fileno())
        member = tarfile.TarInfo(DATA + name)
        member.size, member.mtime, member.mode = status.st_size, int(status.st_mtime), status.st_mode & 0o777
        hashing = _Hashing(file)
        self._tar.addfile(member, hashing)  # type: ignore[arg-type]
        self._listed[member.name] = [member.size, hashing.hexdigest()]

    def finish(self) -> None:
        """Add the list, and write what is still waiting."""
        self._add(LIST, json.dumps(self._listed).encode())
        self._tar.close()
        self._gzip.close()
        if self._sealer is not None:
            self._sealer.finish()

    def _add(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(data), 0o600
        self._tar.addfile(member, io.BytesIO(data))


class Member:
    """A file of the data folder in an archive. `read` returns the next bytes, none at its end."""

    def __init__(self, member: tarfile.TarInfo, file: IO[bytes]) -> None:
        self.name = member.name[len(DATA) :]
        self.size = member.size
        self.is_public = bool(member.mode & 0o044)
        self._hashing = _Hashing(file)

    def read(self) -> bytes:
        """Return at most 256 KB. Raises BackupRefused."""
        with _damage_refused():
            return self._hashing.read(_BLOCK)

    def listed(self) -> list[Any]:
        """Return what the list must say about the file, once it is read."""
        return [self.size, self._hashing.hexdigest()]


class Reader:
    """Reads an archive once, from its beginning. Raises BackupRefused as soon as anything is wrong with it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begin = file.read(len(sealed.MAGIC))
        self.is_sealed = self._begin == sealed.MAGIC
        if not self.is_sealed and not self._begin.startswith(_GZIP):
            raise BackupRefused("this is not a backup of a local cloud")

    def members(self, passphrase: str | None) -> Iterator[dict[str, Any] | Member]:
        """Return the description of the backup, then each file. When it ends, all of it was there and right."""
        with _damage_refused():
            yield from self._members(passphrase)

    def _members(self, passphrase: str | None) -> Iterator[dict[str, Any] | Member]:
        if self.is_sealed:
            assert passphrase is not None
            stream: Any = io.BufferedReader(sealed.Unsealer(self._file, passphrase), _BLOCK)
        else:
            stream = _Rejoined(self._begin, self._file)
        with gzip.GzipFile("", "rb", fileobj=stream) as unzipped:
            tar = tarfile.open(fileobj=unzipped, mode="r|", bufsize=_BLOCK)
            found: dict[str, list[Any]] = {}
            listed = None
            for member in tar:
                tar.members = []  # type: ignore[attr-defined] # the archive would remember all of them
                file = tar.extractfile(member) if member.isreg() else None
                if file is None or listed is not None:
                    raise BackupRefused("the backup has something in it that no backup has: %.80r" % member.name)
                if member.name == ABOUT:
                    yield _parsed(file, member.size)
                elif member.name == LIST:
                    listed = _parsed(file, member.size)
                else:
                    _check_name(member.name, found)
                    each = Member(member, file)
                    yield each
                    found[member.name] = each.listed()
            while unzipped.read(_BLOCK):
                pass
        if listed is None or listed != found:
            raise BackupRefused(DAMAGED)


class _Rejoined:
    """A file of which the beginning has been read."""

    def __init__(self, begin: bytes, file: BinaryIO) -> None:
        self._begin = begin
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not self._begin:
            return self._file.read(size)
        count = len(self._begin) if size < 0 else size
        begin, self._begin = self._begin[:count], self._begin[count:]
        return begin


def _parsed(file: IO[bytes], size: int) -> dict[str, Any]:
    if size > _MOST_OF_A_LIST:
        raise BackupRefused(DAMAGED)
    try:
        parsed = json.loads(file.read())
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise BackupRefused(DAMAGED)
    return parsed


def _check_name(name: str, found: dict[str, list[Any]]) -> None:
    """Let only names pass that stay in the data folder."""
    path = PurePosixPath(name)
    is_inside = name.startswith(DATA) and str(path) == name and ".." not in path.parts and len(path.parts) > 1
    if not is_inside or name in found or "\\" in name or "\0" in name or Path(name).is_absolute():
        raise BackupRefused("the backup has something in it that no backup has: %.80r" % name)

"""Archives that are the same byte for byte whenever and wherever they are made of the same files."""

import gzip
import io
import tarfile
import time
import zipfile


def tree(folder):
    """(path below the folder as text, Path) of each file, in order."""
    found = ((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    return sorted(found)


def write_zip(target, folder, when):
    """A zip file of a folder's files, dated `when` (Unix time)."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in tree(folder):
            entry = zipfile.ZipInfo(name, time.gmtime(when)[:6])
            entry.create_system = 3  # Unix, as for the permissions
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def write_tar(target, folder, when):
    """The same as a .tar.gz file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, path in tree(folder):
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            entry.mtime = when
            with path.open("rb") as file:
                archive.addfile(entry, file)
    # gzip.compress() writes another header on other versions of Python.
    with target.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
        compressed.write(packed.getvalue())

"""Write archives that depend only on their files: the same bytes at any time and on any machine."""

import gzip
import io
import tarfile
import time
import zipfile


def tree(folder):
    """(path below the folder as text, Path) of each file, sorted."""
    found = ((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    return sorted(found)


def write_zip(target, folder, when):
    """Write a folder's files to a zip file, dated `when` (Unix time)."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in tree(folder):
            entry = zipfile.ZipInfo(name, time.gmtime(when)[:6])
            entry.create_system = 3  # Unix, as for the permissions
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def write_tar(target, folder, when):
    """Write a folder's files to a .tar.gz file, dated `when` (Unix time)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, path in tree(folder):
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            entry.mtime = when
            with path.open("rb") as file:
                archive.addfile(entry, file)
    # The header that gzip.compress() writes depends on the version of Python.
    with target.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
        compressed.write(packed.getvalue())

"""Make a release."""

import contextlib
import hashlib
import io
import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from mpremote.romfs import make_romfs
from toolchain import mpy

from . import CHECKSUMS, DESCRIPTION, NAME, ReleaseError
from .archives import tree, write_tar, write_zip

# The packages in each ROMFS image, by the end of its name. The first image fits into the 128 KB of MicroPython's
# partition table for an ESP32 with ROMFS.
IMAGES = {"": ["package.json"], "-board": ["package.json", "package-board.json"]}


def build(checkout, output, base_url=None, dirty=False):
    """Make the release of a checkout in the folder `output` (a Path), and return its folder.

    base_url: str, the URL of the release's folder, for absolute addresses in the package.json files; None for relative
    ones. dirty: allow uncommitted changes. Raises ReleaseError.
    """
    changes = checkout.changes()
    if changes != [] and not dirty:
        what = "this is not a git checkout" if changes is None else "not as committed: %s" % _few(changes)
        raise ReleaseError("%s; --dirty makes a release anyway" % what)
    target = output / ("%s-%s" % (NAME, checkout.version))
    if target.exists() and not (target / CHECKSUMS).is_file():
        raise ReleaseError("%s already exists and is not a release" % target)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".release-") as scratch:
        made = Path(scratch) / target.name
        _fill(made, checkout, base_url, changes)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    return target


def _few(changes, shown=3):
    names = [line.split(maxsplit=1)[1] for line in changes]
    more = ["and %d more" % (len(names) - shown)] if len(names) > shown else []
    return ", ".join(names[:shown] + more)


def _fill(made, checkout, base_url, changes):
    compiler = mpy.version()
    name = "mpy%d" % compiler.bytecode
    folder = made / name
    sizes = _compile(folder, checkout, "%s/%s/" % (base_url.rstrip("/"), name) if base_url else "")
    archive = "%s-%s-%s" % (NAME, checkout.version, name)
    for ending, packages in IMAGES.items():
        (made / ("%s%s.romfs" % (archive, ending))).write_bytes(image(folder, packages))
    write_zip(made / (archive + ".zip"), folder, checkout.time())
    write_tar(made / (archive + ".tar.gz"), folder, checkout.time())
    about = {
        "version": checkout.version,
        "commit": checkout.commit(),
        "as committed": changes == [],
        "bytecode": compiler.bytecode,
        "architecture": "any",
        "compiler": compiler.text,
        "optimisation": mpy.OPTIMISATION,
        "bytes of each package": sizes,
    }
    (made / DESCRIPTION).write_text(json.dumps(about, indent=2) + "\n")
    (made / CHECKSUMS).write_text(checksums(made))


def _compile(folder, checkout, site):
    # Write the packages and their files below `folder`; returns the size of each package
    listings, jobs = {}, []
    with ThreadPoolExecutor() as pool:
        for package in checkout.packages:
            place = package.place.parent
            listing = listings[package.place] = []
            for name, source in package.files():
                name = PurePosixPath(name)
                if name.suffix == ".py":
                    name = name.with_suffix(".mpy")
                    jobs.append(pool.submit(mpy.compile_file, source, folder / place / name))
                else:
                    (folder / place / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, folder / place / name)
                listing.append(name)
    for job in jobs:
        job.result()
    sizes = {}
    for package in checkout.packages:
        place, names = package.place.parent, listings[package.place]
        prefix = site + "".join(part + "/" for part in place.parts) if site else ""
        urls = [[str(name), prefix + str(name)] for name in names]
        content = {**package.content, "urls": urls}
        (folder / package.place).write_text(json.dumps(content, indent=1) + "\n")
        sizes[str(package.place)] = sum((folder / place / name).stat().st_size for name in names)
    return sizes


def image(folder, packages):
    """A ROMFS image (bytes), made by mpremote, of some of the compiled packages in a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        for place in packages:
            for name, _ in json.loads((folder / place).read_text())["urls"]:
                (Path(scratch) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / name, Path(scratch) / name)
        with contextlib.redirect_stdout(io.StringIO()):
            return make_romfs(scratch, mpy_cross=False)


def checksums(folder):
    """The text of SHA256SUMS, in the format of `sha256sum -c`."""
    sums = [(hashlib.sha256(path.read_bytes()).hexdigest(), name) for name, path in tree(folder) if name != CHECKSUMS]
    return "".join("%s  %s\n" % pair for pair in sums)

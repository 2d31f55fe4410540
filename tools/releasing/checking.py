"""Check that a release is complete, and that its parts agree."""

import json
import tarfile
import zipfile

from . import CHECKSUMS, DESCRIPTION, NAME, ReleaseError
from .archives import tree
from .building import IMAGES, checksums, image


def check(folder):
    """Check the release in a folder, and return the content of its RELEASE.json. Raises ReleaseError with one line for
    each mistake."""
    if not (folder / CHECKSUMS).is_file():
        raise ReleaseError("%s is not a release: it has no %s" % (folder, CHECKSUMS))
    _raise(_sums(folder))
    about = json.loads((folder / DESCRIPTION).read_text())
    name = "mpy%d" % about["bytecode"]
    _raise(_packages(folder / name, about))
    _raise(_copies(folder / name, folder / ("%s-%s-%s" % (NAME, about["version"], name))))
    return about


def _raise(complaints):
    complaints = list(complaints)
    if complaints:
        raise ReleaseError("\n".join(complaints))


def _sums(folder):
    expected, found = (
        {name: digest for digest, name in (line.split("  ", 1) for line in text.splitlines())}
        for text in ((folder / CHECKSUMS).read_text(), checksums(folder))
    )
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            yield "%s: missing" % name
        elif name not in expected:
            yield "%s: not in %s" % (name, CHECKSUMS)
        elif expected[name] != found[name]:
            yield "%s: differs from %s" % (name, CHECKSUMS)


def _packages(packages, about):
    # The mistakes in the package.json files and the bytecode
    files = dict(tree(packages))
    listed = set()
    for place, path in files.items():
        if path.suffix == ".json":
            listed.add(place)
            content = json.loads(path.read_text())
            if content["version"] != about["version"]:
                yield "%s: version %s" % (place, content["version"])
            for on_board, address in content["urls"]:
                file = (path.parent / on_board).relative_to(packages).as_posix()
                listed.add(file)
                if not address.endswith(on_board):
                    yield "%s: %s comes from %s" % (place, on_board, address)
                if file not in files:
                    yield "%s lists %s, which is missing" % (place, on_board)
        elif path.suffix == ".mpy":
            # The third byte: the architecture and sub-version of machine code, 0 without any. The fourth: the bits of a
            # small integer, 31 on a 32-bit board.
            if path.read_bytes()[:4] != bytes((ord("M"), about["bytecode"], 0, 31)):
                yield "%s: not bytecode of version %d for any architecture" % (place, about["bytecode"])
    for place in sorted(files.keys() - listed):
        yield "%s: in no package" % place


def _copies(packages, base):
    # The mistakes in the archives and the image
    contents = {place: path.read_bytes() for place, path in tree(packages)}
    with zipfile.ZipFile("%s.zip" % base) as archive:
        if {entry: archive.read(entry) for entry in archive.namelist()} != contents:
            yield "the zip archive has other files"
    with tarfile.open("%s.tar.gz" % base) as archive:
        if {entry.name: archive.extractfile(entry).read() for entry in archive} != contents:
            yield "the tar archive has other files"
    for ending, places in IMAGES.items():
        path = base.with_name("%s%s.romfs" % (base.name, ending))
        if path.read_bytes() != image(packages, places):
            yield "%s has other files" % path.name

"""Boards with the former layout, in which each package is one flat folder, and a user's own files in between."""

import tarfile
from pathlib import Path

from link_rig import files_on, run_on
from provisioning import former
from provisioning.board_link import BoardLink

FORMER = Path(__file__).with_name("former_layout.tar.xz")  # everything boards had, compiled
PARTS = ("package-sync.json", "package-api.json")
# A user's own files, with names that former files have elsewhere
OWN = {
    "/lib/arduino_iot_cloud/greenhouse.py": b"MINE = 1\n",
    "/lib/arduino_cloud_board/notes.txt": b"do not water on Mondays\n",
    "/lib/packets.py": b"MINE = 2\n",
    "/cbor_item.py": b"MINE = 3\n",
    "/lib/own/session.py": b"MINE = 4\n",
}
EMPTY = """
import os
def empty(folder):
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            empty(path)
            os.rmdir(path)
        else:
            os.remove(path)
for name in os.listdir("/lib"):
    if name.startswith("arduino_"):
        empty("/lib/" + name)
"""


def former_files(packages, *, compiled=True):
    """Return former files as {path on the board: content}. Sources have only the right names."""
    with tarfile.open(FORMER) as archive:
        found = {"/lib/" + each.name: archive.extractfile(each).read() for each in archive}
    names = {"/lib/" + name for package in packages for name in former.files()[package]}
    if compiled:
        return {path: data for path, data in found.items() if path.replace(".mpy", ".py") in names}
    return {path: found.get(path, b"raise ImportError('of before')\n") for path in names}


def put_back(board, files):
    """Replace all packages with these files, and put the user's own beside them."""
    run_on(board, EMPTY)
    with BoardLink(board.port) as link:
        for path, data in {**files, **OWN}.items():
            link.put(path, data)


def modules_on(board):
    """Return the modules on a board and the user's own files: {path: content}."""
    files = files_on(board, packages=True)
    return {path: data for path, data in files.items() if path.startswith("/lib/arduino_") or path in OWN}

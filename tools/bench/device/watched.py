"""Run another program and print each file that it imports from a folder.

Arguments: the folder, the program's name, its arguments.
"""

import sys

import vfs


class Watched:
    """A file system that prints which files are opened."""

    def __init__(self, folder):
        self._files = vfs.VfsPosix(folder)
        self.stat = self._files.stat

    def mount(self, readonly, mkfs):
        """Do nothing."""

    def open(self, path, mode):
        """Print the path and open the file."""
        print("opens", path)
        return self._files.open(path, mode)


vfs.mount(Watched(sys.argv.pop(1)), "/watched")
sys.path.insert(0, "/watched")
__import__(sys.argv.pop(1))

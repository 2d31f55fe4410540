"""Run another program, and print each file that it imports from a folder.

Arguments: the folder, the program's name, its arguments.
"""

import sys

import vfs


class Watched:
    """A file system that tells what is opened."""

    def __init__(self, folder):
        self._files = vfs.VfsPosix(folder)
        self.stat = self._files.stat

    def mount(self, readonly, mkfs):
        """Nothing is to be done for it."""

    def open(self, path, mode):
        """As the file system itself does."""
        print("opens", path)
        return self._files.open(path, mode)


vfs.mount(Watched(sys.argv.pop(1)), "/watched")
sys.path.insert(0, "/watched")
__import__(sys.argv.pop(1))

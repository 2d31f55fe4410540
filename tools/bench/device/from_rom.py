"""Run another program with a ROMFS image mounted. Arguments: the image, the program's name, its arguments.

The image is outside the heap, like flash on a board.
"""

import os
import sys

import ffi
import uctypes
import vfs


def mount(path):
    libc = ffi.open("libc.so.6")
    size = os.stat(path)[6]
    fd = libc.func("i", "open", "si")(path, 0)
    address = libc.func("P", "mmap", "LLiiil")(0, size, 1, 2, fd, 0)  # PROT_READ, MAP_PRIVATE
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(address, size)), "/rom")
    sys.path.insert(0, "/rom")


mount(sys.argv.pop(1))
__import__(sys.argv.pop(1))

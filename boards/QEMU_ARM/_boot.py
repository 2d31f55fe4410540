# Frozen into the firmware. Mounts a file system in memory that the firmware does not use (in the 16 MB of PSRAM; AN385,
# table 3-1). It replaces flash: it survives a soft reset, but not power-off.
import os
import sys
import vfs
from uctypes import bytearray_at

_ADDRESS = const(0x21800000)
_BLOCK = const(4096)
_BLOCKS = const(256)


class Memory:
    def __init__(self):
        self.bytes = memoryview(bytearray_at(_ADDRESS, _BLOCK * _BLOCKS))

    def readblocks(self, n, buf, offset=0):
        begin = n * _BLOCK + offset
        buf[:] = self.bytes[begin : begin + len(buf)]

    def writeblocks(self, n, buf, offset=0):
        begin = n * _BLOCK + offset
        self.bytes[begin : begin + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 4:
            return _BLOCKS
        if op == 5:
            return _BLOCK
        return 0


try:
    vfs.mount(Memory(), "/")
except OSError:  # just switched on
    vfs.VfsLfs2.mkfs(Memory())
    vfs.mount(Memory(), "/")
    os.mkdir("/lib")
sys.path.append("/lib")

"""A block device in memory that loses its power in the middle of a write. For MicroPython."""

from storage_rig import PowerCut

BLOCK = 512


class Device:
    """A block device in memory. After `writes` writes, the next one writes only `part` bytes, and is the last."""

    def __init__(self, data, writes=None, part=0):
        self.data = data
        self.left = writes
        self.part = part
        self.count = 0
        self.dead = False

    def readblocks(self, n, buf, offset=0):
        start = n * BLOCK + offset
        buf[:] = self.data[start : start + len(buf)]

    def writeblocks(self, n, buf, offset=0):
        if self.dead:
            return -5  # EIO: the collector closes a file, and nothing may be raised there
        start = n * BLOCK + offset
        end = start + len(buf)
        if self.left == 0:
            self.dead = True
            end = start + min(self.part, len(buf))
        elif self.left is not None:
            self.left -= 1
        self.count += 1
        self.data[start:end] = buf[: end - start]
        if self.dead:
            raise PowerCut()

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // BLOCK
        if op == 5:
            return BLOCK
        return 0  # 6: erase a block


def formatted(kind, blocks=64):
    """Return the content of a device formatted as `kind` (vfs.VfsFat, vfs.VfsLfs2)."""
    data = bytearray(blocks * BLOCK)
    kind.mkfs(Device(data))
    return data

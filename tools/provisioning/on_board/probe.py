# Find out which board this is, and which of `packages` are frozen in. Changes nothing.
import os
import sys

found = {
    "machine": getattr(sys.implementation, "_machine", "") or (os.uname().machine if hasattr(os, "uname") else ""),
    "version": sys.implementation.version[:3],
    "mpy": getattr(sys.implementation, "_mpy", 0),
    "platform": sys.platform,
    "path": sys.path,
    "root": os.getcwd(),
    "unique_id": None,
    "name": None,
    "romfs": 0,
    "frozen": [],
    "frozen_board": None,
    "free": None,
    "block": 1,
}
try:
    from machine import unique_id

    found["unique_id"] = "".join("%02x" % byte for byte in unique_id())
except ImportError:
    pass
for key, path in (("unique_id", "provisioning_id"), ("name", "board_name")):
    try:
        with open(path, "rb") as file:
            text = file.read(128).strip()
        # Without a byte order mark, as an editor may put before a name
        text = text[3:] if text[:3] == b"\xef\xbb\xbf" else text
        found[key] = found[key] or text.decode() or None
    except OSError as error:
        if error.errno != 2:  # ENOENT; a number that cannot be read must not get a successor
            raise
    except ValueError:  # UnicodeError
        if not found[key]:
            raise ValueError(path + " is not text: remove it")
try:
    import vfs

    if vfs.rom_ioctl(1) > 0:
        device = vfs.rom_ioctl(2, 0)
        found["romfs"] = len(device) if not hasattr(device, "ioctl") else device.ioctl(4, 0) * device.ioctl(5, 0)
except (ImportError, AttributeError, OSError, TypeError):
    pass
try:
    # Not of "/": if the flash is at /flash, "/" is not a file system, and all its sizes are 0.
    space = os.statvfs(found["root"])
    if space[2]:
        # Of a full littlefs, blocks are counted twice, and the rest falls below 0.
        found["free"] = space[0] * space[3] if space[3] <= space[2] else 0
        found["block"] = space[0]
except (AttributeError, OSError):
    pass
if ".frozen" in sys.path:
    # With this path alone, only frozen modules are found.
    path = sys.path[:]
    sys.path[:] = [".frozen"]
    for name in packages:
        try:
            __import__(name)
            found["frozen"].append(name)
        except ImportError:
            pass
    try:
        import board

        found["frozen_board"] = board.NAME
    except (ImportError, AttributeError):
        pass
    sys.path[:] = path
answer(found)

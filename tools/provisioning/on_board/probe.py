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
        with open(path) as file:
            found[key] = found[key] or file.read().strip()
    except OSError:
        pass
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
        found["free"] = space[0] * space[3]
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

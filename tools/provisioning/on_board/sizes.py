# The sizes of files in bytes, in their order; None for those that are not there.
import os

found = []
for path in paths:
    try:
        about = os.stat(path)
        found.append(None if about[0] & 0x4000 else about[6])
    except OSError:
        found.append(None)
answer(found)

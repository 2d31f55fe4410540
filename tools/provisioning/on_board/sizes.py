# Answer the size of each of `paths` in bytes, None for a file that does not exist.
import os

found = []
for path in paths:
    try:
        about = os.stat(path)
        found.append(None if about[0] & 0x4000 else about[6])
    except OSError:
        found.append(None)
answer(found)

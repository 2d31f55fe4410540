# Remove `paths`, if they exist, then `folders`, if they are empty; answers the folders that are not.
import os

for path in paths:
    try:
        os.remove(path)
    except OSError as error:
        if error.errno != 2:  # ENOENT
            raise
stay = []
for path in folders:
    try:
        os.rmdir(path)
    except OSError:
        try:
            os.stat(path)
            stay.append(path)
        except OSError:
            pass
answer(stay)

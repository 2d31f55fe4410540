# Remove files, those that are there, and then folders, those that are empty; answers with the folders that stay.
import os

for path in paths:
    try:
        os.remove(path)
    except OSError:
        pass
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

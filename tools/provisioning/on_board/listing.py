# Print a line for each file in and below `folders`: its size in bytes and its path.
import os

folders = folders[:]
while folders:
    folder = folders.pop()
    try:
        entries = os.ilistdir(folder)
    except OSError as error:
        if error.errno not in (2, 20):  # ENOENT, ENOTDIR
            raise
        continue
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            folders.append(path)
        else:
            print(entry[3] if len(entry) > 3 else os.stat(path)[6], path)

# Find the half-written files of interrupted runs: in and below `folders`, with names that end with `ending`.
import os

found = []
folders = folders[:]
while folders:
    folder = folders.pop()
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        continue  # it does not exist
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            folders.append(path)
        elif path.endswith(ending):
            found.append(path)
answer(found)

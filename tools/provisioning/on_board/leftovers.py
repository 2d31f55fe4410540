# What interrupted runs have left half written: the files in `folders`, and below, whose names end with `ending`.
import os

found = []
folders = folders[:]
while folders:
    folder = folders.pop()
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        continue  # it is not there
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            folders.append(path)
        elif path.endswith(ending):
            found.append(path)
answer(found)

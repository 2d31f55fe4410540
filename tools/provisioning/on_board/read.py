# The content of a small file, None where there is none.
try:
    with open(path, "rb") as file:
        answer(file.read())
except OSError:
    answer(None)

# Answer the content of a small file, None if it does not exist.
try:
    with open(path, "rb") as file:
        answer(file.read())
except OSError:
    answer(None)

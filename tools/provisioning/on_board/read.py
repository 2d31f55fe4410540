# Answer the content of a small file, None if it does not exist. One that cannot be read is an error.
try:
    with open(path, "rb") as file:
        answer(file.read())
except OSError as error:
    if error.errno != 2:  # ENOENT
        raise
    answer(None)

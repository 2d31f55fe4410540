# Answer the SHA-256 of each of `paths` in base64, None for a file that does not exist, "" for one that cannot be read.
import hashlib
from binascii import b2a_base64

found = []
buffer = bytearray(512)
for path in paths:
    try:
        with open(path, "rb") as file:
            h = hashlib.sha256()
            while True:
                n = file.readinto(buffer)
                if not n:
                    break
                h.update(memoryview(buffer)[:n])
        found.append(b2a_base64(h.digest())[:-1].decode())
    except OSError as error:
        found.append(None if error.errno == 2 else "")  # ENOENT
del buffer
answer(found)

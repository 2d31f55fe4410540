# Receive a file in pieces, in base64. It replaces the old one once it is complete and its hash is correct.
import hashlib
import os
from binascii import a2b_base64


def begin(path):
    global file, h
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError as error:
            if error.errno != 17:  # EEXIST
                raise
        at = path.find("/", at + 1)
    h = hashlib.sha256()
    file = open(path, "wb")


def take(text):
    data = a2b_base64(text)
    try:
        if file.write(data) != len(data):
            raise OSError(28)
    except OSError:
        try:
            file.close()  # so that it can be removed
        except OSError:
            pass
        raise
    h.update(data)


def end(new, path, digest):
    global h
    file.close()
    # Compare what arrived, and what the flash has
    received = "".join("%02x" % byte for byte in h.digest())
    h = hashlib.sha256()
    with open(new, "rb") as written:
        while True:
            data = written.read(512)
            if not data:
                break
            h.update(data)
    if digest != received or digest != "".join("%02x" % byte for byte in h.digest()):
        raise ValueError("%s arrived with errors" % path)
    os.rename(new, path)
    if hasattr(os, "sync"):
        os.sync()

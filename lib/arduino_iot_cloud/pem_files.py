"""Key and certificate for CPython's `ssl`, which takes PEM files only. Not needed on a board."""

import base64
import contextlib
import os
import tempfile


def load(ctx, certificate, key):
    """Put both into a TLS context; each is a path or the content (bytes), PEM or DER.

    Raises ValueError or OSError.
    """
    with pem_file("certfile", certificate) as certificate_path, pem_file("keyfile", key) as key_path:
        ctx.load_cert_chain(certificate_path, key_path)


@contextlib.contextmanager
def pem_file(name: str, source):
    """A path for the block: that of a PEM file itself; else of a temporary one, for its owner only, gone afterwards.

    `name` is "keyfile" or "certfile", for the kind and for messages.
    """
    is_path = isinstance(source, (str, os.PathLike))
    data = _read(source) if is_path else bytes(source)
    if b"-----BEGIN " in data:
        if is_path:
            yield source
            return
    else:
        if data[:1] != b"\x30":  # the SEQUENCE that all of them are
            raise ValueError("%s: this is neither PEM nor DER" % name)
        label = (_label_of_key(data) if name == "keyfile" else "CERTIFICATE").encode()
        data = b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, base64.encodebytes(data), label)
    handle, path = tempfile.mkstemp(suffix=".pem")  # mode 0600
    try:
        with open(handle, "wb") as file:
            file.write(data)
        yield path
    finally:
        os.unlink(path)


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _label_of_key(data):
    # PKCS#8, PKCS#1 and SEC 1 differ in what follows the version: an algorithm, a number, a string.
    start = 2 + (data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0)
    labels = {0x30: "PRIVATE KEY", 0x02: "RSA PRIVATE KEY", 0x04: "EC PRIVATE KEY"}
    if data[start : start + 2] != b"\x02\x01" or data[start + 3 : start + 4] == b"":
        raise ValueError("keyfile: this is no private key in DER (an encrypted one has to be in PEM)")
    try:
        return labels[data[start + 3]]
    except KeyError:
        raise ValueError("keyfile: this is no private key in DER")

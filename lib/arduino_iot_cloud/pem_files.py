"""Keys and certificates for CPython's `ssl`, which accepts only PEM files. Not installed on a board."""

import base64
import contextlib
import os
import tempfile


def load(ctx, certificate, key):
    """Load a certificate and its key into a TLS context; each is a path or the content (bytes), PEM or DER.

    Raises ValueError or OSError.
    """
    with pem_file("certfile", certificate) as certificate_path, pem_file("keyfile", key) as key_path:
        ctx.load_cert_chain(certificate_path, key_path)


@contextlib.contextmanager
def pem_file(name: str, source):
    """Provide the path of a PEM file for a `with` block: that of the file itself, or of a temporary one (mode 0600),
    which is then deleted.

    `name` is "keyfile" or "certfile": the kind of content, also named in messages.
    """
    is_path = isinstance(source, (str, os.PathLike))
    data = _read(source) if is_path else bytes(source)
    if b"-----BEGIN " in data:
        if is_path:
            yield source
            return
    else:
        if data[:1] != b"\x30":  # every key and certificate is a SEQUENCE
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
    # PKCS#8, PKCS#1 and SEC 1 differ in the field after the version: an algorithm, a number, a string.
    start = 2 + (data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0)
    labels = {0x30: "PRIVATE KEY", 0x02: "RSA PRIVATE KEY", 0x04: "EC PRIVATE KEY"}
    if data[start : start + 2] != b"\x02\x01" or data[start + 3 : start + 4] == b"":
        raise ValueError("keyfile: this is not a private key in DER (an encrypted one has to be in PEM)")
    try:
        return labels[data[start + 3]]
    except KeyError:
        raise ValueError("keyfile: this is not a private key in DER")

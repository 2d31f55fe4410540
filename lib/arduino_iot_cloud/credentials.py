"""A key or a certificate as the program gives it: a path, the content, or the URI of a key store.

Comes and goes: `trust` and `keys` import it, and who has the TLS context made unloads it with `trust`.
"""

from .port import MICROPYTHON


def is_uri(value) -> bool:
    """Whether a keyfile or certfile is a URI: a scheme of two letters or more (unlike C:) before the colon."""
    return isinstance(value, str) and "/" not in value.split(":", 1)[0] and value.find(":") > 1


def load_cert_chain(context, *pair):
    """Put a certificate and its key, each a path or the content as bytes, into a TLS context."""
    if MICROPYTHON:
        context.load_cert_chain(*[read(one) for one in pair])
    else:
        from .cpython import load_cert_chain as load

        load(context, *pair)


def read(file):
    """The bytes that a path stands for, or that are given as they are."""
    if isinstance(file, bytes):
        return file
    if isinstance(file, (bytearray, memoryview)):
        return bytes(file)
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise OSError(error.args[0], "'%s' cannot be read" % file)  # MicroPython's own names no file

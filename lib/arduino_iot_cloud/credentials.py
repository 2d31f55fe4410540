"""Keys and certificates as a program gives them: a path, the content, or the URI of a key store.

Temporary: `trust` and `keys` import it; the caller of `trust.context` unloads it together with `trust`.
"""

from .port import MICROPYTHON


def is_uri(value) -> bool:
    """Return whether a keyfile or certfile is a URI: its scheme has two letters or more, unlike C:."""
    return isinstance(value, str) and "/" not in value.split(":", 1)[0] and value.find(":") > 1


def load_cert_chain(context, *pair):
    """Load a certificate and its key, each a path or the content as bytes, into a TLS context."""
    if MICROPYTHON:
        context.load_cert_chain(*[read(one) for one in pair])
    else:
        from .cpython import load_cert_chain as load

        load(context, *pair)


def read(file):
    """Return the content of a file, or `file` itself if it is bytes. Raises OSError with the file's name."""
    if isinstance(file, bytes):
        return file
    if isinstance(file, (bytearray, memoryview)):
        return bytes(file)
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise OSError(error.args[0], "'%s' cannot be read" % file)  # MicroPython's own message lacks the name

"""A file and form fields as multipart/form-data (RFC 7578)."""

from binascii import b2a_base64
from os import urandom


def multipart(file: bytes, fields) -> tuple:
    """The body (bytes) and its content type, for the file `ota_file` and (name, value) pairs of str."""
    if not isinstance(file, (bytes, bytearray)):
        raise TypeError("the file is bytes, not %s" % type(file).__name__)
    boundary = b2a_base64(urandom(18)).decode().strip().replace("+", "-").replace("/", "_")
    head = ""
    for name, value in fields:
        if value is not None:
            head += '--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, value)
    head += '--%s\r\nContent-Disposition: form-data; name="ota_file"; filename="update.ota"\r\n' % boundary
    head += "Content-Type: application/octet-stream\r\n\r\n"
    body = head.encode() + file + ("\r\n--%s--\r\n" % boundary).encode()
    return body, "multipart/form-data; boundary=" + boundary

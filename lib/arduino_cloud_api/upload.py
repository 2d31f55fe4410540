"""Write a file and form fields as multipart/form-data (RFC 7578)."""

from binascii import b2a_base64
from os import urandom


def multipart(file: bytes, fields) -> tuple:
    """(body, content type), bytes and str, for the content of the file `ota_file` and (name, value) pairs of str.

    Raises TypeError if `file` is not bytes.
    """
    if not isinstance(file, (bytes, bytearray)):
        raise TypeError("the file must be bytes, not %s" % type(file).__name__)
    boundary = b2a_base64(urandom(18)).decode().strip().replace("+", "-").replace("/", "_")
    head = ""
    for name, value in fields:
        if value is not None:
            head += '--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, value)
    head += '--%s\r\nContent-Disposition: form-data; name="ota_file"; filename="update.ota"\r\n' % boundary
    head += "Content-Type: application/octet-stream\r\n\r\n"
    body = head.encode() + file + ("\r\n--%s--\r\n" % boundary).encode()
    return body, "multipart/form-data; boundary=" + boundary

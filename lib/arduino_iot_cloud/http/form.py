"""Names and values as in a URL's query and in a form (RFC 3986, section 2.1)."""


def quoted(text: str) -> str:
    """Return the text with everything but letters, digits and -._~ percent-encoded."""
    safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    return "".join([chr(byte) if chr(byte) in safe else "%%%02X" % byte for byte in text.encode()])


def form(pairs) -> str:
    """Return (name, value) pairs of str as one text, without the pairs whose value is None."""
    return "&".join(["%s=%s" % (name, quoted(value)) for name, value in pairs if value is not None])

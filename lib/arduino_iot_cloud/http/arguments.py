"""The URL that the HTTP client is given.

Temporary: unloaded after the check. The function uses nothing else of this module, so it may outlive it.
"""


def split(url: str) -> tuple:
    """Split a URL (RFC 3986) into scheme ("http" or "https"), host, port (int) and path with query.

    Scheme and host are in lower case, an IPv6 address has no brackets. Raises TypeError or ValueError.
    """
    if not isinstance(url, str):
        raise TypeError("an http or https address is text, not %r" % (url,))
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    host, slash, path = rest.partition("/")
    port = ""
    if "@" in host:
        raise ValueError("an address must not have a user or password")
    if host[:1] == "[":
        host, bracket, port = host[1:].partition("]")
        if ":" not in host or not bracket or port[:1] not in ("", ":"):
            host = ""
        port = port[1:]
    elif ":" in host:
        host, _, port = host.partition(":")
        port = port or "none"
    number = 443 if scheme == "https" else 80
    if port:
        number = int(port) if port.encode().isdigit() and len(port) < 6 else 0
    whole = host and 0 < number < 65536 and scheme in ("http", "https")
    if not whole or min(host + path) <= " " or "\x7f" in host + path:  # neither blanks nor control characters
        raise ValueError("not an http or https address: %s" % url)
    if "?" in host or "#" in host or "\\" in host:
        raise ValueError("an address has a / after the host, and no \\: %s" % url)
    return scheme, host.lower(), number, slash + path or "/"

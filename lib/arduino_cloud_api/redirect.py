"""Follow a redirect (RFC 9110, section 15.4). Loaded only for one.

Redirects are followed only to the same server, since nobody else may get the token.
"""

from arduino_iot_cloud.http.arguments import split
from arduino_iot_cloud.http.head import shown
from arduino_iot_cloud.port import const

from .errors import APIError

_HOPS = const(5)


def follow(call, response):
    """Point the call to the address that the answer names, or raise APIError."""
    location = response.headers.get("location", b"")
    method, path = call._request
    here = response.connection
    to = None
    if method in ("GET", "HEAD"):
        to = target("https" if here._tls else "http", here.server, here.port, path, location)
        if to and call._hops < _HOPS:
            call._hops += 1
            call._attempt -= 1
            call._request = method, to
            return
    if to:
        why = "not followed after %d redirects" % _HOPS
    elif method not in ("GET", "HEAD"):
        why = "a %s does not follow; perhaps give the new address as %s" % (
            method, "token_url" if call._login else "base_url"
        )  # fmt: skip
    else:
        why = "not followed, since the token is only for %s:%d; give another server as base_url" % (
            here.server, here.port
        )  # fmt: skip
    where = shown(location[:200]) or "no address"
    for secret in call._api._secrets():
        if secret:
            where = where.replace(secret, "***")
    raise APIError(call._name, response.status, "redirected", "the server redirects to %s: %s" % (where, why))


def target(scheme: str, host: str, port: int, path: str, location: bytes):
    """The path (str) that a Location (RFC 3986, section 5.2) leads to from `path`; None if it leads to another server
    or is not an address."""
    if not location or min(location) <= 32 or max(location) > 126:
        return None
    to = location.decode().partition("#")[0]
    if to[:2] == "//":
        to = scheme + ":" + to
    if ":" in to.partition("/")[0].partition("?")[0]:
        try:
            parts = split(to)
        except ValueError:
            return None
        return _straight(parts[3]) if parts[:3] == (scheme, host, port) else None
    base = path.partition("?")[0]
    if not to or to[0] == "?":
        return base + to
    return _straight(to if to[0] == "/" else base[: base.rfind("/") + 1] + to)


def _straight(path):
    # The path without the segments . and ..
    path, mark, query = path.partition("?")
    steps = []
    for step in path.split("/")[1:]:
        if step == "..":
            steps = steps[:-1]
        elif step != ".":
            steps.append(step)
    if path.endswith("/.") or path.endswith("/.."):
        steps.append("")
    return "/" + "/".join(steps) + mark + query

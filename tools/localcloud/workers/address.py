"""The broker's address: mqtts://user:password@host:8883 or mqtt://user:password@localhost:1883.

?cafile=…: the certificate of a private authority, for mqtts. ?security=none: the workers do not administer the
broker's access rights. ?tls=none: mqtt to another machine over a path that is secure by other means.
"""

import ipaddress
import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BadBroker(ValueError):
    """The broker cannot be used. `str()` says why, without its password."""


class Lost(Exception):
    """The broker or the database is not reachable. `str()` says which."""


@dataclass(frozen=True)
class Address:
    """The broker's address, with a worker's credentials."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None = field(repr=False)
    administered: bool = True
    """Whether the workers administer mosquitto's dynamic security. Otherwise access rights are set elsewhere."""

    def __str__(self) -> str:
        """Return the address without user and password."""
        return "%s://%s:%d" % ("mqtts" if self.tls else "mqtt", self.host, self.port)


def parse(url: str) -> Address:
    """Parse the address. Raises `BadBroker`."""
    wanted = "the broker's address must be like mqtts://user:password@host:8883?cafile=FILE: "
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadBroker(wanted + "the port is not a number") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise BadBroker(wanted + "it needs mqtt or mqtts and a host, and no path")
    if parts.username and not parts.password:
        raise BadBroker(wanted + "the user has no password (the file mosquitto/address has the whole address)")
    options = parse_qs(parts.query)
    of_scheme = {"mqtts": "cafile", "mqtt": "tls"}[parts.scheme]
    if set(options) - {"security", of_scheme}:
        raise BadBroker(wanted + "the options are cafile (of mqtts), tls (of mqtt) and security")
    if options.get("security", ["none"]) != ["none"]:
        raise BadBroker(wanted + "security must be none, or absent for mosquitto's dynamic security")
    if options.get("tls", ["none"]) != ["none"]:
        raise BadBroker(wanted + "tls must be none or absent")
    # The workers send their own password and devices' new secrets.
    if parts.scheme == "mqtt" and "tls" not in options and not _is_loopback(parts.hostname):
        raise BadBroker(wanted + "mqtt sends secrets unencrypted (use ?tls=none if the path there is secure)")
    tls = None
    if parts.scheme == "mqtts":
        cafile = options["cafile"][0] if "cafile" in options else None
        try:
            tls = ssl.create_default_context(cafile=cafile)
        except (OSError, ssl.SSLError) as error:
            raise BadBroker("cannot read the authority's certificate %s: %s" % (cafile, error)) from None
    return Address(
        parts.hostname,
        port or _PORTS[parts.scheme],
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        tls,
        "security" not in options,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""The address of the broker: mqtts://user:password@host:8883, or mqtt://user:password@localhost:1883.

?cafile=…: the certificate of an authority of one's own, for mqtts. ?security=none: a broker where others than the
workers say who may do what. ?tls=none: mqtt to another machine, where the way there is safe by other means.
"""

import ipaddress
import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BadBroker(ValueError):
    """The broker cannot be used; `str()` says why, without its password."""


class Lost(Exception):
    """The broker or the database is not there; `str()` says which."""


@dataclass(frozen=True)
class Address:
    """Where the broker is and how a worker gets in."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None = field(repr=False)
    administered: bool = True
    """Do the workers administer mosquitto's dynamic security? Else somebody else sees to who may do what."""

    def __str__(self) -> str:
        """Return the address without user and password."""
        return "%s://%s:%d" % ("mqtts" if self.tls else "mqtt", self.host, self.port)


def parse(url: str) -> Address:
    """Take the address apart; raises `BadBroker`."""
    wanted = "the address of the broker is like mqtts://user:password@host:8883?cafile=FILE: "
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadBroker(wanted + "the port is no number") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise BadBroker(wanted + "mqtt or mqtts, a host, and no path")
    options = parse_qs(parts.query)
    of_scheme = {"mqtts": "cafile", "mqtt": "tls"}[parts.scheme]
    if set(options) - {"security", of_scheme}:
        raise BadBroker(wanted + "the options are cafile (of mqtts), tls (of mqtt) and security")
    if options.get("security", ["none"]) != ["none"]:
        raise BadBroker(wanted + "security is none, or left out for mosquitto's dynamic security")
    if options.get("tls", ["none"]) != ["none"]:
        raise BadBroker(wanted + "tls is none, or left out")
    # The workers send their own password and every new secret of a device.
    if parts.scheme == "mqtt" and "tls" not in options and not _is_loopback(parts.hostname):
        raise BadBroker(wanted + "mqtt would show secrets on the way (with ?tls=none you say that they are safe there)")
    tls = None
    if parts.scheme == "mqtts":
        cafile = options["cafile"][0] if "cafile" in options else None
        try:
            tls = ssl.create_default_context(cafile=cafile)
        except (OSError, ssl.SSLError) as error:
            raise BadBroker("the authority's certificate %s cannot be read: %s" % (cafile, error)) from None
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

"""Origins of web pages: those of this cloud, and others that the operator names."""

import re
from typing import Iterable

from .ports import LOOPBACK_NAMES

_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_REDIRECTED = ("https://wss.iot.arduino.cc:8443",)
"""Of programs that connect to this cloud by the real one's name."""
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class BadOrigin(ValueError):
    """Something else than an origin was given."""


def parse(text: str) -> str:
    """Return an origin as browsers write it. Raises BadOrigin."""
    if not _ORIGIN.fullmatch(text):
        raise BadOrigin("--cors-origin needs the origin of a page, such as https://example.com:8080, got %r" % text)
    scheme = text.partition(":")[0].lower()
    return text.lower().removesuffix(_DEFAULT_PORTS[scheme])


def of_this_cloud(plain: Iterable[int], encrypted: Iterable[int], names: Iterable[str]) -> tuple[str, ...]:
    """Return the origins that this cloud's own ports have; `names` are those that only encrypted ones have.

    paho-mqtt says that it comes from the very address that it connects to.
    """
    own = ["http://%s:%d" % (name, port) for name in LOOPBACK_NAMES for port in plain]
    own += ["https://%s:%d" % (name, port) for name in (*LOOPBACK_NAMES, *names) for port in encrypted]
    return tuple(map(parse, (*own, *_REDIRECTED)))

"""The proxies that this cloud is told to be behind: from them alone, a client's address is taken as they say it."""

import ipaddress
from typing import Iterable

UNKNOWN = "unknown"
"""The address of a client whose own is not known."""
_LONGEST_LIST = 2000


class BadProxy(ValueError):
    """What was given as a proxy is no address and no network. `str()` says so."""


class Proxies:
    """Addresses and networks of proxies. Nobody else's word about a client's address is taken."""

    def __init__(self, places: Iterable[str] = ()) -> None:
        """Take addresses, such as 192.0.2.7, and networks, such as 192.0.2.0/24. Raises `BadProxy`."""
        self.places = tuple(places)
        self._networks = [_network(place) for place in self.places]

    def __bool__(self) -> bool:
        """Return whether there is any proxy."""
        return bool(self._networks)

    def __contains__(self, address: object) -> bool:
        """Return whether the address is that of a proxy."""
        if not self._networks:
            return False
        try:
            parsed = ipaddress.ip_address(str(address))
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)

    def client_of(self, peer: str, forwarded_for: Iterable[str]) -> str:
        """Return the address of the client whose connection came from `peer`.

        `forwarded_for` are the values of X-Forwarded-For. Each proxy appends to it, so the last address that is no
        proxy's is the client's, and what stands before it is the client's own invention.
        """
        if peer not in self:
            return peer
        client = peer
        for entry in reversed(", ".join(forwarded_for)[-_LONGEST_LIST:].split(",")):
            address = plain(entry)
            if address == UNKNOWN:
                break
            client = address
            if address not in self:
                break
        return client


NO_PROXIES = Proxies()


def plain(text: str) -> str:
    """Return the address in its usual form, without port and brackets; `UNKNOWN` if it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return UNKNOWN
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def _network(place: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(place)
    except ValueError as error:
        raise BadProxy(
            "%r is not the address of a proxy: an address such as 192.0.2.7, or a network such as 192.0.2.0/24,"
            " is expected (%s)" % (place, error)
        ) from None

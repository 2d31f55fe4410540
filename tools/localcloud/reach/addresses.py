"""Where a running cloud is reached: by programs on this machine, boards, browsers, pages of other origins."""

from pathlib import Path
from typing import Any, Sequence

from ..web import docs, token
from ..workers.address import Address
from . import open_to_whom, origins
from .ports import ANY, HOST, WEB


class Addresses:
    """The addresses of a cloud whose ports are known. `names` may change while it runs."""

    def __init__(
        self, ports: dict[str, int], address: str, names: tuple[str, ...], data: Path, broker: Address | None
    ) -> None:
        """Take the ports by listener, the encrypted listeners' address, this machine's names, and a shared broker."""
        self.ports = ports
        self.names = names
        self._address = address
        self._data = data
        self._broker = broker

    @property
    def http(self) -> str:
        """The address of HTTP, on this machine."""
        return "http://%s:%d" % (HOST, self.ports["http"])

    @property
    def https(self) -> str:
        """The address of HTTPS, from this machine."""
        return self._https_at(HOST if self._address == ANY else self._address)

    @property
    def https_for_boards(self) -> str:
        """The address from which boards download their updates."""
        return self._https_at((*self.names, HOST)[0])

    def pages(self, code: str) -> list[str]:
        """Return the page's addresses with a code: on this machine, and for others."""
        return ["%s/?code=%s" % (base, code) for base in (self.http, *map(self._https_at, self.names))]

    def origins(self) -> tuple[str, ...]:
        """Return the origins of the pages of this cloud itself."""
        plain, encrypted = ([self.ports[name] for name in names] for names in (("http", "ws"), ("https", "wss")))
        return tuple(origins.of_this_cloud(plain, encrypted, self.names))

    def at_broker(self) -> dict[str, Any]:
        """Return the description of a shared broker, empty without one. Raises `workers.address.BadBroker`."""
        if self._broker is None:
            return {}
        from ..workers import listeners

        return {"broker": str(self._broker), **listeners.described(self._data, self._broker)}

    def description(self) -> dict[str, Any]:
        """Return what clients and people need to know of it, ready for JSON."""
        return {
            "host": HOST,
            "reached_at": list(self.names),
            **self.at_broker(),
            **{name + "_port": port for name, port in self.ports.items() if name not in WEB},
            "http": self.http,
            "https": self.https,
            "token_url": self.http + token.PATH,
            "https_token_url": self.https + token.PATH,
            "docs": self.http + docs.PATH,
            "listeners": self._listeners(),
        }

    def _https_at(self, host: str) -> str:
        return "https://%s:%d" % (host, self.ports["https"])

    def _listeners(self) -> Sequence[dict[str, Any]]:
        """Return what is open to whom: here, and at a broker that `broker-config` has set up."""
        here = open_to_whom.listeners(self.ports, self._address)
        if self._broker is None:
            return here
        from ..workers import listeners

        return [*here, *listeners.open_to_whom(self._data, self._broker)]

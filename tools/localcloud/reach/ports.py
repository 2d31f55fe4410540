"""The ports of a local cloud: fixed ones by default or free ones on demand, and on loopback by default."""

import socket
from contextlib import suppress
from dataclasses import dataclass, fields

HOST = "127.0.0.1"
ANY = "0.0.0.0"
LOOPBACK_NAMES = (HOST, "localhost", "[::1]")
ENCRYPTED = ("mqtts", "mtls", "wss", "https")
"""The listeners that other machines may reach. All others stay on loopback."""
WEB = ("http", "https")
_BACKLOG = 4096


class PortBusy(OSError):
    """A port cannot be used. `str()` says which, and what to do."""


def names_of(address: str) -> tuple[str, ...]:
    """Return the addresses, then the names, at which other machines reach a listener on this address."""
    if address == HOST:
        return ()
    if address != ANY:
        return (address,)
    name = socket.gethostname()
    found = {_outgoing(): None}  # the likeliest one comes first
    with suppress(OSError):
        found.update({str(info[4][0]): None for info in socket.getaddrinfo(name, None, socket.AF_INET)})
    return (*(each for each in found if each and not each.startswith("127.")), name)


def _outgoing() -> str:
    """Return this machine's address in the network with the default route, or "" without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with suppress(OSError):
            sock.connect(("192.0.2.1", 9))  # a datagram socket sends nothing here
            return str(sock.getsockname()[0])
    return ""


@dataclass(frozen=True)
class Ports:
    """Port numbers; 0 stands for any free one."""

    mqtt: int = 18830
    mqtts: int = 18884
    mtls: int = 18885
    ws: int = 18080
    wss: int = 18443
    http: int = 18000
    https: int = 18444

    @classmethod
    def free(cls) -> "Ports":
        """Let the system choose every port."""
        return cls(*[0] * len(fields(cls)))


def bind_all(
    ports: Ports, address: str = HOST, names: tuple[str, ...] | None = None
) -> dict[str, socket.socket]:
    """Bind all ports (or those in `names`) or none, and return the sockets by the names in `Ports`.

    Encrypted listeners are bound to `address`, all others to loopback. Raises PortBusy.
    """
    sockets: dict[str, socket.socket] = {}
    try:
        for name in names or [field.name for field in fields(Ports)]:
            sockets[name] = _bind(name, getattr(ports, name), address if name in ENCRYPTED else HOST)
    except BaseException:
        for sock in sockets.values():
            sock.close()
        raise
    return sockets


def _bind(name: str, port: int, address: str) -> socket.socket:
    # The protocol is given because asyncio sets TCP_NODELAY only then. Otherwise every other small
    # packet would wait 40 ms for an acknowledgement.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Use ports again that the last run left in TIME_WAIT, but not those of a running listener.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise PortBusy(
            "port %d (%s) cannot be used: %s; choose another with --%s-port, or use free ones with --ephemeral"
            % (port, name, error.strerror, name)
        ) from None
    return sock

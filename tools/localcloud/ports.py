"""The ports of a local cloud: fixed ones by default, free ones on demand; loopback unless told otherwise."""

import socket
from contextlib import suppress
from dataclasses import dataclass, fields

HOST = "127.0.0.1"
ANY = "0.0.0.0"
ENCRYPTED = ("mqtts", "mtls", "wss", "https")
"""The listeners that may be reached from other machines: all others stay on loopback."""
WEB = ("http", "https")
_BACKLOG = 512


class PortBusy(OSError):
    """A port is taken; `str()` says which and what to do."""


def names_of(address: str) -> tuple[str, ...]:
    """Return the addresses, and then the names, under which other machines reach a listener at this address."""
    if address == HOST:
        return ()
    if address != ANY:
        return (address,)
    name = socket.gethostname()
    found = {_outgoing(): None}  # the first is the likeliest
    with suppress(OSError):
        found.update({str(info[4][0]): None for info in socket.getaddrinfo(name, None, socket.AF_INET)})
    return (*(each for each in found if each and not each.startswith("127.")), name)


def _outgoing() -> str:
    """Return the address of this machine in the network that leads out of it, or "" if there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with suppress(OSError):
            sock.connect(("192.0.2.1", 9))  # a datagram socket sends nothing for it
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
    """Bind every port (or those of the `names`), or none; returns sockets by the names of `Ports`.

    What is encrypted is bound to `address`, what is not to loopback, always.
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
    # The protocol is named because asyncio sets TCP_NODELAY only where it is: without, every other
    # small packet waits 40 ms for an acknowledgement.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Ports in TIME_WAIT of the run before may be taken again; a living listener's may not.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise PortBusy(
            "port %d (%s) cannot be used: %s; choose another with --%s-port or free ones with --ephemeral"
            % (port, name, error.strerror, name)
        ) from None
    return sock

"""The certificate that the broker shows, to warn before it ends."""

import asyncio
import socket
import ssl
from pathlib import Path

from cryptography import x509

from ..reach.ports import ANY, HOST
from . import listeners
from .address import Address

_TIMEOUT_S = 5.0


async def shown(data: Path, broker: Address) -> x509.Certificate | None:
    """Return the certificate of the broker's listener with TLS, or None if it is not known or not reached."""
    try:
        about = listeners.described(data, broker)
        if "mqtts_port" not in about:
            return None
        host = HOST if about["mqtts_host"] == ANY else about["mqtts_host"]
        return await asyncio.to_thread(_fetch, host, about["mqtts_port"])
    except (OSError, ValueError):
        return None  # a broker that cannot be reached is reported by the connection to it


def _fetch(host: str, port: int) -> x509.Certificate | None:
    # Nothing is sent: it does not matter whether the certificate can be trusted, only when it ends.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((host, port), _TIMEOUT_S) as connection:
        with context.wrap_socket(connection, server_hostname=host) as tls:
            der = tls.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der) if der else None

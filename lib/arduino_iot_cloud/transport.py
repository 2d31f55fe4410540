"""Opening a stream to a server: TLS, or plain TCP.

Temporary: `loop.connecting` and `http.client` import it; the former unloads it afterwards.
"""

from .port import MICROPYTHON, const

_SHARED_MS = const(10000)  # for all addresses of a name except the last, together


async def open_stream(host: str, port: int, context, args: dict):
    """Open a connection to `port` of `host`. Returns a `stream.Stream`. Raises OSError or ValueError.

    `context` is the result of `trust.context`; `args` are the ssl_params. The addresses of the name are tried one after
    the other; all but the last are tried for 10 s together. On MicroPython the TLS handshake is done while the first
    bytes are sent or received; no data leaves before it is complete.
    """
    name = context and (args.get("server_hostname") or host)
    addresses = await getaddrinfo(host, port)
    if len(addresses) > 1:
        from asyncio import TimeoutError, wait_for
    for one in addresses[:-1]:
        try:
            return await wait_for(connect(one, context, name), _SHARED_MS / 1000 / len(addresses))
        except (OSError, TimeoutError):
            pass
    return await connect(addresses[-1], context, name)


if MICROPYTHON:

    async def getaddrinfo(host, port):
        """Return the addresses of a name."""
        import socket

        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)

    async def connect(addr, context, name):
        """Connect to an address; with TLS if there is a `context`, which verifies the server's `name`."""
        import socket

        from .stream import Stream, writable

        beneath = stream = socket.socket(addr[0], addr[1], addr[2])
        try:
            stream.setblocking(False)
            try:
                stream.setsockopt(6, 1, 1)  # TCP_NODELAY, if the port has it
            except (OSError, ValueError, AttributeError):
                pass
            try:
                stream.connect(addr[-1])
            except OSError as error:
                if error.errno not in (115, 119):  # EINPROGRESS
                    raise
            await writable(Stream(stream))
            stream.send(b"")  # raises the error of a failed connection, on some ports
            if context:
                stream = context.wrap_socket(stream, server_hostname=name, do_handshake_on_connect=False)
                stream.setblocking(False)
            return Stream(stream, context and beneath)
        except BaseException:
            stream.close()
            raise

else:
    from .cpython import connect, getaddrinfo  # noqa: F401

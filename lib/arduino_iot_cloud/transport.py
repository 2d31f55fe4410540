"""Open the stream to the server: TLS, or plain TCP.

Comes and goes: `connecting` and `http` enter it, and unload it after that.
"""

from .port import MICROPYTHON, const

_SHARED_MS = const(10000)  # for all addresses of a name but the last, together


async def open_stream(host: str, port: int, context, args: dict):
    """Open a connection to `port` of `host`. Returns a `stream.Stream`. Raises OSError or ValueError.

    `context` is what `trust.context` returned; `args` are the ssl_params. The addresses that the name has are tried
    one after the other, all but the last within 10 s. On MicroPython the TLS handshake is done while the first bytes
    are sent or received; none of ours leaves before it.
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
        """The addresses of a name."""
        import socket

        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)

    async def connect(addr, context, name):
        """Connect to one of them, with TLS if there is a `context`, which verifies the server's `name`."""
        import socket

        from .stream import Stream, writable

        beneath = stream = socket.socket(addr[0], addr[1], addr[2])
        try:
            stream.setblocking(False)
            try:
                stream.setsockopt(6, 1, 1)  # TCP_NODELAY, where the port has it
            except (OSError, ValueError, AttributeError):
                pass
            try:
                stream.connect(addr[-1])
            except OSError as error:
                if error.errno not in (115, 119):  # EINPROGRESS
                    raise
            await writable(Stream(stream))
            stream.send(b"")  # raises what became of the connection, on ports that tell
            if context:
                stream = context.wrap_socket(stream, server_hostname=name, do_handshake_on_connect=False)
                stream.setblocking(False)
            return Stream(stream, context and beneath)
        except BaseException:
            stream.close()
            raise

else:
    from .cpython import connect, getaddrinfo  # noqa: F401

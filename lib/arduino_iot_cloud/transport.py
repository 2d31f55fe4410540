"""Open the stream to the server: TLS, or plain TCP.

Comes and goes: `connecting` and `http` enter it, and unload it after that.
"""

from .port import MICROPYTHON, const

_SHARED_MS = const(10000)  # for all addresses of a name but the last, together


async def open_stream(host: str, port: int, context, params: dict):
    """Open a connection to `port` of `host`. Returns a `stream.Stream`. Raises OSError or ValueError.

    `context` is what `trust.context` returned; `params` are the ssl_params. The addresses that the name has are tried
    one after the other, all but the last within 10 s. On MicroPython the TLS handshake is done while the first bytes
    are sent or received; none of ours leaves before it.
    """
    name = context and (params.get("server_hostname") or host)
    addresses = await _look_up(host, port)
    for address in addresses[:-1]:
        stream = await _try(address, context, name, _SHARED_MS / 1000 / len(addresses))
        if stream:
            return stream
    return await _connect(addresses[-1], context, name)


async def _try(address, context, name, seconds):
    # As `_connect`; None where that fails or takes too long.
    from asyncio import TimeoutError, wait_for

    try:
        return await wait_for(_connect(address, context, name), seconds)
    except (OSError, TimeoutError):
        return None


if MICROPYTHON:

    async def _look_up(host, port):
        import socket

        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)

    async def _connect(address, context, name):
        import socket

        from .stream import Stream, writable

        beneath = stream = socket.socket(address[0], address[1], address[2])
        try:
            stream.setblocking(False)
            try:
                stream.setsockopt(6, 1, 1)  # TCP_NODELAY, where the port has it
            except (OSError, ValueError, AttributeError):
                pass
            try:
                stream.connect(address[-1])
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
    from .cpython import connect as _connect
    from .cpython import look_up as _look_up

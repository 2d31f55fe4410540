"""Open the stream to the server: TLS, or plain TCP."""

from .port import MICROPYTHON

if MICROPYTHON:

    async def open_stream(host: str, port: int, context, params: dict):
        """Open a connection to `port` of `host`. Returns a `stream.Stream`. Raises OSError or ValueError.

        `context` is what `trust.context` returned; `params` are the ssl_params. The TLS
        handshake is done while the first bytes are sent or received; none of ours leaves before it.
        """
        import socket
        from asyncio import core

        from .stream import Stream

        address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        stream = socket.socket(address[0], address[1], address[2])
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
            await _writable(stream, core)
            if context:
                stream = context.wrap_socket(
                    stream, server_hostname=params.get("server_hostname") or host, do_handshake_on_connect=False
                )
                stream.setblocking(False)
        except BaseException:
            stream.close()
            raise
        return Stream(stream)

    def _writable(stream, core):
        yield core._io_queue.queue_write(stream)

else:
    from .cpython import open_stream  # noqa: F401

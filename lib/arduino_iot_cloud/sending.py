"""Sending for HTTP and WebSocket, which do not send MQTT packets."""

from .port import MICROPYTHON

if MICROPYTHON:
    from .stream import writable

    async def send(stream, data):
        """Write all of `data`."""
        while data:
            await writable(stream)
            data = data[stream.write(data) or 0 :]

else:
    from .cpython import send  # noqa: F401

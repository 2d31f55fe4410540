"""To send all of something that is no MQTT packet. Imported for HTTP and WebSocket."""

from .port import MICROPYTHON

if MICROPYTHON:
    from .stream import writable

    async def send(stream, data):
        """To be awaited: writes all of `data`."""
        while data:
            await writable(stream)
            data = data[stream.write(data) or 0 :]

else:
    from .cpython import send  # noqa: F401

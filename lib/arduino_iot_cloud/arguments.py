"""The checks of ArduinoCloudClient's arguments, let go of after the construction."""

from .port import log


def check(device_id, username, password, ssl_params, keepalive, discovery, buffer):
    """Raise TypeError or ValueError that names the argument, what it should be, and what was given."""
    if not isinstance(device_id, (str, bytes)) or not device_id:
        raise TypeError("device_id is the device's UUID as text, not %r" % (device_id,))
    for name, text in (("username", username), ("password", password)):
        if text is not None and not isinstance(text, (str, bytes)):
            raise TypeError("%s is text, not %s" % (name, type(text).__name__))
    if password is not None and username is None:
        raise ValueError("a password goes with a username: the device id")
    if ssl_params is not None and not isinstance(ssl_params, dict):
        raise TypeError("ssl_params is a dict, or None for plain TCP, not %s" % type(ssl_params).__name__)
    if not isinstance(keepalive, int) or not 0 <= keepalive <= 65535:
        raise ValueError("keepalive is a number of seconds from 0 to 65535, not %r" % (keepalive,))
    if not isinstance(buffer, int) or not 128 <= buffer <= 16383:
        raise ValueError("buffer is a number of bytes from 128 to 16383, not %r" % (buffer,))
    if discovery not in ("both", "command", "legacy"):
        raise ValueError("discovery is 'both', 'command' or 'legacy', not %r" % (discovery,))
    if ssl_params is None:
        log(30, "ssl_params=None: the connection is neither encrypted nor verified")

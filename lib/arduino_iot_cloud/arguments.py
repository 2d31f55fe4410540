"""Checks of the arguments that a program passes.

Temporary: a function that needs it imports it, and may unload it again, as the client does. A coroutine must not.
"""

from .port import const, log

_LONGEST_S = const(315360000)  # ten years, as in `policy_arguments`


def number(name: str, value, start, end, what: str = "a number of seconds", type=(int, float)):
    """Raise TypeError unless `value` is a number of this `type` (a bool is not), ValueError unless it is from `start`
    to `end`.

    The message names the argument, `what` it should be, and the value that was given.
    """
    stranger = isinstance(value, bool) or not isinstance(value, type)
    if stranger or not start <= value <= end:  # true for NaN, too
        error = TypeError if stranger else ValueError
        raise error("%s is %s from %s to %s, not %r" % (name, what, start, end, value))


def function(name: str, value):
    """Raise TypeError unless `value` is callable or None."""
    if value is not None and not callable(value):
        raise TypeError("%s is a function, not %r" % (name, value))


def pauses(interval, backoff):
    """Check the arguments of `run` and `start`."""
    number("interval", interval, 0.01, 86400)
    number("backoff", backoff, 1, 100, "a multiplier")


def check(
    device_id, username, password, ssl_params, keepalive, discovery, buffer, transport, sync_mode, server, port,
    ntp_server, ntp_timeout
):  # fmt: skip
    """Check the arguments of ArduinoCloudClient. Raise a TypeError or ValueError that names the argument, what it
    should be, and the value that was given."""
    if not isinstance(device_id, (str, bytes)) or not device_id:
        raise TypeError("device_id is the device's UUID as text, not %r" % (device_id,))
    text("username", username)
    text("password", password)
    if password is not None and username is None:
        raise ValueError("a password needs a username: the device id")
    link(server, port, keepalive, buffer, ssl_params)
    host("ntp_server", ntp_server)
    number("ntp_timeout", ntp_timeout, 0.1, 60)
    if discovery not in ("both", "command", "legacy"):
        raise ValueError("discovery is 'both', 'command' or 'legacy', not %r" % (discovery,))
    if transport not in ("tcp", "websocket"):
        raise ValueError("transport is 'tcp' or 'websocket', not %r" % (transport,))
    if sync_mode and transport == "websocket":
        raise ValueError("transport='websocket' needs sync_mode=False")


def host(name: str, value):
    """Raise TypeError or ValueError unless `value` is "name" or "name:port"."""
    if isinstance(value, str):
        server, colon, port = value.partition(":")
        if server and (not colon or port.isdigit() and 0 < int(port) < 65536):
            return
    raise (ValueError if isinstance(value, str) else TypeError)("%s is 'name' or 'name:port', not %r" % (name, value))


def text(name: str, value):
    """Raise TypeError unless `value` is a str, bytes or None. The message does not show it: it may be secret."""
    if value is not None and not isinstance(value, (str, bytes)):
        raise TypeError("%s is text, not %s" % (name, type(value).__name__))


def link(server, port, keepalive, buffer, ssl_params):
    """Check the arguments that devices and users have in common; `server` and `port` are None for the cloud's own."""
    if server is not None and (not isinstance(server, str) or not server or "/" in server or server.count(":") == 1):
        raise (ValueError if isinstance(server, str) else TypeError)(
            "server is a host's name or address, without a scheme or a port, not %r" % (server,)
        )
    if port is not None:
        number("port", port, 1, 65535, "a whole number", int)
    number("keepalive", keepalive, 0, 65535, "a whole number of seconds", int)
    number("buffer", buffer, 128, 16383, "a number of bytes", int)
    if ssl_params is None:
        log(30, "ssl_params=None: the connection is neither encrypted nor verified")
    elif not isinstance(ssl_params, dict):
        raise TypeError("ssl_params is a dict, or None for plain TCP, not %s" % type(ssl_params).__name__)


def refuse_mode(async_mode: bool):
    """Raise RuntimeError for a call that belongs to the other mode: async if `async_mode`, else sync."""
    raise RuntimeError(
        "this needs sync_mode=False: in sync mode the program calls update()"
        if async_mode
        else "update() needs sync_mode=True: in async mode the client runs by itself"
    )


def property(p):
    """Check the name, the callbacks and the interval of a variable or task."""
    name = p.name
    if not isinstance(name, str):
        raise TypeError("a name is text, not %r" % (name,))
    if not name:
        raise ValueError("a name has at least one character, not %r" % name)
    if ":" in name:
        raise ValueError("'%s' cannot be a name: the ':' separates a variable from its attribute" % name)
    function("'%s': on_read" % name, p.on_read)
    function("'%s': on_write" % name, p.on_write)
    function("'%s': on_run" % name, p.on_run)
    number("'%s': interval" % name, p.interval, 0, _LONGEST_S)
    if p.backoff is not None:
        number("'%s': backoff" % name, p.backoff, 1, 100, "a multiplier")

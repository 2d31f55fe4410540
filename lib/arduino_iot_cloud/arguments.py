"""What ArduinoCloudClient does with its arguments, and with what is registered; let go of at the start."""

import arduino_iot_cloud as package

from .port import log, ticks_ms
from .property import ArduinoCloudObject


def check(device_id, username, password, ssl_params, keepalive, discovery, buffer, transport, sync_mode):
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
    if transport not in ("tcp", "websocket"):
        raise ValueError("transport is 'tcp' or 'websocket', not %r" % (transport,))
    if sync_mode and transport == "websocket":
        raise ValueError("transport='websocket' needs sync_mode=False")
    if ssl_params is None:
        log(30, "ssl_params=None: the connection is neither encrypted nor verified")


def register(client, aiotobj, coro, kwargs: dict):
    """What `ArduinoCloudClient.register` does."""
    if isinstance(aiotobj, str):
        if coro is not None:
            kwargs["on_run"] = coro
        if "keys" in kwargs:
            from . import ucloud  # noqa: F401 -- which has the next line take them
        aiotobj = ArduinoCloudObject(aiotobj, **kwargs)
    elif not isinstance(aiotobj, ArduinoCloudObject):
        raise TypeError("register takes a name or a cloud object, not %s" % type(aiotobj).__name__)
    elif kwargs:
        # As there: the official client drops them without a word
        log(30, "'%s' is made already: beside it, %s has no effect" % (aiotobj.name, ", ".join(kwargs)))
    kind = type(aiotobj)
    if kind is not ArduinoCloudObject and package.__dict__.get(kind.__name__) is not kind:  # no class of ours
        from .derived import check

        check(aiotobj.name, kind)
    client.check(aiotobj.name, aiotobj.value)
    aiotobj.client = client
    client.records[aiotobj.name] = aiotobj
    client.runnable = [one for one in client.runnable if one.name != aiotobj.name]
    if aiotobj.policy:
        aiotobj.policy.registered(client)
    if aiotobj.on_run or aiotobj.on_read:
        aiotobj.due = ticks_ms()
        client.runnable.append(aiotobj)
        if client.driver:
            client.driver.schedule()
    client.wake()


def refuse_mode(async_mode: bool):
    """Raise RuntimeError: what needs asyncio, or the opposite, was called in the other mode."""
    raise RuntimeError(
        "this needs sync_mode=False: in sync mode the program calls update()"
        if async_mode
        else "update() needs sync_mode=True: in async mode the client runs by itself"
    )

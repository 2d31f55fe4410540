"""The code of `ArduinoCloudClient.register`.

Temporary: the client imports it, and unloads it when it begins to run; after that, at the end of each call.
"""

from .port import forget, log, ticks_ms
from .property import ArduinoCloudObject


def register(client, aiotobj, coro, args: dict):
    """Do what `ArduinoCloudClient.register` does."""
    import arduino_iot_cloud as package

    if isinstance(aiotobj, str):
        if coro is not None:
            args["on_run"] = coro
        if "keys" in args:
            from .property import attributes  # noqa: F401 -- so that the next line accepts keys=
        aiotobj = ArduinoCloudObject(aiotobj, **args)
    elif not isinstance(aiotobj, ArduinoCloudObject):
        raise TypeError("register takes a name or a cloud object, not %s" % type(aiotobj).__name__)
    elif args:
        # The official client ignores them, too, but silently.
        log(30, "'%s' is already an object: %s has no effect" % (aiotobj.name, str(list(args))[1:-1]))
    p = aiotobj
    kind = type(p)
    if kind is not ArduinoCloudObject and package.__dict__.get(kind.__name__) is not kind:  # not a class of the package
        from .property.derived import check

        check(p.name, kind)
    if not plain(p):
        from .arguments import property

        property(p)
        del property
        forget("arguments")
    client.check(p.name, p.value)
    p.client = client
    client.records[p.name] = p
    client.runnable = [one for one in client.runnable if one.name != p.name]
    if p.policy:
        p.policy.register(client)
    if p.on_run or p.on_read:
        p.due = ticks_ms()
        client.runnable.append(p)
        if client.driver:
            client.driver.schedule()
    if client.driver and not p.initialized:
        if p.on_write or not p.on_run or isinstance(p.value, dict):  # a task needs none
            from .session import zone

            zone.refresh(client.driver.session, ticks_ms())
    client.wake()


def plain(p) -> bool:
    """Return whether a variable or a task is obviously correct. If not, `arguments` checks it."""
    for callback in (p.on_read, p.on_write, p.on_run):
        if callback is not None and not callable(callback):
            return False
    name = p.name
    if not isinstance(name, str) or not name or ":" in name:
        return False
    return type(p.interval) in (int, float) and 0 <= p.interval <= 86400 and p.backoff is None

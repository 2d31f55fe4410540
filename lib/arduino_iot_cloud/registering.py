"""What `ArduinoCloudClient.register` does; let go of at the start. A later call brings it back."""


def register(client, aiotobj, coro, kwargs: dict):
    """What `ArduinoCloudClient.register` does."""
    import arduino_iot_cloud as package

    from .port import ticks_ms
    from .property import ArduinoCloudObject

    if isinstance(aiotobj, str):
        if coro is not None:
            kwargs["on_run"] = coro
        if "keys" in kwargs:
            from . import ucloud  # noqa: F401 -- which has the next line take them
        aiotobj = ArduinoCloudObject(aiotobj, **kwargs)
    elif not isinstance(aiotobj, ArduinoCloudObject):
        raise TypeError("register takes a name or a cloud object, not %s" % type(aiotobj).__name__)
    elif kwargs:
        from .port import log

        # As there: the official client drops them without a word
        log(30, "'%s' is made already: beside it, %s has no effect" % (aiotobj.name, ", ".join(kwargs)))
    kind = type(aiotobj)
    if kind is not ArduinoCloudObject and package.__dict__.get(kind.__name__) is not kind:  # no class of ours
        from .derived import check

        check(aiotobj.name, kind)
    if not _plain(aiotobj):
        from .arguments import check_object
        from .port import forget

        check_object(aiotobj)
        del check_object
        forget("arguments")
    client.check(aiotobj.name, aiotobj.value)
    p = aiotobj
    p.client = client
    client.records[p.name] = p
    client.runnable = [one for one in client.runnable if one.name != p.name]
    if p.policy:
        p.policy.registered(client)
    if p.on_run or p.on_read:
        p.due = ticks_ms()
        client.runnable.append(p)
        if client.driver:
            client.driver.schedule()
    if client.driver and not p.initialized:
        if p.on_write or not p.on_run or isinstance(p.value, dict):  # a task wants none
            client.driver.session.refresh(ticks_ms())
    client.wake()


def _plain(p):
    # Whether it is right at the first look. What is not, or is rare, `arguments` looks at.
    for callback in (p.on_read, p.on_write, p.on_run):
        if callback is not None and not callable(callback):
            return False
    name = p.name
    if not isinstance(name, str) or not name or ":" in name:
        return False
    return type(p.interval) in (int, float) and 0 <= p.interval <= 86400 and p.backoff is None

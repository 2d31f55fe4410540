"""Methods and attributes of ArduinoCloudClient that not every program uses. Imported when one of them is used.

Each function here becomes a method of that name, whose `self` is `client`.
"""

import asyncio

from .port import forget, ticks_add, ticks_diff, ticks_ms, timestamp
from .stream import event_loop


def add(cls, client, name: str):
    """Add all of these methods to the class. Returns the client's attribute `name`; raises AttributeError if none."""
    for method in (flush, wait_synced, stats, on, push, inlet, update_systime, sync_time, local_time, net_config):
        setattr(cls, method.__name__, method)
    cls.connected = property(connected)
    cls.thing_id = property(thing_id)
    if not hasattr(cls, name):
        raise AttributeError("'ArduinoCloudClient' object has no attribute '%s'" % name)
    return getattr(client, name)


def connected(client) -> bool:
    """An attribute: whether values now go to the cloud and come from it."""
    return client.state == "Connected"


def thing_id(client):
    """An attribute: the id of the thing that the cloud attached this device to (str), or None."""
    return client["thing_id"]


def _seconds(value, low, high):
    # Imported only to raise the error.
    if type(value) not in (int, float) or not low <= value <= high:
        from .arguments import number

        number("timeout", value, low, high)


async def _until(client, condition, timeout):
    _seconds(timeout, 0, 500000)  # less than half the period of the ticks
    driver = client._run(True)
    event = driver.acknowledged
    if event is None or event.loop is not event_loop():
        event = driver.acknowledged = asyncio.Event()
        event.users = 0
        event.loop = event_loop()
    event.users += 1
    end = ticks_add(ticks_ms(), int(timeout * 1000))
    try:
        while not condition(driver):
            left = ticks_diff(end, ticks_ms())
            if left <= 0:
                return False
            event.clear()
            try:
                await asyncio.wait_for(event.wait(), left / 1000)
            except asyncio.TimeoutError:
                pass
        return True
    finally:
        event.users -= 1
        if not event.users and driver.acknowledged is event:
            driver.acknowledged = None


def _clean(driver):
    if driver.mqtt.unacked:
        return False
    now = ticks_ms()
    for p in driver.client.records.values():
        if p.changed or p.policy and p.policy.pending(now):
            return False
    return True


async def flush(client, timeout: float = 10.0) -> bool:
    """Wait until the cloud has acknowledged every changed value.

    Returns whether it has within `timeout` seconds (0 to 500000)."""
    return await _until(client, _clean, timeout)


async def wait_synced(client, timeout: float = 30.0) -> bool:
    """Wait until the last values have arrived on this connection.

    Returns whether they have within `timeout` seconds (0 to 500000)."""
    return await _until(client, lambda driver: driver.session.state == "Connected", timeout)


def stats(client) -> dict:
    """Return counts since the start, a dict of int by name: "connections"; "published" and "received" messages;
    "dropped" messages or records; "faults", exceptions from the handling of packets; "lost" samples of histories."""
    driver = client.driver
    names = ("connections", "published", "received", "faults")
    counts = {name: getattr(driver, name) if driver else 0 for name in names}
    counts["dropped"] = driver.session.dropped if driver else 0
    counts["lost"] = sum([p.policy.lost for p in client.records.values() if p.policy])
    return counts


def on(client, event: str, callback):
    """Call `callback(client)` at an event: "connect" (a thing is attached), "sync" (the last values have arrived),
    "disconnect" (the thing or the link is gone). It may be a coroutine function.

    Each event has one callback; None removes it. Raises ValueError for another event, TypeError for another callback.
    """
    if event not in ("connect", "sync", "disconnect"):
        raise ValueError("events are 'connect', 'sync' and 'disconnect', not %r" % (event,))
    if callback is not None and not callable(callback):
        from .arguments import function

        function("the callback of '%s'" % event, callback)
    from .property import ArduinoCloudObject

    if not client.events:
        client.events = {}
    client.events[event] = ArduinoCloudObject("on " + event, on_run=callback)


def push(client, name: "str | None" = None):
    """Publish a variable with `publish="demand"`, or all such variables. Raises KeyError for an unknown name."""
    for p in client.records.values() if name is None else (client.records[name],):
        if p.policy:
            p.policy.push()
    client.wake()


def inlet(client, name: str):
    """Return an object that sets a variable from an interrupt handler or another thread: see `inlet.Inlet`.

    Call this in the program itself, then call the object's `set(value)` anywhere. Needs `sync_mode=False`.
    """
    from .inlet import Inlet

    made = Inlet(client.records[name])
    client.register("inlet of " + name, on_run=lambda client, args: made.run(), interval=0)
    return made


def update_systime(client, server: "str | None" = None, timeout: "float | None" = None):
    """Set the clock from an NTP server ("name" or "name:port"). Blocks for at most `timeout` seconds (0.1 to 60), plus
    the look-up of the name; `sync_time` does not block."""
    from .network_time import set_clock

    set_clock(*_question(client, server, timeout))


def sync_time(client, server: "str | None" = None, timeout: "float | None" = None):
    """Set the clock from an NTP server without blocking. Await it. Returns whether it succeeded (bool).

    Takes the arguments of `update_systime`."""
    from .network_time import sync_time

    return sync_time(*_question(client, server, timeout))


def _question(client, server, timeout):
    if timeout is None:
        timeout = client.ntp_timeout
    else:
        _seconds(timeout, 0.1, 60)
    if server is None:
        return client.ntp_server, timeout
    _check_server(server)
    return server, timeout


def _check_server(server):
    from .arguments import host

    host("server", server)
    del host
    forget("arguments")


def net_config(client, kind: str, *params):
    """Tell the cloud how this device is connected: see `announcing.net_config`."""
    from .session.announcing import net_config

    net_config(client, kind, *params)


def local_time(client):
    """Return the time in the thing's zone, in seconds like Unix time; 0 while the clock or the zone is unknown."""
    session = client.driver and client.driver.session
    now = timestamp()
    return now + session.tz_offset if now and session and session.tz_dst_until else 0

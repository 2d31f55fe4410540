"""A school class on Arduino Cloud: thirty devices and things, a dashboard for all, and the last week's temperatures.

    python3 classroom.py [URL [ROOT]]

URL is the address of a local cloud (or set IOT_API_URL), ROOT its root certificate (or set IOT_API_ROOT); without
them the program uses Arduino Cloud itself. It makes only what is missing: run it again if it was interrupted, or to
see the temperatures. A device without a thing that has a desk's name becomes that desk's, and gets a new secret unless
desks.csv has its secret.
The devices' secret keys are written to desks.csv, since the cloud never shows them again.
"""

import asyncio
import gc
import os
import sys
from binascii import hexlify

from arduino_cloud_api import CloudAPI
from arduino_cloud_api.times import now, text
from secrets import CLIENT_ID, CLIENT_SECRET

DESKS = 30
CLASS = {"key": "class", "value": "physics"}
DASHBOARD = "physics"
VARIABLES = [
    {"name": "temperature", "type": "FLOAT", "permission": "READ_ONLY", "update_strategy": "ON_CHANGE"},
    {"name": "lamp", "type": "STATUS", "permission": "READ_WRITE", "update_strategy": "ON_CHANGE"},
]


def setting(place, name):
    """Return the command-line argument at that place, else the environment variable, else None."""
    if len(sys.argv) > place:
        return sys.argv[place]
    return os.getenv(name) if hasattr(os, "getenv") else None


def new_id():
    """Return a random id (UUID), which a new widget of a dashboard needs."""
    digits = hexlify(os.urandom(16)).decode()
    return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], "8" + digits[17:20], digits[20:]))


def kept():
    """Return the secret keys in desks.csv, by the ids of the devices."""
    try:
        with open("desks.csv") as file:
            lines = [line.strip().split(",") for line in file]
    except OSError:
        return {}
    return {device_id: secret for _, device_id, secret in lines}


async def equip(api, name, device_id, secret):
    """Make the missing parts of a desk: device, secret and thing. Returns the ids of the variables.

    The thing is made last, so a desk that has one is complete.
    """
    if device_id is None:
        device_id = (await api.devices.create({"name": name, "type": "login_and_secretkey_wifi"}))["id"]
    if secret is None:
        secret = (await api.devices.pass_get(device_id, suggested_password=True))["suggested_password"]
        with open("desks.csv", "a") as file:  # before the cloud gets it, which never shows it again
            file.write("%s,%s,%s\n" % (name, device_id, secret))
    await api.devices.pass_set(device_id, {"password": secret})
    thing = await api.things.create({"name": name, "device_id": device_id, "properties": VARIABLES, "tags": [CLASS]})
    return ids_of(thing)


def ids_of(thing):
    """Return the ids of a thing's variables, by their names."""
    gc.collect()  # so that these ids lie close together in a board's memory
    return {variable["name"]: variable["id"] for variable in thing["properties"]}


def widgets(desks):
    """Yield a gauge and a switch for each desk, five desks in a row."""
    for i, (name, ids) in enumerate(sorted(desks.items())):
        for kind, variable, below in (("Gauge", "temperature", 0), ("Switch", "lamp", 4)):
            place = {"x": i % 5 * 4, "y": i // 5 * 7 + below, "width": 4, "height": 4 if kind == "Gauge" else 3}
            yield dict(place, id=new_id(), type=kind, name=name, options={}, variables=[ids[variable]])


async def find(items, name):
    """Return the id of the item with this name, or None."""
    found = None
    async for item in items:
        if item["name"] == name:
            found = item["id"]
    return found


async def put_up(api, desks):
    """Make the dashboard, or arrange it again if a desk is missing."""
    dashboard_id = await find(api.dashboards.list(name=DASHBOARD), DASHBOARD)
    if dashboard_id is None:
        await api.dashboards.create({"name": DASHBOARD, "widgets": list(widgets(desks))})
        return
    shown = (await api.dashboards.show(dashboard_id)).get("widgets") or []
    there = [variable["id"] for widget in shown for variable in widget.get("variables") or []]
    if [each for ids in desks.values() for each in ids.values() if each not in there]:
        await api.dashboards.patch(dashboard_id, {"widgets": list(widgets(desks))})


async def report(api, desks):
    """Print the range of each desk's hourly means in the last seven days."""
    begin, end = text(now() - 7 * 86400), text(now())
    for name in sorted(desks):
        query = {"q": "property." + desks[name]["temperature"], "from": begin, "to": end, "interval": 3600}
        hours, low, high = 0, None, None
        async for _, _, value in api.series.batch_query({"requests": [query], "resp_version": 1}):
            hours += 1
            low = value if low is None or value < low else low
            high = value if high is None or value > high else high
        print("%s: %s" % (name, "%d hours, %.1f to %.1f °C" % (hours, low, high) if hours else "no values yet"))


async def main():
    """Make what is missing, then report."""
    url, root = setting(1, "IOT_API_URL"), setting(2, "IOT_API_ROOT")
    where = {"base_url": url, "ssl_params": {"cafile": root} if root else {}} if url else {}
    async with CloudAPI(CLIENT_ID, CLIENT_SECRET, **where) as api:
        desks, devices, secrets = {}, {}, kept()
        async for thing in api.things.list(show_properties=True, tags=["class:physics"]):
            desks[thing["name"]] = ids_of(thing)
        missing = [name for name in ["desk %02d" % (i + 1) for i in range(DESKS)] if name not in desks]
        if missing:
            async for device in api.devices.list():
                if not device.get("thing"):
                    devices[device["name"]] = device["id"]
        for name in missing:
            device_id = devices.get(name)
            desks[name] = await equip(api, name, device_id, secrets.get(device_id))
            print("made", name)
        await put_up(api, desks)
        await report(api, desks)


asyncio.run(main())

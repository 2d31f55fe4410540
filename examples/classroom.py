"""A class on Arduino Cloud: thirty devices with their things, a dashboard for all, and the last week's temperatures.

    python3 classroom.py [URL [ROOT]]

URL is that of a local cloud (or the variable IOT_API_URL has it), ROOT its root certificate (IOT_API_ROOT); without
them it is Arduino Cloud itself. What is there already stays, what is missing is made: run it again if it was
interrupted, or to see how warm it has been. A device of a desk's name that has no thing becomes that desk's, and gets a
new secret unless desks.csv has it.
The devices' secret keys go into desks.csv, once: the cloud never shows them again.
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
    """The argument at that place, else the variable of the environment, else None."""
    if len(sys.argv) > place:
        return sys.argv[place]
    return os.getenv(name) if hasattr(os, "getenv") else None


def new_id():
    """A random id (UUID), as a dashboard's widgets bring them along."""
    digits = hexlify(os.urandom(16)).decode()
    return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], "8" + digits[17:20], digits[20:]))


def kept():
    """The secret keys in desks.csv, by the ids of the devices."""
    try:
        with open("desks.csv") as file:
            lines = [line.strip().split(",") for line in file]
    except OSError:
        return {}
    return {device_id: secret for _, device_id, secret in lines}


async def equip(api, name, device_id, secret):
    """Make of a desk what is missing: its device, that one's secret, its thing. Returns the ids of the variables.

    The thing comes last, so a desk that has one has everything.
    """
    if device_id is None:
        device_id = (await api.devices.create({"name": name, "type": "login_and_secretkey_wifi"}))["id"]
    if secret is None:
        secret = (await api.devices.pass_get(device_id, suggested_password=True))["suggested_password"]
        with open("desks.csv", "a") as file:  # before the cloud takes it: afterwards it could not be asked for
            file.write("%s,%s,%s\n" % (name, device_id, secret))
    await api.devices.pass_set(device_id, {"password": secret})
    thing = await api.things.create({"name": name, "device_id": device_id, "properties": VARIABLES, "tags": [CLASS]})
    return ids_of(thing)


def ids_of(thing):
    """The ids of the variables, by their names."""
    gc.collect()  # what is kept next lies beside the last, not scattered over a board's memory
    return {variable["name"]: variable["id"] for variable in thing["properties"]}


def widgets(desks):
    """A gauge and a switch for each desk, five desks in a row."""
    for i, (name, ids) in enumerate(sorted(desks.items())):
        for kind, variable, below in (("Gauge", "temperature", 0), ("Switch", "lamp", 4)):
            place = {"x": i % 5 * 4, "y": i // 5 * 7 + below, "width": 4, "height": 4 if kind == "Gauge" else 3}
            yield dict(place, id=new_id(), type=kind, name=name, options={}, variables=[ids[variable]])


async def find(items, name):
    """The id of the one with this name, or None."""
    found = None
    async for item in items:
        if item["name"] == name:
            found = item["id"]
    return found


async def put_up(api, desks):
    """Make the dashboard, or lay it out anew if a desk is not on it."""
    dashboard_id = await find(api.dashboards.list(name=DASHBOARD), DASHBOARD)
    if dashboard_id is None:
        await api.dashboards.create({"name": DASHBOARD, "widgets": list(widgets(desks))})
        return
    shown = (await api.dashboards.show(dashboard_id)).get("widgets") or []
    there = [variable["id"] for widget in shown for variable in widget.get("variables") or []]
    if [each for ids in desks.values() for each in ids.values() if each not in there]:
        await api.dashboards.patch(dashboard_id, {"widgets": list(widgets(desks))})


async def report(api, desks):
    """Print the range of each desk's hourly means of the last seven days."""
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

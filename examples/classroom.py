"""A class on Arduino Cloud: thirty devices with their things, a dashboard for all, and the last week's temperatures.

    python3 classroom.py [URL [ROOT]]

URL is that of a local cloud (or the variable IOT_API_URL has it), ROOT its root certificate (IOT_API_ROOT); without
them it is Arduino Cloud itself. What is there already stays: run it again to see how warm it has been.
The devices' secret keys go into desks.csv, once: the cloud never shows them again.
"""

import asyncio
import os
import sys
from binascii import hexlify

from arduino_cloud_api import CloudAPI
from arduino_cloud_api.times import now, text
from secrets import CLIENT_ID, CLIENT_SECRET

DESKS = 30
CLASS = {"key": "class", "value": "physics"}
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


async def equip(api, name):
    """Make a desk's device and thing. Returns the line for desks.csv, and the ids of the thing's variables."""
    device = await api.devices.create({"name": name, "type": "login_and_secretkey_wifi"})
    secret = (await api.devices.pass_get(device["id"], suggested_password=True))["suggested_password"]
    await api.devices.pass_set(device["id"], {"password": secret})
    thing = await api.things.create({"name": name, "device_id": device["id"], "properties": VARIABLES, "tags": [CLASS]})
    return "%s,%s,%s\n" % (name, device["id"], secret), ids_of(thing)


def ids_of(thing):
    """The ids of the variables, by their names."""
    return {variable["name"]: variable["id"] for variable in thing["properties"]}


def widgets(desks):
    """A gauge and a switch for each desk, five desks in a row."""
    for i, (name, ids) in enumerate(sorted(desks.items())):
        for kind, variable, below in (("Gauge", "temperature", 0), ("Switch", "lamp", 4)):
            place = {"x": i % 5 * 4, "y": i // 5 * 7 + below, "width": 4, "height": 4 if kind == "Gauge" else 3}
            yield dict(place, id=new_id(), type=kind, name=name, options={}, variables=[ids[variable]])


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
        desks = {}
        async for thing in api.things.list(show_properties=True, tags=["class:physics"]):
            desks[thing["name"]] = ids_of(thing)
        missing = [name for name in ["desk %02d" % (i + 1) for i in range(DESKS)] if name not in desks]
        for name in missing:
            line, desks[name] = await equip(api, name)
            with open("desks.csv", "a") as file:
                file.write(line)
            print("made", name)
        if missing:
            await api.dashboards.create({"name": "physics", "widgets": list(widgets(desks))})
        await report(api, desks)


asyncio.run(main())

"""A greenhouse for the pictures: a device with all kinds of values, a week of history, a dashboard of all widgets."""

import math
import random
import tempfile
import time
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator

from arduino_cloud_api import CloudAPI
from demonstration.device import Device
from demonstration.stage import READ_ONLY, READ_WRITE, START_S, Stage
from demonstration.watch import watch

Json = dict[str, Any]
HEAP = "96k"
_DAY = 86400
_VARIABLES = [
    ("Heating", "STATUS", READ_WRITE, True),
    ("Bell", "STATUS", READ_WRITE, False),
    ("Setpoint", "TEMPERATURE", READ_WRITE, 21.5),
    ("Fans", "INT", READ_WRITE, 3),
    ("Mode", "INT", READ_WRITE, 1),
    ("Grow light", "HOME_COLORED_LIGHT", READ_WRITE, {"swi": True, "hue": 285, "sat": 70, "bri": 90}),
    ("Lamp", "HOME_DIMMED_LIGHT", READ_WRITE, {"swi": True, "bri": 60}),
    ("Last visit", "TIME", READ_WRITE, None),
    ("Watering", "SCHEDULE", READ_WRITE, None),
    ("Notes", "CHARSTRING", READ_WRITE, None),
    ("Temperature", "TEMPERATURE", READ_ONLY, None),
    ("Humidity", "PERCENTAGE_RELATIVE_HUMIDITY", READ_ONLY, None),
    ("Soil", "PERCENTAGE", READ_ONLY, None),
    ("Battery", "PERCENTAGE_BATTERY_LEVEL", READ_ONLY, None),
    ("Door", "STATUS", READ_ONLY, None),
    ("Pump", "STATUS", READ_ONLY, None),
    ("Place", "LOCATION", READ_ONLY, None),
]
_PROGRAM = """
import math, time
from arduino_iot_cloud import ArduinoCloudClient, Location
from secrets import CLOUD, DEVICE_ID, SECRET_KEY
client = ArduinoCloudClient(DEVICE_ID, username=DEVICE_ID, password=SECRET_KEY, **CLOUD)
wave = lambda mean, size, seconds: lambda client: round(mean + size * math.sin(time.time() / seconds), 2)
client.register("Temperature", value=None, on_read=wave(%(temperature)f, .3, 20), interval=1.0)
client.register("Humidity", value=None, on_read=wave(%(humidity)f, .6, 30), interval=1.0)
client.register("Soil", value=None, on_read=wave(%(soil)f, .4, 50), interval=1.0)
for name, value in (("Battery", 71), ("Door", True), ("Pump", True)):
    client.register(name, value=value)
client.register(Location("Place", lat=45.0703, lon=7.6869))
client.start()
"""
_NOTE = "# Greenhouse\n- water **Mon, Wed, Fri**\n- seeds from shelf 2\n\nCall Anna if the *pump* stops."
_MODES = [{"value": number, "label": label} for number, label in enumerate(("Day", "Night", "Holiday"), 1)]
_WIDGETS = [  # type, variables, x, y, width, height, options
    ("Switch", ["Heating"], 0, 0, 4, 4, {}),
    ("PushButton", ["Bell"], 4, 0, 4, 4, {"label": "Ring"}),
    ("Slider", ["Setpoint"], 8, 0, 5, 4, {"min": 10, "max": 30}),
    ("Stepper", ["Fans"], 13, 0, 5, 4, {}),
    ("Status", ["Door"], 18, 0, 3, 4, {"trueLabel": "shut", "falseLabel": "open"}),
    ("LED", ["Pump"], 21, 0, 3, 4, {"color": "#e0a100"}),
    ("Gauge", ["Temperature"], 0, 4, 5, 5, {"min": 0, "max": 40}),
    ("Percentage", ["Battery"], 5, 4, 4, 5, {"threshold": 20}),
    ("DimmedLight", ["Lamp"], 9, 4, 5, 5, {}),
    ("ValueSelector", ["Mode"], 14, 4, 6, 5, {"values": _MODES}),
    ("Value", ["Humidity"], 20, 4, 4, 5, {}),
    ("Chart", ["Temperature"], 0, 9, 12, 8, {}),
    ("ColoredLight", ["Grow light"], 12, 9, 6, 8, {}),
    ("StickyNote", [], 18, 9, 6, 8, {"text": _NOTE}),
    ("Map", ["Place"], 0, 17, 8, 9, {}),
    ("Scheduler", ["Watering"], 8, 17, 8, 9, {}),
    ("Messenger", ["Notes"], 16, 17, 8, 9, {}),
    ("AdvancedChart", ["Temperature", "Humidity", "Soil"], 0, 26, 16, 8, {}),
    ("TimePicker", ["Last visit"], 16, 26, 8, 8, {}),
]


@asynccontextmanager
async def greenhouse(stage: Stage) -> AsyncIterator[str]:
    """Make the greenhouse in the stage's cloud, start its device, and yield the address of its dashboard."""
    device = await stage.remote.create_device("Greenhouse board")
    variables = [{"name": name, "type": kind, "permission": right} for name, kind, right, _ in _VARIABLES]
    create = stage.remote.create_thing
    thing = await create("Greenhouse", device_id=device["id"], variables=variables, timezone="Europe/Rome")
    ids = {each["name"]: each["id"] for each in thing["variables"]}
    await _set_values(stage, thing["id"], ids)
    now = time.time()
    courses = {"Temperature": (20, 4), "Humidity": (58, -9), "Soil": (41, -5)}
    about = stage.about
    key, tls = (about["api_key_id"], about["api_key_secret"]), {"cafile": about["ca_der_file"]}
    async with CloudAPI(*key, base_url=about["https"], ssl_params=tls) as api:
        for name, (mean, swing) in courses.items():
            await api.properties.publish_batch(thing["id"], ids[name], _course(now, mean, swing))
        dashboard = await api.dashboards.create({"name": "Greenhouse", "widgets": _widgets(ids)})
    last = {name.lower(): _level(now, mean, swing) for name, (mean, swing) in courses.items()}
    with tempfile.TemporaryDirectory(prefix="greenhouse-") as folder:
        cloud = {"server": about["host"], "port": about["mqtts_port"], "ssl_params": tls}
        secrets = "DEVICE_ID = %r\nSECRET_KEY = %r\nCLOUD = %r\n" % (device["id"], device["secret"], cloud)
        Path(folder, "secrets.py").write_text(secrets)
        Path(folder, "greenhouse.py").write_text(_PROGRAM % last)
        async with watch(stage.remote, thing["id"]) as values:
            program = await Device.start("greenhouse.py", folder=Path(folder), library=stage.library, heap=HEAP)
            try:
                await values.value(program, "Temperature", START_S)
                yield "%s#/dashboard/%s" % (stage.about["page"], dashboard["id"])
            finally:
                await program.stop()


async def _set_values(stage: Stage, thing_id: str, ids: dict[str, str]) -> None:
    now = int(time.time())
    weekly = 2 << 26 | 0b0101010  # Monday, Wednesday, Friday
    more = {
        "Last visit": now - now % _DAY + 9 * 3600 + 30 * 60,
        "Watering": {"frm": now - now % _DAY + 7 * 3600, "to": 0, "len": 600, "msk": weekly},
    }
    for name, _, _, value in _VARIABLES:
        if (value := more.get(name, value)) is not None:
            await stage.remote.set_value(thing_id, ids[name], value)
    for text in ("Tomatoes are planted", "Remember the south window", "Window is shut"):
        await stage.remote.set_value(thing_id, ids["Notes"], text)


def _level(moment: float, mean: float, swing: float) -> float:
    """Return a value that rises and falls with the day."""
    return mean + swing * math.sin(2 * math.pi * (moment / _DAY - 0.35))


def _course(now: float, mean: float, swing: float) -> list[Json]:
    """Return values of a week, one every 20 minutes, and every 5 s in the last minutes."""
    chance = random.Random(mean)
    ages = [*range(7 * _DAY, 400, -1200), *range(400, 0, -5)]
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    return [
        {
            "timestamp": time.strftime(stamp, time.gmtime(now - age)),
            "value": round(_level(now - age, mean, swing) + 0.3 * math.sin(age / 40) + chance.gauss(0, 0.04), 2),
        }
        for age in ages
    ]


def _widgets(ids: dict[str, str]) -> list[Json]:
    return [
        {
            "id": str(uuid.uuid4()),
            "type": kind,
            "name": " · ".join(names),
            "options": options,
            "variables": [ids[name] for name in names],
            **{"x": x, "y": y, "width": width, "height": height},
        }
        for kind, names, x, y, width, height, options in _WIDGETS
    ]

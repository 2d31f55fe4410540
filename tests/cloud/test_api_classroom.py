"""examples/classroom.py against the local cloud."""

import time
from datetime import datetime, timedelta, timezone

import pytest
from arduino_cloud_api import CloudAPI
from toolchain.paths import ROOT

HEAP = "256k"  # the dashboard has sixty widgets


DIES = """
import os, sys
from arduino_iot_cloud.http.client import HTTP

before_or_after, number = sys.argv.pop(1), int(sys.argv.pop(1))
request, writes = HTTP.request, []


async def dying(self, method, path, *more):
    counts = method != "GET" and "/token" not in path and "/series/" not in path
    writes.extend([path] * counts)
    if counts and len(writes) == number and before_or_after == "before":
        os._exit(9)
    response = await request(self, method, path, *more)
    if counts and len(writes) == number:
        os._exit(9)
    return response


HTTP.request = dying
exec(open("classroom.py").read())
"""


def moved_in(cloud, folder):
    """Put the example into a folder. Return the API key and the example's path."""
    key = (cloud.api_key_id, cloud.api_key_secret)
    (folder / "secrets.py").write_text("CLIENT_ID, CLIENT_SECRET = %r\n" % (key,))
    script = folder / "classroom.py"
    script.write_bytes((ROOT / "examples" / "classroom.py").read_bytes())
    return key, script


@pytest.mark.parametrize("on", ["cpython", "mp32"])
async def test_a_class_is_made_once_and_its_week_read_back(on, cpython, micropython, start_local_cloud, tmp_path):
    cloud = start_local_cloud()
    interpreter, heap = (cpython, None) if on == "cpython" else (micropython(32), HEAP)
    key, script = moved_in(cloud, tmp_path)

    def run(*words, **environment):
        done = interpreter.run(script, *words, cwd=tmp_path, path=[tmp_path], heap=heap, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    names = ["desk %02d" % (i + 1) for i in range(30)]
    first = run(cloud.https, cloud.ca_der_file)
    assert first == ["made " + name for name in names] + [name + ": no values yet" for name in names]
    lines = [line.split(",") for line in (tmp_path / "desks.csv").read_text().splitlines()]
    assert [line[0] for line in lines] == names and len({line[2] for line in lines}) == 30

    ssl_params = {"cafile": cloud.ca_der_file}
    async with CloudAPI(*key, cloud.https, ssl_params=ssl_params) as api:
        assert await api.devices.pass_check(lines[7][1], {"password": lines[7][2]}) is None
        things = await api.things.list(tags=["class:physics"], show_properties=True)
        assert sorted(thing["name"] for thing in things) == names
        (dashboard,) = [each for each in await api.dashboards.list() if each["name"] == "physics"]
        linked = [variable["thing_name"] for widget in dashboard["widgets"] for variable in widget["variables"]]
        assert sorted(linked) == sorted(names * 2)
        thing = next(thing for thing in things if thing["name"] == "desk 03")
        variable = next(each["id"] for each in thing["properties"] if each["name"] == "temperature")
        begin = datetime.fromtimestamp(time.time(), timezone.utc) - timedelta(days=6)
        points = [(begin + timedelta(hours=i), 18 + i / 10) for i in range(48)]
        points.append((begin - timedelta(days=30), 99))
        values = [{"timestamp": at.isoformat(), "value": value} for at, value in points]
        await api.properties.publish_batch(thing["id"], variable, values)

    second = run(IOT_API_URL=cloud.https, IOT_API_ROOT=cloud.ca_der_file)
    assert [line for line in second if "values yet" not in line] == ["desk 03: 48 hours, 18.0 to 22.7 °C"]
    assert len(second) == 30 and len((tmp_path / "desks.csv").read_text().splitlines()) == 30


async def test_a_class_whose_making_is_interrupted_again_and_again(cpython, start_local_cloud, tmp_path):
    cloud = start_local_cloud()
    key, script = moved_in(cloud, tmp_path)
    (tmp_path / "dies.py").write_text(DIES)
    names = ["desk %02d" % (i + 1) for i in range(30)]

    def run(*dies):
        words = [cloud.https, cloud.ca_der_file]
        began = tmp_path / "dies.py" if dies else script
        return cpython.run(began, *dies, *words, cwd=tmp_path, path=[tmp_path])

    async def look(api):
        devices = [each for each in await api.devices.list() if each["name"].startswith("desk")]
        assert sorted(each["name"] for each in devices) == names
        lines = [line.split(",") for line in (tmp_path / "desks.csv").read_text().splitlines()]
        assert [line[:2] for line in lines] == sorted([each["name"], each["id"]] for each in devices)
        for _, device_id, secret in lines:
            assert await api.devices.pass_check(device_id, {"password": secret}) is None
        things = await api.things.list(tags=["class:physics"], show_properties=True)
        assert sorted((each["name"], each["device_id"]) for each in things) == [tuple(line[:2]) for line in lines]
        (dashboard,) = [each for each in await api.dashboards.list() if each["name"] == "physics"]
        linked = [variable["id"] for widget in dashboard["widgets"] for variable in widget["variables"]]
        assert sorted(linked) == sorted(each["id"] for thing in things for each in thing["properties"])
        return things

    for dies in (
        ("after", "1"),  # the device is made
        ("before", "1"),  # its secret is in the file
        ("after", "1"),  # and set
        ("after", "2"),  # the thing is made
        ("before", "88"),  # the 29 other desks with three requests each, but no dashboard
        ("after", "1"),  # the dashboard is made
    ):
        assert run(*dies).returncode == 9
    assert run().stdout.splitlines() == [name + ": no values yet" for name in names]
    async with CloudAPI(*key, cloud.https, ssl_params={"cafile": cloud.ca_der_file}) as api:
        things = await look(api)
        (lost,) = [thing["id"] for thing in things if thing["name"] == "desk 07"]
        await api.things.delete(lost, force=True)
        assert run("before", "3").returncode == 9  # the thing exists again, but is not on the dashboard
        assert run().returncode == 0
        await look(api)

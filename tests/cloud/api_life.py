"""A project's life through arduino_cloud_api, on CPython and MicroPython: api_life.py ABOUT.json. Prints `the end`."""

import asyncio
import json
import sys

from arduino_cloud_api import APIError, CloudAPI

with open(sys.argv[1]) as file:
    ABOUT = json.load(file)
TEMPERATURE = {"name": "Air Temp", "type": "FLOAT", "permission": "READ_ONLY", "update_strategy": "ON_CHANGE"}
TLS = {"cafile": ABOUT["ca_der_file"]}
LAMP = {"name": "lamp", "type": "STATUS", "permission": "READ_WRITE", "update_strategy": "ON_CHANGE"}
WIDGET = {"id": ABOUT["widget"], "type": "Gauge", "name": "g", "options": {}, "x": 0, "y": 0, "width": 4, "height": 4}


async def refusal(call):
    """Return the APIError that a call raises."""
    try:
        await call
    except APIError as error:
        return error
    raise AssertionError("not refused")


async def collect(call):
    """Return a list's elements, collected one by one."""
    found = []
    async for item in call:
        found.append(item)
    return found


async def devices(api):
    device = await api.devices.create({"name": "board", "type": "login_and_secretkey_wifi", "fqbn": "a:b:c"})
    id = device["id"]
    assert (await api.devices.update(id, {"name": "board 2"}))["name"] == "board 2"
    assert (await api.devices.show(id))["name"] == "board 2"
    suggested = await api.devices.pass_get(id, suggested_password=True)
    assert not suggested["set"]
    password = suggested["suggested_password"]
    assert (await api.devices.pass_set(id, {"password": password}))["set"]
    assert await api.devices.pass_check(id, {"password": password}) is None
    wrong = await refusal(api.devices.pass_check(id, {"password": "wrong"}))
    assert wrong.status in (400, 401) and "wrong" not in str(wrong).split(":")[-1].split(" "), wrong
    await api.devices.pass_delete(id)
    signed = await api.devices.certs_create(id, {"csr": ABOUT["csr"], "enabled": True, "ca": "Arduino_v2"})
    assert signed["device_id"] == id and signed["compressed"]["serial"], signed
    assert (await api.devices.certs_update(id, signed["id"], {"enabled": False}))["enabled"] is False
    assert (await api.devices.certs_show(id, signed["id"]))["der"] == signed["der"]
    assert [found["id"] for found in await collect(api.devices.certs_list(id))] == [signed["id"]]
    await api.devices.certs_delete(id, signed["id"])
    assert (await refusal(api.devices.certs_show(id, signed["id"]))).status == 404
    await api.devices.tags_upsert(id, {"key": "room", "value": "b12"})
    assert (await api.devices.tags_list(id))["tags"][0]["value"] == "b12"
    assert [found["id"] for found in await collect(api.devices.list(tags=["room:b12"]))] == [id]
    await api.devices.tags_delete(id, "room")
    return id


async def things(api, device):
    thing = await api.things.create({"name": "greenhouse", "properties": [TEMPERATURE], "timezone": "Europe/Rome"})
    id = thing["id"]
    assert thing["properties"][0]["variable_name"] == "air_temp"
    lamp = await api.properties.create(id, LAMP)
    assert (await api.things.update(id, {"device_id": device}))["device_id"] == device
    shown = await api.things.show(id)
    assert shown["name"] == "greenhouse" and len(shown["properties"]) == 2
    await api.things.tags_upsert(id, {"key": "k.1", "value": "v"})
    assert (await api.things.tags_list(id))["tags"] == [{"key": "k.1", "value": "v"}]
    await api.things.tags_delete(id, "k.1")
    copy = await api.things.clone(id, {"name": "copy"})
    assert copy["id"] != id and copy["properties_count"] == 2
    assert (await api.things.template(id))["name"] == "greenhouse"
    assert sorted([t["name"] for t in await api.things.list(ids=[id, copy["id"]])]) == ["copy", "greenhouse"]
    names = []
    async for one in api.things.list(show_properties=True):
        assert len(one["properties"]) == one["properties_count"]
        if one["id"] == copy["id"]:
            await api.things.delete(one["id"], force=True)  # during the iteration
        names.append(one["name"])
    assert "copy" in names and "greenhouse" in names
    assert (await refusal(api.things.show(copy["id"]))).status == 404
    return id, thing["properties"][0]["id"], lamp["id"]


async def values(api, device, thing, temperature, lamp):
    assert [p["name"] for p in await api.properties.list(thing)] == ["Air Temp", "lamp"]
    assert (await api.properties.update(thing, lamp, dict(LAMP, name="Lamp")))["name"] == "Lamp"
    assert await api.properties.publish(thing, lamp, {"value": True}) is None
    assert (await api.properties.show(thing, lamp))["last_value"] is True
    await api.things.publish(thing, {"properties": [{"property": "air_temp", "value": 20.5}]})
    points = [{"timestamp": "2026-03-02T10:%02d:00.250Z" % i, "value": i / 2} for i in range(20)]
    await api.properties.publish_batch(thing, temperature, points)
    begin, end = "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"

    wanted = {"q": "property." + temperature, "from": begin, "to": end, "sort": "ASC"}
    other = {"q": "property." + lamp, "sort": "ASC"}
    unknown = {"q": "property.0f5a3c71-8d24-4b96-a1e7-3c2b4d5e6f70"}
    call = api.series.batch_query_raw({"requests": [wanted, unknown, other], "resp_version": 1})
    found = []
    async for response, at, value in call:
        found.append((response["query"][9:], at, value))
    assert found[:20] == [(temperature, 1772445600250 + 60000 * i, i / 2) for i in range(20)], found
    assert len(found) == 21 and found[20][0] == lamp and found[20][2] is True
    assert [response["status"] for response in call.responses] == ["ok", "error", "ok"]
    whole = await api.series.batch_query_raw({"requests": [wanted], "resp_version": 1})
    assert whole["responses"][0]["values"] == [i / 2 for i in range(20)]

    del wanted["sort"]
    binned = dict(wanted, interval=600, aggregation="MAX")
    assert await points_of(api.series.batch_query({"requests": [binned], "resp_version": 1})) == [4.5, 9.5]
    sampled = dict(wanted, interval=600)
    assert await points_of(api.series.batch_query_sampling({"requests": [sampled], "resp_version": 1})) == [4.5, 9.5]
    last = {"requests": [{"thing_id": thing, "property_id": lamp}]}
    assert await points_of(api.series.batch_query_raw_last_value(last)) == [True]
    means = await collect(api.properties.timeseries(thing, temperature, from_=begin, to=end, interval=600))
    assert [point["value"] for point in means] == [2.25, 7.25]

    history = api.devices.timeseries(device, temperature, limit=5)
    assert len(await collect(history)) == 5
    assert history.members["name"] == "air_temp" and history.members["last_evaluated_key"]["created_at"]
    names = [p["name"] for p in (await api.devices.get_properties(device))["properties"]]
    assert names == ["Air Temp", "Lamp"]
    await api.devices.update_properties(device, {"properties": [{"name": "note", "type": "json", "value": "1"}]})
    assert (await api.devices.get_events(device))["events"][0]["name"] == "note"
    assert (await api.devices.get_status_events(device))["events"] == []


async def points_of(call):
    return [value for _, _, value in await collect(call)]


async def dashboards(api, thing, temperature):
    board = await api.dashboards.create({"name": "all", "widgets": [dict(WIDGET, variables=[temperature])]})
    id = board["id"]
    assert board["widgets"][0]["variables"][0]["thing_id"] == thing
    assert (await api.dashboards.patch(id, {"name": "some"}))["name"] == "some"
    assert (await api.dashboards.update(id, {"name": "none", "widgets": [WIDGET]}))["widgets"][0]["variables"] == []
    linked = await api.dashboards.link(id, WIDGET["id"], {"variables": [temperature]})
    assert linked["variables"] == [temperature]
    assert (await api.dashboards.show(id))["widgets"][0]["variables"][0]["id"] == temperature
    assert (await api.dashboards_v3.show(id))["pages"] is not None
    assert (await api.dashboards.template(id))["name"] == "none"
    copy = await api.dashboards.clone(id, {"overrides": []})
    found = [one["id"] for one in await api.dashboards.list()]
    assert id in found and copy["id"] in found
    assert await collect(api.dashboards.list_shares(id)) == []
    await api.dashboards.request_access(id, {"message": "please"})
    for one in (id, copy["id"]):
        await api.dashboards.delete(one, force=True)
    assert (await refusal(api.dashboards.show(id))).code == "not_found"


async def update(api, device):
    sent = await api.devices.ota_upload(device, b"\x00\xff" * 500, async_=True, expire_in_mins=1)
    assert len(sent["file_sha"]) in (44, 64) and sent["ota_version"] >= 1, sent


async def refused(api):
    assert (await refusal(api.things.create_sketch("x", {}))).status == 501
    bad = await refusal(api.things.create({"name": "no/slash"}))
    assert bad.status == 400 and "name" in bad.detail and bad.id, bad
    error = await refusal(CloudAPI(ABOUT["api_key_id"], "s3cretly", ABOUT["https"], ssl_params=TLS).things.list())
    assert (error.status, error.code, error.operation) == (401, "access_denied", "token"), error
    assert "s3cretly" not in str(error)
    error = await refusal(CloudAPI(token="forged.token.x", base_url=ABOUT["https"], ssl_params=TLS).things.list())
    assert error.status == 401 and "forged" not in str(error)
    error = await refusal(CloudAPI(token="t", base_url=ABOUT["https"]).things.list())  # with the bundled roots alone
    assert (error.status, error.code) == (0, "connection") and "certificate" in error.detail, error


async def main():
    async with CloudAPI(ABOUT["api_key_id"], ABOUT["api_key_secret"], ABOUT["https"], ssl_params=TLS) as api:
        types = await collect(api.property_types.list_types())
        assert len(types) > 100 and types[0]["declaration"]
        device = await devices(api)
        thing, temperature, lamp = await things(api, device)
        await values(api, device, thing, temperature, lamp)
        await dashboards(api, thing, temperature)
        await update(api, device)
        await refused(api)
        await api.properties.delete(thing, lamp)
        await api.things.delete(thing, force=True)
        await api.devices.delete(device, force=True)
        assert (await refusal(api.things.show(thing))).status == 404
        assert len(api._open) <= 2, api._open  # the list's, and one for the calls during the iteration
        made = await asyncio.gather(*[api.things.create({"name": "t%d" % i}).all() for i in range(4)])
        for one in made:
            await api.things.delete(one["id"], force=True)
    assert not api._open
    print("the end")


asyncio.run(main())

"""The published Python and JavaScript clients, unchanged but for the base URL and the token URL."""

import hashlib
import inspect
import re
import time
import uuid

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from localcloud.web.api.endpoints import ENDPOINTS
from official_clients import Refused

THINGS, PROPERTIES, DEVICES, SERIES = "ThingsV2Api.", "PropertiesV2Api.", "DevicesV2Api.", "SeriesV2Api."
DASHBOARDS = "DashboardsV2Api."


def widget(property_id, kind="Gauge"):
    place = {"x": 0, "y": 0, "width": 6, "height": 4}
    return {"id": str(uuid.uuid4()), "type": kind, "options": {}, "variables": [property_id], **place}


def wait_for(question, tries=200):
    """Ask until the answer is true. Values of devices are stored in the background."""
    for _ in range(tries):
        answer = question()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError("never true")


def the_life_of_a_project(official, user, make_device, prop):
    call = official.call
    device = call(DEVICES + "devices_v2_create", {"type": "login_and_secretkey_wifi", "name": "py"})
    assert official.type == "ArduinoDevicev2"
    password = "DevicesV2PassApi.devices_v2_pass_"
    secret = call(password + "get", device["id"], suggested_password=True)["suggested_password"]
    assert call(password + "set", device["id"], {"password": secret})["set"] is True
    thing = call(THINGS + "things_v2_create", {"name": "Greenhouse", "timezone": "Europe/Rome"})
    lamp = call(PROPERTIES + "properties_v2_create", thing["id"], prop("Lamp", "STATUS"))
    air = call(PROPERTIES + "properties_v2_create", thing["id"], prop("Air Temp", "FLOAT", "READ_ONLY"))
    assert (official.type, air["last_value"]) == ("ArduinoProperty", "N/A")
    body = {"name": "Board", "widgets": [widget(air["id"])]}
    dashboard = call(DASHBOARDS + "dashboards_v2_create", body)
    assert dashboard["widgets"][0]["variables"][0]["name"] == "Air Temp"
    attached = call(THINGS + "things_v2_update", thing["id"], {"device_id": device["id"]})
    assert attached["device_id"] == device["id"]

    board = make_device({**user.about, "device_id": device["id"], "secret": secret, "thing_id": thing["id"]})
    assert board.connect() == "Success"
    assert board.subscribe(board.thing_topic("e/i")) == 1
    assert call(PROPERTIES + "properties_v2_publish", thing["id"], lamp["id"], {"value": True}) is None
    assert board.records() == (board.thing_topic("e/i"), [{0: "Lamp", 4: True}])
    board.publish_records([{0: "air_temp", 2: 21.5}])
    board.publish_records([{0: "air_temp", 2: 22.5}])

    assert call(DEVICES + "devices_v2_show", device["id"])["device_status"] == "ONLINE"
    shown = call(PROPERTIES + "properties_v2_show", thing["id"], air["id"])
    assert shown["last_value"] == 22.5
    query = {"requests": [{"q": "property." + air["id"], "sort": "ASC"}], "resp_version": 1}
    answer = call(SERIES + "series_v2_batch_query_raw", query)["responses"][0]
    assert (answer["values"], answer["count_values"]) == ([21.5, 22.5], 2)

    copy = call(THINGS + "things_v2_clone", thing["id"], {"name": "Greenhouse copy"})
    assert sorted(each["name"] for each in copy["properties"]) == ["Air Temp", "Lamp"]
    overrides = {"overrides": [{"old_thing_id": thing["id"], "new_thing_id": copy["id"]}]}
    second = call(DASHBOARDS + "dashboards_v2_clone", dashboard["id"], overrides)
    assert second["widgets"][0]["variables"][0]["thing_id"] == copy["id"]
    remove_all(call, [dashboard, second], [thing, copy], [device])
    board.wait_closed()


def remove_all(call, dashboards, things, devices):
    """Delete everything. No list has anything left then."""
    for each in dashboards:
        call(DASHBOARDS + "dashboards_v2_delete", each["id"])
    for each in things:
        call(THINGS + "things_v2_delete", each["id"])
        with pytest.raises(Refused) as refusal:
            call(THINGS + "things_v2_show", each["id"])
        assert refusal.value.status == 404
    for each in devices:
        call(DEVICES + "devices_v2_delete", each["id"])
    assert call(THINGS + "things_v2_list") == call(DEVICES + "devices_v2_list") == []
    assert call(DASHBOARDS + "dashboards_v2_list") == []


@pytest.fixture
def project(user, prop):
    """A device with a secret, a thing with three variables and some values, and a dashboard."""
    return make_project(user, prop)


def make_project(user, prop):
    """Make such a project for any user."""
    device = user.make_device(serial="94b97e01")
    user.put("/v2/devices/%s/pass" % device["id"], {"password": "a secret"})
    properties = [prop("t"), prop("on", "STATUS"), prop("lamp", "HOME_COLORED_LIGHT")]
    thing = user.make_thing(*properties, device_id=device["id"])
    ids = {each["name"]: each["id"] for each in thing["properties"]}
    path = "/v2/things/%s/properties/%s/publish"
    for name, value in (("t", 1), ("t", 2.5), ("on", True), ("lamp", {"swi": True, "hue": 10})):
        assert user.put(path % (thing["id"], ids[name]), {"value": value}).status == 200
    widgets = [widget(ids["t"])]
    dashboard = user.post("/v2/dashboards", {"name": "Board", "widgets": widgets}).json
    return {"device": device["id"], "thing": thing["id"], "dashboard": dashboard["id"], "ids": ids,
            "widget": widgets[0]["id"]}  # fmt: skip


def methods_of_devices(official, project):
    call, id = official.call, project["device"]
    assert call(DEVICES + "devices_v2_list", serial="94b97e01")[0]["id"] == id
    assert official.type == "ArduinoDevicev2"
    assert call(DEVICES + "devices_v2_update", id, {"name": "py 2"})["name"] == "py 2"
    assert call(DEVICES + "devices_v2_show", id)["thing"]["id"] == project["thing"]
    for name in ("DevicesV2TagsApi.devices_v2_tags_", "ThingsV2TagsApi.things_v2_tags_"):
        subject = project["device" if "devices" in name else "thing"]
        assert call(name + "upsert", subject, {"key": "site", "value": "north"}) is None
        assert call(name + "list", subject) == {"tags": [{"key": "site", "value": "north"}]}
        call(name + "delete", subject, "site")
        assert call(name + "list", subject) == {"tags": []}
    events = call(DEVICES + "devices_v2_get_events", id)
    assert (official.type, events["id"]) == ("ArduinoDevicev2EventProperties", id)
    assert call(DEVICES + "devices_v2_get_status_events", id)["events"] == []
    assert call(DEVICES + "devices_v2_get_properties", id)["deviceId"] == id
    values = call(DEVICES + "devices_v2_timeseries", id, project["ids"]["t"])
    assert [each["value"]["payload"] for each in values["values"]] == ["2.5", "1"]
    note = {"properties": [{"name": "note", "type": "infer", "value": 7}]}
    assert call(DEVICES + "devices_v2_update_properties", id, note) is None
    assert call(DEVICES + "devices_v2_get_events", id)["events"][0]["name"] == "note"


def methods_of_passwords(official, project):
    call, id = official.call, project["device"]
    password = "DevicesV2PassApi.devices_v2_pass_"
    assert call(password + "get", id)["set"] is True
    assert call(password + "check", id, {"password": "a secret"}) is None
    with pytest.raises(Refused) as refusal:
        call(password + "check", id, {"password": "wrong"})
    assert refusal.value.status == 400
    assert call(password + "delete", id) is None
    assert call(password + "get", id)["set"] is False


def methods_of_certificates(official, project):
    call, id = official.call, project["device"]
    certificates = "DevicesV2CertsApi.devices_v2_certs_"
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    csr = request.public_bytes(Encoding.PEM).decode()
    made = call(certificates + "create", id, {"ca": "Arduino_v2", "csr": csr, "enabled": True})
    assert official.type == "ArduinoDevicev2Cert" and made["device_id"] == id
    assert x509.load_pem_x509_certificate(made["pem"].encode()).public_key() == key.public_key()
    assert call(certificates + "show", made["id"], id) == made
    assert call(certificates + "list", id) == [made]
    assert call(certificates + "update", made["id"], id, {"enabled": False})["enabled"] is False
    assert call(certificates + "delete", made["id"], id) is None
    with pytest.raises(Refused) as refusal:
        call(certificates + "create", id, {"csr": "none", "enabled": True})
    assert refusal.value.status == 400
    assert call(certificates + "list", id) == []


def methods_of_things_and_properties(official, project, prop):
    call, id, property_id = official.call, project["thing"], project["ids"]["t"]
    listed = call(THINGS + "things_v2_list", show_properties=True, ids=[id], device_id=project["device"])
    assert len(listed[0]["properties"]) == 3 and official.type == "ArduinoThing"
    shown = call(THINGS + "things_v2_show", id)
    assert official.type == "ArduinoThing"
    assert (shown["device_id"], len(shown["properties"])) == (project["device"], 3)
    assert call(THINGS + "things_v2_template", id)["variables"][0]["name"] == "t"
    assert len(call(PROPERTIES + "properties_v2_list", id, show_deleted=False)) == 3
    changed = call(PROPERTIES + "properties_v2_update", id, property_id, prop("t2", "FLOAT", max_value=9))
    assert (changed["name"], changed["max_value"], changed["last_value"]) == ("t2", 9, 2.5)
    points = call(PROPERTIES + "properties_v2_timeseries", id, property_id, aggregation="MAX", interval=86400)
    assert [each["value"] for each in points["data"]][-1] == 2.5
    call(PROPERTIES + "properties_v2_delete", id, property_id)
    assert len(call(PROPERTIES + "properties_v2_list", id)) == 2
    types = call("PropertyTypesV1Api.property_types_v1_list_types")
    assert len(types) == 104 and official.type == "ArduinoPropertytype"


def methods_of_series(official, project):
    call, ids = official.call, project["ids"]
    span = {"from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z"}
    everything = {"q": "thing." + project["thing"], **span}
    batch = {"requests": [everything], "resp_version": 1}
    raw = call(SERIES + "series_v2_batch_query_raw", batch)
    assert official.type == "ArduinoSeriesRawBatch"
    assert {each["property_name"]: each["values"] for each in raw["responses"]} == {
        "t": [2.5, 1.0],
        "on": [True],
        "lamp": [{"swi": True, "hue": 10.0}],
    }
    numbers = call(SERIES + "series_v2_batch_query", batch)
    assert official.type == "ArduinoSeriesBatch"
    averages = {each["property_name"]: each["values"] for each in numbers["responses"]}
    assert averages == {"t": [1.75], "on": [1.0]}
    query = {"requests": [{"q": "property." + ids["lamp"]}], "resp_version": 1}
    sampled = call(SERIES + "series_v2_batch_query_sampling", query)
    assert sampled["responses"][0]["values"] == [{"swi": True, "hue": 10.0}]
    last = {"requests": [{"thing_id": project["thing"], "property_id": ids["t"]}]}
    assert call(SERIES + "series_v2_batch_query_raw_last_value", last)["responses"][0]["values"] == [2.5]


def methods_of_dashboards(official, project, new_user):
    call, id, friend = official.call, project["dashboard"], new_user("friend")
    assert call(DASHBOARDS + "dashboards_v2_list", name="Board")[0]["id"] == id
    assert official.type == "ArduinoDashboardv2"
    linked = [project["ids"]["on"]]
    answer = call(DASHBOARDS + "dashboards_v2_link", id, project["widget"], {"variables": linked})
    assert answer == {"variables": linked}
    assert call(DASHBOARDS + "dashboards_v2_show", id)["widgets"][0]["variables"][0]["last_value"] is True
    assert call(DASHBOARDS + "dashboards_v2_template", id)["widgets"][0]["type"] == "Gauge"
    assert call(DASHBOARDS + "dashboards_v2_share", id, {"user_id": friend.user_id}) is None
    assert call(DASHBOARDS + "dashboards_v2_list_shares", id)[0]["user_id"] == friend.user_id
    assert friend.get("/v2/dashboards/" + id).status == 200
    call(DASHBOARDS + "dashboards_v2_delete_share", id, friend.user_id)
    assert friend.get("/v2/dashboards/" + id).status == 404
    assert call(DASHBOARDS + "dashboards_v2_request_access", id, {"message": "may I?"}) is None
    if DASHBOARDS + "dashboards_v2_patch" in official.operations():  # the Python client has no such method
        patched = call(DASHBOARDS + "dashboards_v2_patch", id, {"name": "Patched"})
        assert official.type == "ArduinoDashboardv2"
        assert patched["name"] == "Patched" and len(patched["widgets"]) == 1
    assert call(DASHBOARDS + "dashboards_v2_update", id, {"name": "Empty"})["widgets"] == []


def methods_of_updates(official, project, tmp_path):
    (tmp_path / "firmware.ota").write_bytes(b"firmware")
    upload = "DevicesV2OtaApi.devices_v2_ota_upload"
    answer = official.call(upload, project["device"], tmp_path / "firmware.ota", **{"async": True})
    assert official.type == "ArduinoDevicev2Otaupload" and answer["status"] == "pending"
    assert answer["file_sha"] == hashlib.sha256(b"firmware").hexdigest()


CALLS = (
    the_life_of_a_project,
    methods_of_devices,
    methods_of_passwords,
    methods_of_certificates,
    methods_of_things_and_properties,
    methods_of_series,
    methods_of_dashboards,
    methods_of_updates,
)
"""Each runs with its own user. The parameters are fixtures."""


def unnamed(path):
    """Return the path with `{}` for each parameter, since the clients and the list name them differently."""
    return re.sub(r"{\w+}", "{}", path)


@pytest.mark.timeout(180)
def test_every_method_that_is_served_returns_a_valid_model(
    official, new_user, prop, make_device, tmp_path, subtests
):
    official.called.clear()
    for calls in CALLS:
        with subtests.test(calls.__name__):
            user, wanted = new_user(), inspect.signature(calls).parameters
            official.login({**user.about, **user.key})
            given = {"official": official, "user": user, "new_user": new_user, "prop": prop}
            given.update(make_device=make_device, tmp_path=tmp_path)
            if "project" in wanted:
                given["project"] = make_project(user, prop)
            calls(**{name: given[name] for name in wanted})
    served = {"%s /iot%s" % (each.method, unnamed(each.path)) for each in ENDPOINTS if not each.reason}
    offered = official.operations()
    assert len(offered) >= 68
    assert official.called == {name for name, operation in offered.items() if unnamed(operation) in served}


def test_errors_arrive_as_the_clients_expect_them(official, user):
    official.login({**user.about, "token": "not.a.token"})
    with pytest.raises(Refused) as refusal:
        official.call(THINGS + "things_v2_list")
    assert refusal.value.status == 401 and refusal.value.body["code"] == "unauthorized"


def test_the_python_client_uploads_an_update_over_https(
    official_client, user, project, make_device, tmp_path
):
    (tmp_path / "firmware.ota").write_bytes(b"firmware")
    client = official_client("python")
    client.login({**user.about, **user.key, "base": user.about["https"]})
    board = make_device({**user.about, "device_id": project["device"], "secret": "a secret"})
    board.connect()
    assert board.subscribe(board.device_topic("c/dw")) == 1
    method = "DevicesV2OtaApi.devices_v2_ota_upload"
    answer = client.call(method, project["device"], str(tmp_path / "firmware.ota"), **{"async": True})
    assert client.type == "ArduinoDevicev2Otaupload" and answer["status"] == "pending"
    tag, (ota_id, url, initial, final) = board.command()
    assert tag == 0x010100 and str(uuid.UUID(bytes=ota_id)) == answer["ota_id"] and len(url) < 256
    assert (initial, final.hex()) == (bytes(32), answer["file_sha"])
    path = url.removeprefix(user.about["https"])
    assert user.raw("GET", path, base="https").body == b"firmware"
    board.publish(board.device_topic("c/up"), progress(ota_id, 3))
    board.publish(board.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(0x010000, [final])))
    wait_for(lambda: user.get("/v2/devices/" + project["device"]).json["ota_compatible"])


def progress(ota_id, state):
    """Return an OtaProgress message."""
    return cbor2.dumps(cbor2.CBORTag(0x010200, [ota_id, cbor2.CBORSimpleValue(state), 0, 1]))

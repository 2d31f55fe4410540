"""Load on a local cloud that is killed. Each source notes what was acknowledged.

A source does one thing after the other. After a kill, at most one of its requests is therefore in doubt (of the
board: the messages without a PUBACK). It was either done completely or not at all.
"""

import copy
import hashlib
import http.client
import json
import threading
import uuid

import cbor2
import paho.mqtt.client as mqtt

WAIT = 20
WINDOW = 20
"""At most this many of the board's messages are without a PUBACK."""
STAMP_BASE = 1_760_000_000
"""Value n of `stamped` carries this time plus n seconds."""
FORM_TYPE = "multipart/form-data; boundary=edge"
FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="ota_file"; filename="f"\r\n\r\n%s\r\n--edge--\r\n'
)


class Source:
    """Works in its own thread from `start` to `stop`, or until the cloud is gone."""

    def start(self):
        self._stopping = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._stopping.set()
        self._thread.join(WAIT)
        assert not self._thread.is_alive(), "a source of load hangs"
        if self._failure is not None:
            raise self._failure

    def _run(self):
        try:
            while not self._stopping.is_set():
                self.step()
        except (OSError, http.client.HTTPException):
            pass  # killed: the last request is in doubt
        except Exception as error:
            self._failure = error


class Board(Source):
    """A device that publishes 0, 1, 2 …, each in one message with and without a time stamp.

    Messages without a PUBACK are sent again (DUP) after the next `connect`.
    """

    def __init__(self, about):
        self.published = 0
        self._topic = "/a/t/%s/e/o" % about["thing_id"]
        self._address = about["host"], about["mqtt_port"]
        self._numbers, self._pubacks = {}, []
        self._room = threading.Semaphore(WINDOW)
        self._connected = threading.Event()
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=about["device_id"], reconnect_on_failure=False
        )
        self.client.username_pw_set(about["device_id"], about["secret"])
        self.client.max_inflight_messages_set(2 * WINDOW)
        self.client.on_connect = lambda client, data, flags, code, properties: self._connected.set()
        self.client.on_publish = self._acknowledged

    @property
    def acknowledged(self):
        """The numbers that have a PUBACK."""
        return {self._numbers[identifier] for identifier in list(self._pubacks)}

    def connect(self):
        """Connect again, and wait until everything sent before is acknowledged."""
        self.client.loop_stop()
        self._connected.clear()
        self.client.connect(*self._address)
        self.client.loop_start()
        assert self._connected.wait(WAIT)
        for _ in range(WINDOW):
            assert self._room.acquire(timeout=WAIT), "no PUBACK of what was sent again"
        self._room.release(WINDOW)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def step(self):
        """Publish the next number, if there is room."""
        if not self._room.acquire(timeout=0.05):
            return
        n = self.published
        records = [{0: "plain", 2: n}, {0: "stamped", 2: n, 6: STAMP_BASE + n}]
        identifier = self.client.publish(self._topic, cbor2.dumps(records), qos=1).mid
        assert identifier not in self._numbers, "packet identifiers have come round"
        self._numbers[identifier] = n
        self.published += 1

    def _acknowledged(self, client, data, identifier, code, properties):
        self._pubacks.append(identifier)
        self._room.release()


class Builder(Source):
    """A user of the Application API who makes, changes and deletes at random.

    `state` is everything acknowledged, and `doubt` is the state if the last request counted after all. Names are
    never used twice.
    """

    def __init__(self, about, key, random):
        self._address = about["host"], int(about["http"].rsplit(":", 1)[1])
        self._random = random
        self._connection = None
        self._count = 0
        self._token = self._fetch_token(key)
        self.user_id = key["id"]
        self.acknowledged = 0
        self.uploads, self._tried = {}, set()
        self.state = self.doubt = self.read()

    def request(self, method, path, body=None, content_type="application/json"):
        """Call the API. Raises if the answer is not 2xx."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(*self._address, timeout=WAIT)
        headers = {"Authorization": "Bearer " + self._token, "Content-Type": content_type}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.hang_up()
            raise
        assert 200 <= answer.status < 300, (method, path, body, answer.status, text)
        return json.loads(text) if text else None

    def hang_up(self):
        """Close the connection, which a restart has broken."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def read(self):
        """Return everything the user has, by name, and note the ids."""
        self.ids = {}
        things = self.request("GET", "/iot/v2/things?show_properties=true&show_deleted=true")
        state = {"things": {}, "deleted": set(), "devices": {}, "dashboards": {}, "values": {}}
        for thing in things:
            self.ids[thing["name"]] = thing["id"]
            if "deleted_at" in thing:
                state["deleted"].add(thing["name"])
                continue
            assert thing["properties_count"] == len(thing["properties"])
            properties = {each["name"]: each.get("max_value") for each in thing["properties"]}
            self.ids.update((each["name"], each["id"]) for each in thing["properties"])
            members = [thing["timezone"], thing["tags"], thing.get("device_name"), properties]
            state["things"][thing["name"]] = members
        for device in self.request("GET", "/iot/v2/devices"):
            self.ids[device["name"]] = device["id"]
            state["devices"][device["name"]] = [device["serial"], device["tags"]]
        for dashboard in self.request("GET", "/iot/v3/dashboards"):
            self.ids[dashboard["name"]] = dashboard["id"]
            linked = [each["name"] for widget in dashboard["widgets"] for each in widget["variables"]]
            state["dashboards"][dashboard["name"]] = linked
        names = [name for members in state["things"].values() for name in members[3]]
        asked = [{"q": "property." + self.ids[name], "sort": "ASC"} for name in names]
        body = {"requests": asked, "resp_version": 1}
        answer = self.request("POST", "/iot/v2/series/batch_query_raw", body)
        for name, item in zip(names, answer["responses"]):
            assert item["status"] == "ok" and item["property_name"] == name
            state["values"][name] = item["values"]
        return state

    def check(self):
        """Compare with what exists after a restart, and go on from there."""
        self.hang_up()
        there = self.read()
        story = "not as acknowledged:\n%r\nnor with the last request:\n%r\nbut:\n%r"
        assert there in (self.state, self.doubt), story % (self.state, self.doubt, there)
        self.state = self.doubt = there

    def step(self):
        """Do one thing, and note it once it is acknowledged."""
        self.doubt = copy.deepcopy(self.state)
        name, answer = self._change(self.doubt)
        self.state = self.doubt
        self.acknowledged += 1
        if answer is not None and "id" in answer:
            self.ids[name] = answer["id"]
            self.ids.update((each["name"], each["id"]) for each in answer.get("properties", ()))

    def _fetch_token(self, key):
        form = "grant_type=client_credentials&client_id=%(api_key_id)s&client_secret=%(api_key_secret)s" % key
        self._token = ""
        kind = "application/x-www-form-urlencoded"
        return self.request("POST", "/iot/v1/clients/token", form.encode(), kind)["access_token"]

    def _new(self, word):
        self._count += 1
        return "%s%d" % (word, self._count)

    def _one(self, names):
        return self._random.choice(sorted(names))

    def _change(self, state):
        """Choose a change, make it in `state`, and request it."""
        properties = state["values"]
        choices = [self._make_thing] * 2 + [self._make_device, self._upload]
        if state["things"]:
            choices += [self._change_thing, self._tag, self._make_property, self._attach, self._remove_thing]
        if properties:
            choices += [self._change_property, self._remove_property, self._make_dashboard]
            choices += [self._publish] * 4
        if state["devices"]:
            choices += [self._tag, self._change_device] + [self._remove_device] * (len(state["devices"]) > 3)
        if state["dashboards"]:
            choices += [self._change_dashboard] + [self._remove_dashboard] * (len(state["dashboards"]) > 2)
        if len(state["things"]) > 5:
            choices = [self._remove_thing]
        return self._random.choice(choices)(state)

    def _property(self, name, most):
        return {"name": name, "type": "INT", "permission": "READ_WRITE", "update_strategy": "ON_CHANGE",
                "max_value": most}  # fmt: skip

    def _free_device(self, state):
        taken = {members[2] for members in state["things"].values()}
        free = sorted(set(state["devices"]) - taken)
        return self._random.choice([None, *free])

    def _make_thing(self, state):
        name, device = self._new("thing"), self._free_device(state)
        properties = {self._new("p"): 10**6 for _ in range(self._random.randrange(3))}
        body = {"name": name, "timezone": "Europe/Rome", "tags": [{"key": "made", "value": "at-once"}]}
        body["properties"] = [self._property(*each) for each in properties.items()]
        body["id"] = str(uuid.UUID(int=self._random.getrandbits(128)))
        if device:
            body["device_id"] = self.ids[device]
        state["things"][name] = ["Europe/Rome", {"made": "at-once"}, device, properties]
        state["values"].update((each, []) for each in properties)
        return name, self.request("PUT", "/iot/v2/things", body)

    def _change_thing(self, state):
        name, new = self._one(state["things"]), self._new("renamed")
        members = state["things"].pop(name)
        state["things"][new] = ["Asia/Tokyo", *members[1:]]
        return new, self.request(
            "POST", "/iot/v2/things/" + self.ids[name], {"name": new, "timezone": "Asia/Tokyo"}
        )

    def _attach(self, state):
        name, device = self._one(state["things"]), self._free_device(state)
        state["things"][name][2] = device
        body = {"device_id": self.ids[device] if device else ""}
        return name, self.request("POST", "/iot/v2/things/" + self.ids[name], body)

    def _remove_thing(self, state):
        name, force = self._one(state["things"]), self._random.random() < 0.7
        for each in state["things"].pop(name)[3]:
            self._forget_property(state, each)
        if not force:
            state["deleted"].add(name)
        path = "/iot/v2/things/%s?force=%s" % (self.ids[name], str(force).lower())
        return name, self.request("DELETE", path)

    def _tag(self, state):
        kind = self._one(kind for kind in ("things", "devices") if state[kind])
        name = self._one(state[kind])
        tags = state[kind][name][1]
        path = "/iot/v2/%s/%s/tags" % (kind, self.ids[name])
        if tags and self._random.random() < 0.4:
            key = self._one(tags)
            del tags[key]
            return name, self.request("DELETE", path + "/" + key)
        key = self._random.choice("abc")
        tags[key] = self._new("v")
        return name, self.request("PUT", path, {"key": key, "value": tags[key]})

    def _path_of_property(self, state, name):
        thing = next(thing for thing, members in state["things"].items() if name in members[3])
        return "/iot/v2/things/%s/properties/%s" % (self.ids[thing], self.ids[name]), thing

    def _make_property(self, state):
        thing, name = self._one(state["things"]), self._new("p")
        state["things"][thing][3][name] = 10**6
        state["values"][name] = []
        path = "/iot/v2/things/%s/properties" % self.ids[thing]
        return name, self.request("PUT", path, self._property(name, 10**6))

    def _change_property(self, state):
        name, most = self._one(state["values"]), 10**6 + self._random.randrange(100)
        path, thing = self._path_of_property(state, name)
        state["things"][thing][3][name] = most
        return name, self.request("POST", path, self._property(name, most))

    def _remove_property(self, state):
        name = self._one(state["values"])
        path, thing = self._path_of_property(state, name)
        del state["things"][thing][3][name]
        self._forget_property(state, name)
        return name, self.request("DELETE", path)

    def _forget_property(self, state, name):
        del state["values"][name]
        for linked in state["dashboards"].values():
            linked[:] = [each for each in linked if each != name]

    def _publish(self, state):
        """Publish a new number: one value, a batch with times, or to all variables of a thing at once."""
        name = self._one(state["values"])
        path, thing = self._path_of_property(state, name)
        self._count += 1
        n = self._count
        way = self._random.randrange(3)
        if way == 0:
            state["values"][name].append(n)
            return name, self.request("PUT", path + "/publish", {"value": n})
        if way == 1:
            # Later than all values before, so that the series keeps their order.
            batch = [{"timestamp": "2242-01-01T00:00:00Z", "value": n + i / 4} for i in range(4)]
            state["values"][name] += [n] * 4
            return name, self.request("PUT", path + "/publish_batch", batch)
        names = list(state["things"][thing][3])
        for each in names:
            state["values"][each].append(n)
        body = {"properties": [{"property": each, "value": n} for each in names]}
        return name, self.request("PUT", "/iot/v2/things/%s/publish" % self.ids[thing], body)

    def _make_device(self, state):
        name = self._new("board")
        state["devices"][name] = ["serial", {}]
        body = {"type": "login_and_secretkey_wifi", "name": name, "serial": "serial"}
        return name, self.request("PUT", "/iot/v2/devices", body)

    def _change_device(self, state):
        name, serial = self._one(state["devices"]), self._new("serial")
        state["devices"][name][0] = serial
        return name, self.request("POST", "/iot/v2/devices/" + self.ids[name], {"serial": serial})

    def _remove_device(self, state):
        name = self._one(state["devices"])
        del state["devices"][name]
        for members in state["things"].values():
            if members[2] == name:
                members[2] = None
        for upload, (device, _) in list(self.uploads.items()):
            if device == self.ids[name]:
                del self.uploads[upload]
        return name, self.request("DELETE", "/iot/v2/devices/%s?force=true" % self.ids[name])

    def _upload(self, state):
        """Upload a firmware file for a device that has none yet. `state` stays the same."""
        with_file = {device for device, _ in self.uploads.values()}
        for name in sorted(state["devices"]):
            id = self.ids[name]
            if id in with_file or name in self._tried:
                continue
            self._tried.add(name)
            data = self._random.randbytes(3000)
            answer = self.request("POST", "/iot/v2/devices/%s/ota" % id, FORM % data, FORM_TYPE)
            self.uploads[answer["ota_id"]] = id, hashlib.sha256(data).hexdigest()
            return name, None
        return self._make_device(state)

    def _make_dashboard(self, state):
        name = self._new("dashboard")
        return name, self.request("POST", "/iot/v3/dashboards", self._dashboard(state, name))

    def _change_dashboard(self, state):
        name, new = self._one(state["dashboards"]), self._new("dashboard")
        del state["dashboards"][name]
        method = self._random.choice(("PUT", "PATCH"))
        path = "/iot/v3/dashboards/" + self.ids[name]
        return new, self.request(method, path, self._dashboard(state, new))

    def _dashboard(self, state, name):
        """Note a dashboard with a widget for some properties, and return the request's body."""
        linked = sorted(each for each in state["values"] if self._random.random() < 0.5)
        state["dashboards"][name] = linked
        widget = {"id": str(uuid.UUID(int=self._random.getrandbits(128))), "type": "Chart", "options": {}}
        widget.update(x=0, y=0, width=4, height=4, variables=[self.ids[each] for each in linked])
        return {"name": name, "widgets": [widget], "pages": []}

    def _remove_dashboard(self, state):
        name = self._one(state["dashboards"])
        del state["dashboards"][name]
        return name, self.request("DELETE", "/iot/v2/dashboards/" + self.ids[name])

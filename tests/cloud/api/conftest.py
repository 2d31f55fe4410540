"""The Application API over plain HTTP, a test's own users, and the official clients."""

import http.client
import json
import re
import ssl
import urllib.parse
import uuid

import pytest
from databases import Postgres
from local_clouds import LocalCloud
from official_clients import CLIENTS

BOOL = {True: "true", False: "false"}


class Answer:
    """Status, headers and JSON of an answer."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def detail(self):
        """The error's message. The error must have the API's form."""
        assert self.headers["content-type"] == "application/vnd.goa.error+json", self.body
        assert self.json["status"] == self.status
        return self.json["detail"]


class Api:
    """One user of the Application API. It returns answers of any status, which must be declared."""

    described = {}
    """The operations that each cloud describes, by the cloud's address."""

    def __init__(self, about, key):
        self.about = about
        self.key = key
        self.user_id = key["id"]
        self.token = self.new_token()

    def new_token(self, **changes):
        form = {
            "grant_type": "client_credentials",
            "client_id": self.key["api_key_id"],
            "client_secret": self.key["api_key_secret"],
            "audience": "https://api2.arduino.cc/iot",
            **changes,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.raw("POST", "/iot/v1/clients/token", urllib.parse.urlencode(form).encode(), headers)
        assert answer.status == 200, answer.body
        return answer.json["access_token"]

    def raw(self, method, path, body=None, headers=None, base="http"):
        """Send exactly this."""
        address = urllib.parse.urlsplit(self.about[base])
        if address.scheme == "https":
            context = ssl.create_default_context(cafile=self.about["ca_file"])
            connection = http.client.HTTPSConnection(address.netloc, timeout=10, context=context)
        else:
            connection = http.client.HTTPConnection(address.netloc, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def request(self, method, path, body=None, *, headers=None, base="http", **query):
        """Call `/iot` + path as the user."""
        pairs = [
            (name.rstrip("_"), BOOL.get(value, value) if isinstance(value, bool) else value)
            for name, value in query.items()
        ]
        path = "/iot" + path + ("?" + urllib.parse.urlencode(pairs, doseq=True) if pairs else "")
        named = {"Authorization": "Bearer " + self.token, **(headers or {})}
        if body is not None:
            named["Content-Type"] = "application/json"
        answer = self.raw(method, path, None if body is None else json.dumps(body).encode(), named, base)
        declared = self._declared(method, path.partition("?")[0].removeprefix("/iot"))
        assert declared is None or str(answer.status) in declared, (method, path, answer.status)
        return answer

    def _declared(self, method, path):
        """Return the statuses in the API's description of the operation, or None if it is not described."""
        if self.about["http"] not in Api.described:
            answer = self.raw("GET", "/iot/openapi.json")
            assert answer.status == 200, (answer.status, answer.body)
            paths = answer.json["paths"]
            Api.described[self.about["http"]] = [
                (re.compile(re.sub(r"{\w+}", "[^/]+", template)), operations) for template, operations in paths.items()
            ]
        for template, operations in Api.described[self.about["http"]]:
            if template.fullmatch(path) and method.lower() in operations:
                return operations[method.lower()]["responses"]
        return None

    def get(self, path, **query):
        return self.request("GET", path, **query)

    def put(self, path, body=None, **query):
        return self.request("PUT", path, body, **query)

    def post(self, path, body=None, **query):
        return self.request("POST", path, body, **query)

    def patch(self, path, body=None, **query):
        return self.request("PATCH", path, body, **query)

    def delete(self, path, **query):
        return self.request("DELETE", path, **query)

    def make_device(self, **members):
        body = {"type": "login_and_secretkey_wifi", "name": "board", **members}
        answer = self.put("/v2/devices", body)
        assert answer.status == 201, answer.body
        return answer.json

    def make_thing(self, *properties, **members):
        body = {"name": "Greenhouse", "properties": list(properties), **members}
        answer = self.put("/v2/things", body)
        assert answer.status == 201, answer.body
        return answer.json


def variable(name, kind="FLOAT", permission="READ_WRITE", **members):
    """Return a property as in a request."""
    return {"name": name, "type": kind, "permission": permission, "update_strategy": "ON_CHANGE", **members}


@pytest.fixture
def prop():
    """`prop(name, kind, permission)` -> a property as in a request."""
    return variable


@pytest.fixture
def new_user(local_cloud, api):
    """`new_user(name)` -> an Api for a new user, whose name begins like this."""

    def make(name="tester", about=local_cloud.about, local=api):
        # Many tests share the cloud, and names are unique.
        return Api(about, local.request("POST", "/users", {"name": "%s %s" % (name, uuid.uuid4())}))

    return make


@pytest.fixture
def user(new_user):
    """The test's own user."""
    return new_user()


@pytest.fixture(scope="session")
def cloud_on_postgresql(tmp_path_factory):
    """One local cloud on PostgreSQL for all tests of a worker (local_clouds.LocalCloud)."""
    postgres = Postgres()
    try:
        folder = tmp_path_factory.mktemp("cloud-on-postgresql")
        cloud = LocalCloud(folder, "--database", postgres.new_database())
        yield cloud
        cloud.stop()
    finally:
        postgres.stop()


@pytest.fixture
def board(user, prop, make_device):
    """A connected device of the user with a thing: lamp (READ_WRITE), t (READ_ONLY)."""
    made = user.make_device()
    user.put("/v2/devices/%s/pass" % made["id"], {"password": "a secret"})
    thing = user.make_thing(
        prop("lamp", "STATUS"), prop("t", "FLOAT", "READ_ONLY", max_value=50), device_id=made["id"]
    )
    about = {**user.about, "device_id": made["id"], "secret": "a secret", "thing_id": thing["id"]}
    device = make_device(about)
    assert device.connect() == "Success"
    assert device.subscribe(device.thing_topic("e/i")) == 1
    device.ids = {each["name"]: each["id"] for each in thing["properties"]}
    return device


@pytest.fixture(scope="session")
def official_client():
    """`official_client(name)` -> the official client of that name, one process for all tests of a worker."""
    made = {}

    def make(name):
        if name not in made:
            made[name] = CLIENTS[name]()
        return made[name]

    yield make
    for client in made.values():
        client.stop()


@pytest.fixture(params=list(CLIENTS))
def official(request, official_client, user):
    """Each official client in turn, as the user (official_clients.OfficialClient)."""
    client = official_client(request.param)
    client.login({**user.about, **user.key})
    return client

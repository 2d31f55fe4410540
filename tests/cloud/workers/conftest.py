"""Fleets: several workers with mosquitto and PostgreSQL. Devices and the local API come from tests/cloud."""

import json
import urllib.request

import pytest
from databases import Postgres
from fleets import Fleet
from loads import VARIABLES, at_broker


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server (databases.Postgres)."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def start_fleet(postgres, tmp_path):
    """`start_fleet(workers=2)` -> a new fleets.Fleet, stopped at the end."""
    made = []

    def make(workers=2, **options):
        made.append(Fleet(tmp_path / ("fleet%d" % len(made)), postgres, **options))
        for _ in range(workers):
            made[-1].start_worker()
        return made[-1]

    yield make
    for fleet in made:
        fleet.stop()


@pytest.fixture(scope="session")
def fleet(postgres, tmp_path_factory):
    """A fleet of two workers for all tests of a process. Leave it as it was."""
    fleet = Fleet(tmp_path_factory.mktemp("fleet"), postgres)
    try:
        for _ in range(2):
            fleet.start_worker()
        yield fleet
    finally:
        fleet.stop()


@pytest.fixture
def apis(fleet, api_of):
    """The local API at each of the fleet's two workers."""
    return [api_of(worker.about) for worker in fleet.workers]


@pytest.fixture
def project(apis, fleet):
    """The test's own device and thing, made at the first worker, as `about`."""
    return at_broker(apis[0].make_project(*VARIABLES), fleet)


@pytest.fixture
def device(project, make_device):
    """The project's device, connected to the broker."""
    device = make_device(project)
    assert device.connect() == "Success"
    return device


@pytest.fixture
def api_user(fleet):
    """`api_user(method, path, body=None)`: the Application API of the second worker, as the default user."""
    about = fleet.workers[1].about
    form = "grant_type=client_credentials&client_id=%s&client_secret=%s" % (
        about["api_key_id"],
        about["api_key_secret"],
    )
    with urllib.request.urlopen(about["token_url"], form.encode(), timeout=10) as answer:
        token = json.load(answer)["access_token"]

    def request(method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
        asked = urllib.request.Request(about["http"] + path, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.read()

    return request

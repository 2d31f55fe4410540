"""A list of many things costs no more database queries than a list of few."""

import asyncio
import json
import urllib.request
from contextlib import contextmanager

import pytest
from localcloud.cloud import LocalCloud
from localcloud.identity.tokens import Tokens
from localcloud.reach.ports import Ports
from localcloud.store import catalogue
from localcloud.store.credentials import grant_of
from localcloud.store.models import Dashboard, DashboardShare, now_us
from sqlalchemy import Engine, event

MANY = 200
PATHS = (
    "/v2/things",
    "/v2/things?show_properties=true",
    "/v2/devices",
    "/v2/dashboards",
    "/v3/dashboards",
)


@contextmanager
def questions():
    """Yield a list that grows with every statement this process executes."""
    statements = []

    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def user_with_key(session, name):
    user = catalogue.create_user(session, name=name)
    key = catalogue.create_api_key(session, user.id, name=name, secret_hash="none")
    session.flush()
    return grant_of(key)


def add(session, user_id, other_id, count):
    """Add things with variables, devices and dashboards. The dashboards are shared with another user."""
    for i in range(count):
        device = catalogue.create_device(session, name="board", secret_hash=None, user_id=user_id)
        thing = catalogue.create_thing(session, name="thing", user_id=user_id)
        catalogue.attach_device(session, thing.id, device.id)
        variables = [
            catalogue.create_variable(session, thing.id, name="v%d" % n, type="FLOAT", tag=n)
            for n in range(3)
        ]
        widget = {"id": "w%d" % i, "type": "Gauge", "options": {}, "x": 0, "y": 0, "width": 1, "height": 1}
        widgets = [{**widget, "variables": [each.id]} for each in variables]
        made = {"name": "dashboard", "widgets": widgets, "pages": [], "updated_at": now_us()}
        dashboard = Dashboard(id=thing.id, user_id=user_id, **made)
        session.add(dashboard)
        session.flush()
        session.add(DashboardShare(dashboard_id=dashboard.id, user_id=other_id))


def fetch(about, path, token):
    headers = {"Authorization": "Bearer " + token}
    request = urllib.request.Request(about["http"] + "/iot" + path, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """By path and whether the owner asks: the list and its number of queries, first for one thing, then for many."""

    async def run():
        cloud = await LocalCloud.start(tmp_path_factory.mktemp("cloud"), ports=Ports.free())
        result = {}
        try:
            tokens = await Tokens.of(cloud.store)
            grants = await cloud.store.write(lambda session: [user_with_key(session, name) for name in ("owner", "other")])
            owner, other = (grant.user_id for grant in grants)
            for count in (1, MANY - 1):
                await cloud.store.write(lambda session: add(session, owner, other, count))
                for path in PATHS:
                    for grant in grants:
                        token, counts = tokens.issue(grant), []
                        for _ in range(3):
                            with questions() as asked:
                                listed = await asyncio.to_thread(fetch, cloud.description(), path, token)
                            counts.append(len(asked))
                        # The least, since the cloud asks something for itself now and then.
                        result.setdefault((path, grant.user_id == owner), []).append((listed, min(counts)))
        finally:
            await cloud.stop()
        return result

    return asyncio.run(run())


@pytest.mark.parametrize("is_owner", [True, False])
@pytest.mark.parametrize("path", PATHS)
def test_lists_ask_as_much_for_many_as_for_one(counted, path, is_owner):
    (few, asked_few), (many, asked_many) = counted[path, is_owner]
    expected = (1, MANY) if is_owner or "dashboards" in path else (0, 0)
    assert (len(few), len(many)) == expected
    print(path, "questions:", asked_few, asked_many)
    assert asked_many == asked_few
    assert asked_many <= 8
    for each in many:
        if "show_properties" in path:
            assert [property["name"] for property in each["properties"]] == ["v0", "v1", "v2"]
        elif "things" in path:
            assert each["properties_count"] == 3 and each["device_name"] == "board"
        elif "devices" in path:
            assert each["thing"]["properties_count"] == len(each["thing"]["properties"]) == 3
        else:
            names = [variable["name"] for widget in each["widgets"] for variable in widget["variables"]]
            assert names == ["v0", "v1", "v2"]
            assert [shared["username"] for shared in each["shared_with"]] == ["other"]

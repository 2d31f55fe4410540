"""`things clone` and `dashboards clone`."""

import json


def test_a_thing_is_copied_many_times_and_gets_devices(command, proxy, account, thing, name):
    thing(("led", "STATUS"), ("n", "INT"))
    for n in (1, 2, 3):
        account("PUT", "devices", {"name": "%s d%d" % (name, n), "type": "login_and_secretkey_wifi"})
    arguments = (
        "things",
        "clone",
        name,
        "--name",
        name + " {n:02}",
        "--count",
        "3",
        "--device",
        name + " d{n}",
    )
    # The run ends after it has made the second copy and before it attaches its device.
    updates = []
    proxy.refuse = lambda method, path: (
        method == "POST" and "/things/" in path and (updates.append(1) or len(updates) == 2)
    )
    failed = command.through(proxy, *arguments, code=3)
    assert "2 done so far" in failed.stderr
    proxy.refuse = lambda method, path: False
    assert command.through(proxy, *arguments).stdout == "1 created, 2 already existed\n"
    things = account.named("things", name + " ")
    assert set(things) == {"%s %02d" % (name, n) for n in (1, 2, 3)}
    for n in (1, 2, 3):
        copy = things["%s %02d" % (name, n)]
        assert copy["device_name"] == "%s d%d" % (name, n)
        assert [(each["name"], each["type"]) for each in copy["properties"]] == [
            ("led", "STATUS"),
            ("n", "INT"),
        ]
    proxy.requests.clear()
    assert command.through(proxy, *arguments).stdout == "0 created, 3 already existed\n"
    assert proxy.writes == []


def test_a_dashboard_is_copied_onto_another_thing(command, proxy, account, thing, name):
    original, copy = thing(("led", "STATUS")), thing(("led", "STATUS"), called=name + " 1")
    widget = {"id": "3b0c1c1e-8a0c-4a55-9d27-3f6f5f1b1a11", "type": "Switch", "name": "S", "options": {}}
    widget.update(x=1, y=2, width=3, height=4, variables=[original["properties"][0]["id"]])
    account("POST", "dashboards", {"name": name, "widgets": [widget]})
    arguments = (
        "dashboards",
        "clone",
        name,
        "--name",
        name + " board {n}",
        "--thing",
        "%s=%s {n}" % (name, name),
    )
    proxy.refuse = lambda method, path: "/dashboards" in path and method != "GET"
    command.through(proxy, *arguments, code=1)
    assert set(account.named("dashboards", name)) == {name}
    proxy.refuse = lambda method, path: False
    said = json.loads(command.through(proxy, *arguments, "--json").stdout)
    made = account("GET", "dashboards/" + said["created"][0]["id"])
    assert made["name"] == name + " board 1"
    (shown,) = made["widgets"]
    assert [each["id"] for each in shown["variables"]] == [copy["properties"][0]["id"]]
    assert (shown["x"], shown["y"], shown["width"], shown["height"]) == (1, 2, 3, 4)
    assert command.local(*arguments).stdout == "0 created, 1 already existed\n"
    listed = [line.split("\t") for line in command.local("dashboards", "list").stdout.splitlines()]
    assert [made["name"], made["id"], "1"] in [line[:3] for line in listed]


def test_a_copy_whose_making_is_not_answered_is_there_for_the_next_run(command, proxy, account, name):
    account("POST", "dashboards", {"name": name, "widgets": []})
    arguments = ("dashboards", "clone", name, "--name", name + " {n}", "--count", "2")
    # Whichever request makes a dashboard, the run ends with it.
    proxy.lose = lambda method, path: "/dashboards" in path and method != "GET"
    command.through(proxy, *arguments, code=3)
    assert set(account.named("dashboards", name)) == {name, name + " 1"}
    proxy.lose = lambda method, path: False
    assert command.through(proxy, *arguments).stdout == "1 created, 1 already existed\n"
    listed = [each["name"] for each in account("GET", "dashboards") if each["name"].startswith(name)]
    assert sorted(listed) == [name, name + " 1", name + " 2"]


def test_a_copy_of_a_dashboard_has_all_of_it(command, account, thing, name):
    one = thing(("Air Temp", "FLOAT"), ("led", "STATUS"))
    other = thing(("Air Temp", "FLOAT"), called=name + " b")
    ids = {each["name"]: each["id"] for each in one["properties"]}
    places = {"x": 1, "y": 2, "width": 3, "height": 4}
    mobile = {"x_mobile": 5, "y_mobile": 6, "width_mobile": 7, "height_mobile": 8}
    chart = {"type": "Chart", "name": "C", "options": {"max": {"of": 3}}, "page_id": "p1", **places, **mobile}
    label = {"type": "StickyNote", "options": {}, "page_id": "0", **places}
    linked = [ids["Air Temp"], ids["led"]]
    widgets = [
        {**chart, "id": "3b0c1c1e-8a0c-4a55-9d27-3f6f5f1b1a11", "variables": linked},
        {**label, "id": "3b0c1c1e-8a0c-4a55-9d27-3f6f5f1b1a12", "variables": []},
    ]
    pages = [{"id": "p1", "name": "Second", "position": 1, "icon": "leaf"}]
    body = {"name": name, "cover_image": "mountain", "pages": pages, "widgets": widgets}
    account("POST", "dashboards", body, version="v3")

    def copy(*arguments):
        said = command.local("dashboards", "clone", name, *arguments, "--json").stdout
        return account("GET", "dashboards/" + json.loads(said)["created"][0]["id"], version="v3")

    same = copy("--name", name + " same")
    assert (same["cover_image"], same["pages"]) == ("mountain", pages)
    for found, wanted in zip(same["widgets"], (chart, label), strict=True):
        assert wanted.items() <= found.items()
        assert found["id"] not in {each["id"] for each in widgets}
    assert [[each["id"] for each in widget["variables"]] for widget in same["widgets"]] == [linked, []]
    # The other thing has no "led", so it is left out.
    moved = copy("--name", name + " moved", "--thing", "%s=%s b" % (name, name))
    assert [each["id"] for each in moved["widgets"][0]["variables"]] == [other["properties"][0]["id"]]


def test_what_is_copied_has_to_be_meant_clearly(command, account, thing, name):
    thing(("led", "STATUS"))
    second = thing(("led", "STATUS"))
    twice = command.local("things", "clone", name, "--name", "x", code=1)
    # Other tests export everything and apply the file, which must not have two things of one name.
    account("DELETE", "things/%s?force=true" % second["id"])
    assert "2 things are called '%s': choose one by its id" % name in twice.stderr
    assert "no thing is called" in command.local("things", "clone", name + "x", "--name", "x", code=1).stderr
    assert (
        "place for the number"
        in command.local("things", "clone", name, "--name", "x", "--count", "2", code=2).stderr
    )
    assert (
        "expected OLD=NEW"
        in command.local("dashboards", "clone", "x", "--name", "y", "--thing", "a", code=2).stderr
    )

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
    # The second copy is made, but its device is not attached before the run ends.
    updates = []
    proxy.refuse = lambda method, path: (
        method == "POST" and "/things/" in path and (updates.append(1) or len(updates) == 2)
    )
    failed = command.through(proxy, *arguments, code=3)
    assert "2 done so far" in failed.stderr
    proxy.refuse = lambda method, path: False
    assert command.through(proxy, *arguments).stdout == "1 created, 2 there already\n"
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
    assert command.through(proxy, *arguments).stdout == "0 created, 3 there already\n"
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
    # A copy that cannot be named is not left behind under the original's name.
    proxy.refuse = lambda method, path: method == "PATCH"
    command.through(proxy, *arguments, code=1)
    assert set(account.named("dashboards", name)) == {name}
    proxy.refuse = lambda method, path: False
    said = json.loads(command.through(proxy, *arguments, "--json").stdout)
    made = account("GET", "dashboards/" + said["created"][0]["id"])
    assert made["name"] == name + " board 1"
    (shown,) = made["widgets"]
    assert [each["id"] for each in shown["variables"]] == [copy["properties"][0]["id"]]
    assert (shown["x"], shown["y"], shown["width"], shown["height"]) == (1, 2, 3, 4)
    assert command.local(*arguments).stdout == "0 created, 1 there already\n"
    listed = [line.split("\t") for line in command.local("dashboards", "list").stdout.splitlines()]
    assert [made["name"], made["id"], "1"] in [line[:3] for line in listed]


def test_what_is_copied_has_to_be_meant_clearly(command, account, thing, name):
    thing(("led", "STATUS"))
    thing(("led", "STATUS"))
    twice = command.local("things", "clone", name, "--name", "x", code=1)
    assert "2 things are called '%s': name one by its id" % name in twice.stderr
    assert "there is no thing" in command.local("things", "clone", name + "x", "--name", "x", code=1).stderr
    assert (
        "place for the number"
        in command.local("things", "clone", name, "--name", "x", "--count", "2", code=2).stderr
    )
    assert (
        "expected OLD=NEW"
        in command.local("dashboards", "clone", "x", "--name", "y", "--thing", "a", code=2).stderr
    )

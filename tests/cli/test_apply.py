"""`things apply` and `things export` against a real local cloud in its own process."""

import json
import re

import pytest

PROJECT = """\
devices:
  - {{name: "{0} d{{n}}", count: 3, tags: {{class: 3b}}}}
things:
  - name: "{0} t{{n}}"
    count: 3
    device: "{0} d{{n}}"
    timezone: Europe/Rome
    properties:
      - {{name: temperature, type: TEMPERATURE, permission: READ_ONLY}}
      - {{name: led, type: STATUS}}
dashboards:
  - name: {0} board
    widgets:
      - {{type: Gauge, name: "T{{n}}", count: 3, variables: ["{0} t{{n}}/temperature"]}}
"""


@pytest.fixture
def file(tmp_path, name):
    path = tmp_path / "project.yaml"
    path.write_text(PROJECT.format(name))
    return path


def test_all_is_made_and_a_second_run_changes_nothing(command, proxy, account, file, name):
    first = command.through(proxy, "things", "apply", file, "--secrets-dir", "secrets")
    assert first.stdout.splitlines()[-1] == "10 steps done"
    things, devices = account.named("things", name), account.named("devices", name)
    assert len(things) == len(devices) == 3
    for n in "123":
        thing, device = things["%s t%s" % (name, n)], devices["%s d%s" % (name, n)]
        assert thing["device_id"] == device["id"] and thing["timezone"] == "Europe/Rome"
        assert device["tags"] == {"class": "3b"}
        assert {each["name"]: each["permission"] for each in thing["properties"]} == {
            "temperature": "READ_ONLY",
            "led": "READ_WRITE",
        }
        secrets = (command.folder / "secrets" / (device["name"] + ".py")).read_text()
        assert account.accepts(device["id"], re.search("SECRET_KEY = '(.*)'", secrets).group(1))
    board = account.named("dashboards", name)[name + " board"]
    linked = [each["variables"][0]["thing_name"] for each in board["widgets"]]
    assert linked == ["%s t%s" % (name, n) for n in "123"]

    proxy.requests.clear()
    second = command.through(proxy, "things", "apply", file)
    assert second.stdout == "nothing to change\n"
    assert proxy.writes == []
    # One request for a token, and one each for the devices, the things, the dashboards and the one dashboard
    assert len(proxy.requests) == 5, proxy.requests
    assert account.named("dashboards", name)[name + " board"]["updated_at"] == board["updated_at"]


def test_a_changed_file_updates_only_the_differences(command, proxy, account, file, name):
    command.local("things", "apply", file, "--secrets-dir", "secrets")
    changed = file.read_text().replace("class: 3b", "class: 4b").replace("{name: led, type: STATUS}", "")
    file.write_text(changed.replace("      - \n", "").replace("Europe/Rome", "Europe/Paris"))
    dry = command.through(proxy, "things", "apply", file, "--dry-run", "--json")
    planned = json.loads(dry.stdout)
    assert planned["dry_run"] and len(planned["steps"]) == 6 and len(planned["not_in_file"]) == 3
    assert proxy.writes == []
    command.through(proxy, "things", "apply", file)
    assert len(proxy.writes) == 6
    things = account.named("things", name)
    assert {each["timezone"] for each in things.values()} == {"Europe/Paris"}
    assert all(len(each["properties"]) == 2 for each in things.values())
    pruned = command.local("things", "apply", file, "--prune")
    assert len(re.findall("^delete property", pruned.stdout, re.M)) == 3
    assert all(len(each["properties"]) == 1 for each in account.named("things", name).values())
    assert {each["tags"]["class"] for each in account.named("devices", name).values()} == {"4b"}


def test_a_refusal_in_the_middle_is_told_by_the_exit_code_and_the_next_run_does_the_rest(
    command, proxy, account, file, name
):
    proxy.refuse = lambda method, path: method == "PUT" and path == "/iot/v2/things"
    failed = command.through(proxy, "things", "apply", file, "--secrets-dir", "secrets", code=3)
    assert "HTTP 403: not today" in failed.stderr and "6 done so far" in failed.stderr
    assert len(account.named("devices", name)) == 3 and not account.named("things", name)
    proxy.refuse = lambda method, path: False
    again = command.through(proxy, "things", "apply", file, "--secrets-dir", "secrets")
    assert again.stdout.splitlines()[-1] == "4 steps done"
    assert len(account.named("things", name)) == 3


def test_new_devices_need_a_folder_for_their_secrets(command, account, file, name):
    refused = command.local("things", "apply", file, code=2)
    assert "--secrets-dir is needed for the secrets of 3 new devices" in refused.stderr
    assert not account.named("devices", name)


def test_a_mistake_in_the_file_is_told_before_any_request(command, proxy, file):
    file.write_text(file.read_text().replace("TEMPERATURE", "TEMPRATURE"))
    refused = command.through(proxy, "things", "apply", file, code=2)
    assert re.search(
        r"^%s:9: things\[0\]\.properties\[0\]\.type: expected" % re.escape(str(file)), refused.stderr, re.M
    )
    assert proxy.requests == []


def test_what_is_exported_is_what_is_there(command, file, name):
    command.local("things", "apply", file, "--secrets-dir", "secrets")
    command.local("things", "export", "--output", "export.yaml")
    exported = (command.folder / "export.yaml").read_text()
    assert "%s t2/temperature" % name in exported
    assert command.local("things", "export").stdout == exported
    applied = command.local("things", "apply", "export.yaml", "--prune")
    assert applied.stdout == "nothing to change\n"

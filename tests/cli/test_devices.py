"""`devices create` and `devices list`: whatever interrupts them, no secret is lost."""

import json
import os
import re
import signal
import stat
import subprocess

import pytest


def secrets_in(folder):
    """Return (device id, secret) by device name."""
    found = {}
    for path in folder.glob("*.py"):
        values = {}
        exec(path.read_text(), values)
        found[path.stem] = values["DEVICE_ID"], values["SECRET_KEY"]
    return found


def test_many_devices_each_with_its_secret_for_the_owner_only(command, account, name):
    made = command.local(
        "devices", "create", "--count", "4", "--name", name + " {n:02}", "--secrets-dir", "new/secrets"
    )
    assert made.stdout == "4 created, 0 already existed; secrets in new/secrets\n"
    folder = command.folder / "new" / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secrets = secrets_in(folder)
    devices = account.named("devices", name)
    assert set(secrets) == set(devices) == {"%s %02d" % (name, n) for n in range(1, 5)}
    for path in folder.glob("*.py"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for called, (device_id, secret) in secrets.items():
        assert devices[called]["id"] == device_id
        assert account.accepts(device_id, secret)
        assert secret not in made.stdout + made.stderr


def test_a_second_run_makes_only_what_is_missing(command, proxy, account, name):
    arguments = ("devices", "create", "--name", name + " {n}", "--secrets-dir", "secrets")
    command.through(proxy, *arguments, "--count", "2")
    before = secrets_in(command.folder / "secrets")
    proxy.requests.clear()
    assert command.through(proxy, *arguments, "--count", "2").stdout == "nothing to do: all 2 exist\n"
    assert proxy.writes == []
    said = json.loads(command.through(proxy, *arguments, "--count", "3", "--json").stdout)
    assert [each["name"] for each in said["created"]] == [name + " 3"] and said["there"] == 2
    after = secrets_in(command.folder / "secrets")
    assert before.items() < after.items()


@pytest.mark.parametrize(
    "method, path",
    [("PUT", r"/devices$"), ("GET", r"/pass"), ("PUT", r"/pass$")],
    ids=["create", "suggest", "set"],
)
def test_a_run_killed_in_the_middle_is_continued(command, proxy, account, name, method, path):
    folder = command.folder / "secrets"
    wanted = []

    def second_time(asked, where):
        wanted.append(1) if asked == method and re.search(path, where.split("?")[0]) else None
        return len(wanted) == 2

    proxy.hold = second_time
    arguments = ("devices", "create", "--count", "3", "--name", name + " {n}", "--secrets-dir", "secrets")
    process = command.start(*arguments, "--url", proxy.url, **command.key())
    assert proxy.held.wait(20), process.stderr
    process.signal(signal.SIGKILL)
    process.wait()
    if path == r"/devices$":
        # The request has arrived but not its answer: the device exists, and only the cloud knows its id.
        account("PUT", "devices", {"name": name + " 2", "type": "login_and_secretkey_wifi"})
    before = secrets_in(folder)
    assert set(before) == {name + " 1"}

    again = command.local(*arguments)
    assert again.stdout.startswith("2 created, 1 already existed")
    secrets, devices = secrets_in(folder), account.named("devices", name)
    assert len(secrets) == len(devices) == 3
    assert before.items() < secrets.items()
    for called, (device_id, secret) in secrets.items():
        assert devices[called]["id"] == device_id and account.accepts(device_id, secret)
    assert not list(folder.glob("*.part"))


def test_a_secret_that_the_cloud_took_without_answering_is_the_one_in_the_file(command, proxy, account, name):
    proxy.hold = lambda method, path: method == "PUT" and path.endswith("/pass")
    arguments = ("devices", "create", "--name", name, "--secrets-dir", "secrets")
    process = command.start(*arguments, "--url", proxy.url, **command.key())
    assert proxy.held.wait(20), process.stderr
    process.signal(signal.SIGKILL)
    process.wait()
    part = json.loads((command.folder / "secrets" / (name + ".part")).read_text())
    account("PUT", "devices/%s/pass" % part["device_id"], {"password": part["secret"]})
    command.local(*arguments)
    assert secrets_in(command.folder / "secrets") == {name: (part["device_id"], part["secret"])}
    assert account.accepts(part["device_id"], part["secret"])


def test_a_device_that_the_cloud_has_refused_is_not_taken_for_one_of_that_name_made_later(
    command, proxy, account, name
):
    proxy.refuse = lambda method, path: method == "PUT" and path.endswith("/devices")
    arguments = ("devices", "create", "--name", name, "--secrets-dir", "secrets")
    command.through(proxy, *arguments, code=1)
    others = account("PUT", "devices", {"name": name, "type": "login_and_secretkey_wifi"})
    account("PUT", "devices/%s/pass" % others["id"], {"password": "the owner's"})
    assert "already exists" in command.local(*arguments, code=1).stderr
    assert account.accepts(others["id"], "the owner's")


def test_a_device_that_is_made_without_its_secret_is_a_part_that_is_done(command, proxy, account, name):
    proxy.refuse = lambda method, path: method == "PUT" and path.endswith("/pass")
    arguments = ("devices", "create", "--name", name, "--secrets-dir", "secrets")
    command.through(proxy, *arguments, code=3)
    assert set(account.named("devices", name)) == {name}
    proxy.refuse = lambda method, path: False
    command.through(proxy, *arguments)
    ((device_id, secret),) = secrets_in(command.folder / "secrets").values()
    assert account.accepts(device_id, secret)


def test_a_folder_that_can_no_longer_be_written_is_a_part_that_is_done(command, proxy, account, name):
    folder, away = command.folder / "secrets", command.folder / "away"
    makings = []

    def take_the_folder_away(method, path):
        if method == "PUT" and path.endswith("/devices"):
            makings.append(path)
            if len(makings) == 3:
                folder.rename(away)
        return False

    proxy.refuse = take_the_folder_away
    arguments = ("devices", "create", "--count", "5", "--name", name + " {n}", "--secrets-dir", "secrets")
    failed = command.through(proxy, *arguments, code=3)
    assert "No such file or directory" in failed.stderr and "2 done so far" in failed.stderr
    assert len(account.named("devices", name)) == 3
    away.rename(folder)
    command.through(proxy, *arguments)
    secrets = secrets_in(folder)
    assert len(secrets) == len(account.named("devices", name)) == 5
    assert all(account.accepts(*each) for each in secrets.values())


def test_output_that_nobody_reads_is_told_from_a_run_that_changed_nothing(command, cloud, name):
    arguments = ("devices", "create", "--name", name, "--secrets-dir", "secrets", "--data", cloud.data)

    def code_of(*more):
        reading, writing = os.pipe()
        os.close(reading)
        ends = {"stdout": writing, "stderr": subprocess.PIPE}
        words = [*command.words, *arguments, *more]
        done = subprocess.run(words, **ends, env=command.environment, cwd=command.folder)
        os.close(writing)
        assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr, done.stderr
        return done.returncode

    assert code_of() == 3
    assert code_of() == code_of("--json") == 1
    assert command(*arguments).stdout == "nothing to do: all 1 exist\n"


def test_a_device_whose_secret_is_elsewhere_is_left_alone_unless_told_otherwise(command, account, name):
    command.local("devices", "create", "--name", name, "--secrets-dir", "first")
    ((device_id, secret),) = secrets_in(command.folder / "first").values()
    refused = command.local("devices", "create", "--name", name, "--secrets-dir", "second", code=1)
    assert "already exists, but its secret is not in second" in refused.stderr
    assert account.accepts(device_id, secret)
    command.local("devices", "create", "--name", name, "--secrets-dir", "second", "--new-secrets")
    ((same_id, new_secret),) = secrets_in(command.folder / "second").values()
    assert same_id == device_id and account.accepts(device_id, new_secret)
    assert not account.accepts(device_id, secret)


def test_a_file_of_a_device_that_is_gone_is_not_written_over(command, account, name):
    command.local("devices", "create", "--name", name, "--secrets-dir", "secrets")
    before = secrets_in(command.folder / "secrets")
    account("DELETE", "devices/%s?force=true" % before[name][0])
    refused = command.local("devices", "create", "--name", name, "--secrets-dir", "secrets", code=1)
    assert "the cloud has no device %s; move this file away" % before[name][0] in refused.stderr
    assert secrets_in(command.folder / "secrets") == before


def test_a_folder_that_others_can_enter_is_refused(command, account, name):
    os.mkdir(command.folder / "open", 0o755)
    refused = command.local("devices", "create", "--name", name, "--secrets-dir", "open", code=2)
    assert "chmod 700" in refused.stderr
    assert not account.named("devices", name)


def test_the_list_has_a_line_for_each_device(command, account, name):
    made = account("PUT", "devices", {"name": name, "type": "login_and_secretkey_wifi"})
    lines = [line.split("\t") for line in command.local("devices", "list").stdout.splitlines()]
    assert lines[0] == ["NAME", "ID", "STATUS", "THING"]
    assert [name, made["id"], "OFFLINE", ""] in lines
    described = json.loads(command.local("devices", "list", "--json").stdout)
    assert [each for each in described if each["id"] == made["id"]]

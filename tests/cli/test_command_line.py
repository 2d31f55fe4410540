"""What all commands share: help, exit codes, the choice of the cloud, and keys that stay secret."""

import json
import os
import pty
import re
import socket
import subprocess
import sys

import pytest
from localcloud.cli import described, main
from processes import Process
from toolchain.paths import TOOLS

COMMANDS = [
    "serve",
    "devices list",
    "devices create",
    "things list",
    "things clone",
    "things apply",
    "things export",
    "dashboards list",
    "dashboards clone",
    "series export",
    "series plot",
    "watch",
]


def test_the_help_of_each_command_has_examples_that_are_of_it(command, capsys):
    listed = command("--help").stdout
    assert "exit codes:" in listed
    for each in COMMANDS:
        assert each.split()[0] in listed
        with pytest.raises(SystemExit):
            main([*each.split(), "--help"])
        text = capsys.readouterr().out
        examples = text[text.index("\nexamples:\n") :]
        assert examples.count("local-cloud " + each) >= 2, text


def test_the_script_in_the_checkout_is_the_same_command(cloud):
    process = Process([TOOLS / "local-cloud", "things", "list", "--data", cloud.data])
    finished = process.wait()
    assert finished.returncode == 0 and cloud.thing_id in finished.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("devices",),
        ("fly",),
        ("devices", "create", "--secrets-dir", "x", "--count", "0"),
        ("things", "apply"),
    ],
    ids=str,
)
def test_a_wrong_command_line_ends_with_2(command, arguments):
    assert "usage:" in command(*arguments, code=2).stderr


def test_the_local_cloud_of_this_machine_is_found_and_its_end_is_noticed(
    start_local_cloud, command, tmp_path
):
    data = {"XDG_DATA_HOME": str(tmp_path)}
    nothing = command("things", "list", code=1, **data)
    assert (
        "no local cloud runs on this machine" in nothing.stderr and "ARDUINO_CLOUD_CLIENT" in nothing.stderr
    )
    cloud = start_local_cloud(data=tmp_path / "arduino-local-cloud")
    described = tmp_path / "arduino-local-cloud" / "running.json"
    assert described.stat().st_mode & 0o777 == 0o600
    assert cloud.thing_id in command("things", "list", **data).stdout
    assert cloud.thing_id in command("things", "list", "--cloud", "local", **data).stdout
    cloud.process.kill()
    assert described.exists(), "a killed cloud cannot tidy up"
    killed = command("things", "list", "--cloud", "local", code=1, **data)
    assert "no local cloud runs with its data in %s" % (tmp_path / "arduino-local-cloud") in killed.stderr


def test_a_cloud_that_is_stopped_takes_its_description_away(start_local_cloud, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data")
    assert (tmp_path / "data" / "running.json").exists()
    cloud.stop()
    assert not (tmp_path / "data" / "running.json").exists()


def test_descriptions_that_a_kill_has_left_are_taken_away_by_the_next_cloud_in_the_folder(tmp_path):
    alone = {"data": str(tmp_path), "https": "https://127.0.0.1:1"}
    workers = [{**alone, "https": "https://127.0.0.1:%d" % port, "broker": "mqtt://b:1"} for port in (1, 2)]
    described.leave(alone)
    for each in workers:
        described.leave(each)
    left = [json.loads(path.read_bytes()) for path in sorted(tmp_path.iterdir())]
    assert left == workers
    described.leave(alone)
    (path,) = tmp_path.iterdir()
    assert path.name == "running.json"


def test_a_worker_that_was_killed_does_not_hide_the_others(tmp_path):
    about = {"data": str(tmp_path), "broker": "mqtt://b:1"}
    with socket.create_server(("127.0.0.1", 0)) as killed, socket.create_server(("127.0.0.1", 0)) as living:
        ports = [each.getsockname()[1] for each in (killed, living)]
        workers = [{**about, "https": "https://127.0.0.1:%d" % port} for port in ports]
        for each in workers:
            described.leave(each)
        killed.close()
        assert described.running(tmp_path) == workers[1]


def test_a_cloud_by_its_address_with_tls_and_a_key_from_a_file(command, cloud):
    key = command.folder / "key.yaml"
    key.write_text("client: %s\nsecret: %s\n" % (cloud.api_key_id, cloud.api_key_secret))
    arguments = ("things", "list", "--url", cloud.https, "--ca-file", cloud.ca_file, "--credentials", key)
    key.chmod(0o644)
    assert "others can read %s (mode 644); run chmod 600 on it" % key in command(*arguments, code=2).stderr
    key.chmod(0o600)
    assert cloud.thing_id in command(*arguments).stdout
    without_root = command("things", "list", "--url", cloud.https, "--credentials", key, code=1)
    assert "certificate" in without_root.stderr
    key.write_text("client: a\nsecret: 12345678")
    refused = command(*arguments, code=2)
    assert "key.yaml:2: secret: expected text" in refused.stderr and "12345678" not in refused.stderr


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("--url", "http://example.com"), "the API key would go unencrypted to example.com"),
        (("--url", "example.com"), "--url: expected https://host"),
        (("--url", "https://example.com:x"), "--url: expected https://host"),
        (("--url", "https://[::1"), "--url: expected https://host"),
        (("--url", "https://user:pass@example.com"), "expected an address without"),
        (("--cloud", "local", "--url", "https://example.com"), "give only one of"),
        (("--ca-file", "x"), "--ca-file needs --url"),
        (("--cloud", "arduino"), "no API key for Arduino Cloud"),
        (("--credentials", "nowhere.yaml", "--cloud", "arduino"), "nowhere.yaml: No such file"),
    ],
)
def test_what_cannot_be_meant_is_usage(command, arguments, told):
    assert told in command("things", "list", *arguments, code=2).stderr


def test_a_wrong_key_is_refused_and_not_shown(command, cloud):
    key = {"ARDUINO_CLOUD_CLIENT": cloud.api_key_id, "ARDUINO_CLOUD_SECRET": "not-the-secret"}
    refused = command("things", "list", "--url", cloud.http, code=1, **key)
    assert "refuses the API key (HTTP 401)" in refused.stderr
    assert "not-the-secret" not in refused.stderr
    half = command("things", "list", "--url", cloud.http, code=2, ARDUINO_CLOUD_CLIENT="x")
    assert "ARDUINO_CLOUD_SECRET is not" in half.stderr


def test_a_cloud_that_is_not_there_ends_with_1_and_one_line(command):
    key = {"ARDUINO_CLOUD_CLIENT": "x", "ARDUINO_CLOUD_SECRET": "y"}
    process = command.start("things", "list", "--url", "https://127.0.0.1:9", **key)
    finished = process.wait(60)
    assert finished.returncode == 1 and "Traceback" not in finished.stderr
    assert len(finished.stderr.splitlines()) == 1 and "127.0.0.1:9" in finished.stderr


def test_a_pipe_that_closes_early_ends_it_without_a_traceback(command, cloud):
    line = "set -o pipefail; %s things list --json --data '%s' | true" % (" ".join(command.words), cloud.data)
    done = subprocess.run(
        ["bash", "-c", line], env=command.environment, capture_output=True, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr, done.stderr
    assert done.returncode in (0, 1)


def test_output_that_finds_no_place_ends_it_with_1(command, cloud):
    with open("/dev/full", "w") as full:
        words = [*command.words, "things", "list", "--data", cloud.data]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, env=command.environment)
    assert done.returncode == 1 and done.stderr == b"local-cloud: No space left on device\n"


def on_terminal(command, term, *arguments):
    """Return what the command writes to a terminal of this kind."""
    master, slave = pty.openpty()
    environment = {**command.environment, "TERM": term, "COLUMNS": "120"}
    words = [*command.words, *arguments]
    ends = {"stdin": slave, "stdout": slave, "stderr": slave}
    child = subprocess.Popen(words, **ends, env=environment, cwd=command.folder)
    os.close(slave)
    written = b""
    try:
        while True:
            written += os.read(master, 65536)
    except OSError:  # the last writer has closed it
        pass
    os.close(master)
    assert child.wait(30) == 0, written
    return written


@pytest.mark.skipif(sys.platform != "linux", reason="pseudo terminals as Linux has them")
def test_a_dumb_terminal_gets_no_control_codes_and_another_one_gets_them(command, cloud, thing, name):
    thing(("n", "INT"))
    for arguments in (
        ("things", "list"),
        ("watch", name, "--seconds", "1"),
        ("devices", "create", "--name", name, "--secrets-dir", "secrets"),
        ("series", "export", name, "--csv", "x.csv"),
    ):
        arguments = (*arguments, "--data", cloud.data)
        plain = on_terminal(command, "dumb", *arguments)
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", plain), plain
        if arguments[0] != "devices":
            assert b"\x1b[" in on_terminal(command, "xterm-256color", *arguments)


def test_a_name_cannot_move_the_cursor(command, account, cloud, name):
    account("POST", "dashboards", {"name": name + "\x1b[2J\nx", "widgets": []})
    assert (name + " [2J x\t") in command.local("dashboards", "list").stdout
    assert b"\x1b[2J" not in on_terminal(
        command, "xterm-256color", "dashboards", "list", "--data", cloud.data
    )


def test_json_is_one_line_that_other_programs_read(command):
    for arguments in (("things", "list"), ("devices", "list"), ("dashboards", "list")):
        (line,) = command.local(*arguments, "--json").stdout.splitlines()
        assert isinstance(json.loads(line), list)

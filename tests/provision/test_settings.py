"""Credentials, networks and keys get into the board's own stores, and work there."""

import ast
import json

import pytest
from arduino_cloud_board.keys import seal
from link_rig import files_on, run_on
from processes import Process
from toolchain.paths import ROOT

PICO = "Raspberry Pi Pico W with RP2040"
PASSWORD = "a password with 'quotes' and \\"
ARGUMENTS = """
from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open
settings = open(load())
print(settings.client_arguments())
print(settings.networks())
"""
NETWORKS = ARGUMENTS.replace("print(settings.client_arguments())\n", "")


@pytest.fixture
def pico(plug):
    """A board with the package that calls itself a Pico W, so it keeps its settings in files."""
    return plug(installed=True, machine=PICO)


def test_a_board_with_a_key_store_keeps_credentials_and_network_there(pico, provision, cloud):
    arguments = ("--server", "192.0.2.7", "--wifi", "the workshop", "--no-check")
    done = provision.run(pico, *arguments, env={"ARDUINO_WIFI_PASSWORD": PASSWORD})
    secret = provision.journal()["secret"]
    client, networks = map(ast.literal_eval, run_on(pico, ARGUMENTS).splitlines())
    device_id = provision.journal()["device_id"]
    assert client == {
        "device_id": device_id,
        "username": device_id,
        "password": secret,
        "server": "192.0.2.7",
        "port": cloud.mqtts_port,
        "ssl_params": {"cafile": "files:/keys#root"},
    }
    assert networks == [{"ssid": "the workshop", "password": PASSWORD}]
    assert secret not in done.stdout + done.stderr and PASSWORD not in done.stdout + done.stderr
    assert "/secrets.py" not in files_on(pico)

    told = provision.told(pico, *arguments, env={"ARDUINO_WIFI_PASSWORD": PASSWORD})["steps"]
    assert [name for name, each in told.items() if each["changed"]] == []


def test_a_network_comes_in_front_of_those_that_are_there(pico, provision, tmp_path):
    password = tmp_path / "password"
    password.write_text("first password\n")
    common = ("--server", "192.0.2.7", "--no-check")
    provision.run(pico, *common, "--wifi", "one", "--wifi-password-file", password)
    provision.run(pico, *common, "--wifi", "two", "--wifi-open")
    assert [each["ssid"] for each in ast.literal_eval(run_on(pico, ARGUMENTS).splitlines()[1])] == ["two", "one"]
    listed = tmp_path / "networks.yaml"
    listed.write_text("- {ssid: three, password: 'long enough', priority: 2}\n- {ssid: four}\n")
    provision.run(pico, *common, "--networks", listed)
    assert ast.literal_eval(run_on(pico, ARGUMENTS).splitlines()[1]) == [
        {"ssid": "three", "password": "long enough", "priority": 2},
        {"ssid": "four", "password": ""},
    ]


def test_what_is_damaged_in_the_store_is_written_anew(pico, provision):
    common = ("--server", "192.0.2.7", "--no-check")
    provision.run(pico, *common)
    files_on(pico, write={"/keys/secret_key.key": b"K1\0", "/keys/root.key": b""})
    assert provision.told(pico, *common)["steps"]["credentials"]["changed"]
    client = ast.literal_eval(run_on(pico, ARGUMENTS).splitlines()[0])
    assert client["password"] == provision.journal()["secret"]


def test_what_is_whole_and_makes_no_sense_is_written_anew(pico, provision):
    common = ("--server", "192.0.2.7", "--no-check", "--wifi", "the workshop")
    env = {"ARDUINO_WIFI_PASSWORD": PASSWORD}
    provision.run(pico, *common, env=env)
    before = run_on(pico, ARGUMENTS)
    files_on(pico, write={"/keys/cloud.key": seal(b"{no JSON"), "/keys/networks.key": seal(b"{no JSON")})
    steps = provision.told(pico, *common, env=env)["steps"]
    assert steps["credentials"]["changed"] and steps["Wi-Fi"]["changed"]
    assert run_on(pico, ARGUMENTS) == before


BAD = (
    {"ssid": "home", "password": "short77"},
    {"ssid": "garden", "password": "long enough", "pasword": "too"},
    {"ssid": "cellar", "password": "long enough", "priority": "high"},
    {"password": "long enough"},
)


def test_a_stored_network_that_is_bad_is_named_and_stops_nothing(pico, provision):
    arguments = ("--no-device", "--wifi", "the workshop")
    env = {"ARDUINO_WIFI_PASSWORD": PASSWORD}
    good = {"ssid": "attic", "password": "long enough", "priority": 3}
    provision.run(pico, *arguments, env=env)
    files_on(pico, write={"/keys/networks.key": seal(json.dumps([*BAD, good]).encode())})
    dry = provision.told(pico, *arguments, "--dry-run", env=env)["steps"]["Wi-Fi"]
    for step in (dry, *(provision.told(pico, *arguments, env=env)["steps"]["Wi-Fi"] for _ in range(2))):
        for name in ("home: password: expected", "garden: expected ssid, password", "cellar: priority", "network "):
            assert name in step["text"]
        assert "these stay and are not used" in step["text"] and "short77" not in step["text"]
    assert not step["changed"]  # the second time
    used = ast.literal_eval(run_on(pico, NETWORKS).splitlines()[-1])
    assert used == [{"ssid": "the workshop", "password": PASSWORD, "priority": 4}, good]
    stored = files_on(pico)["/keys/networks.key"]
    stored = json.loads(stored[stored.index(b"[") : stored.rindex(b"]") + 1])
    assert all(each in stored for each in BAD)
    # A bad one is replaced under its own name, and all by a whole list.
    text = provision.told(pico, "--no-device", "--wifi", "home", env=env)["steps"]["Wi-Fi"]["text"]
    assert "home" not in text and "garden" in text


def test_a_whole_list_takes_the_place_of_bad_networks(pico, provision, tmp_path):
    listed = tmp_path / "networks.yaml"
    listed.write_text("- {ssid: one}\n- {ssid: two}\n")
    arguments = ("--no-device", "--networks", listed)
    provision.run(pico, *arguments)
    whole = files_on(pico)["/keys/networks.key"]
    both = [*BAD, {"ssid": "one", "password": ""}, {"ssid": "two", "password": ""}]
    files_on(pico, write={"/keys/networks.key": seal(json.dumps(both).encode())})
    step = provision.told(pico, *arguments)["steps"]["Wi-Fi"]
    assert step["changed"] and "not used" not in step["text"]
    assert files_on(pico)["/keys/networks.key"] == whole


def test_a_network_comes_in_front_of_those_of_secrets_py_too(plug, provision):
    board = plug(installed=True, machine=PICO)
    own = (ROOT / "boards" / "RPI_PICO_W" / "board.py").read_bytes().replace(b'KEYS = "files"', b'KEYS = "secrets"')
    files_on(
        board, write={"/lib/board.py": own, "/secrets.py": b"WIFI_SSID = 'one'\nWIFI_PASS = 'long enough'\nA = 1\n"}
    )
    env = {"ARDUINO_WIFI_PASSWORD": PASSWORD}
    for name in ("two", "two", "three"):
        changed = provision.told(board, "--no-device", "--wifi", name, env=env)["steps"]["Wi-Fi"]["changed"]
    assert changed
    names = {}
    exec(files_on(board)["/secrets.py"], names)
    assert [each["ssid"] for each in names["NETWORKS"]] == ["three", "two", "one"]
    assert names["NETWORKS"][2]["password"] == "long enough" and names["A"] == 1 and "WIFI_SSID" not in names


def test_a_network_is_stored_where_that_of_secrets_py_is_damaged(pico, provision):
    files_on(pico, write={"/secrets.py": b"NETWORKS = [7]\n"})
    provision.run(pico, "--no-device", "--wifi", "the workshop", env={"ARDUINO_WIFI_PASSWORD": PASSWORD})
    assert b'"the workshop"' in files_on(pico)["/keys/networks.key"]


@pytest.mark.parametrize("password", ["short", "x" * 65])
def test_a_password_that_no_network_takes_is_told_without_showing_it(password, pico, provision):
    done = provision.run(pico, "--wifi", "net", code=2, env={"ARDUINO_WIFI_PASSWORD": password})
    assert "expected a password of 8 to 63" in done.stderr and password not in done.stderr


def test_a_board_without_wifi_takes_no_network(plug, provision):
    done = provision.run(plug(installed=True), "--wifi", "net", "--wifi-open", code=2)
    assert "has no Wi-Fi" in done.stderr


def test_no_secret_is_in_the_arguments_of_any_process(pico, provision):
    process = provision.start(
        pico, "--server", "192.0.2.7", "--wifi", "net", "--no-check", env={"ARDUINO_WIFI_PASSWORD": PASSWORD}
    )
    seen = ""
    while process.returncode is None:
        seen += _arguments()
    assert process.wait().returncode == 0
    assert "provisioning" in seen
    assert PASSWORD not in seen and provision.journal()["secret"] not in seen


def _arguments():
    return Process(["ps", "-eo", "args", "-ww"]).wait().stdout

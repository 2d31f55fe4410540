"""A board with Wi-Fi, from empty to online, with nothing told but the network. Radio and NVS are stand-ins."""

import pytest
from link_rig import give_radio_and_nvs
from local_clouds import LocalCloud

BOARDS = {
    "ARDUINO_GIGA": ("Arduino GIGA R1 WiFi with STM32H747", "/flash"),  # where stm32 and renesas-ra have their files
    "ARDUINO_NANO_RP2040_CONNECT": ("Arduino Nano RP2040 Connect with RP2040", "/"),
    "ESP32_GENERIC": ("Generic ESP32 module with ESP32", "/"),
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A local cloud that boards reach: at all addresses of this machine."""
    made = LocalCloud(tmp_path_factory.mktemp("cloud"), "--address", "0.0.0.0")
    yield made
    made.stop()


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_a_board_with_wifi_is_online_afterwards(name, plug, provision, unique):
    machine, mount = BOARDS[name]
    # Of the 150 to 190 KB that an RP2040 or ESP32-C3 has. The package comes onto an empty board once, which is slow.
    board = plug(installed=mount == "/", machine=machine, mount=mount, bits=32, heap="112k")
    give_radio_and_nvs(board, mount.rstrip("/"))
    wifi = {"ARDUINO_WIFI_PASSWORD": "a long password"}
    done = provision.run(board, "--wifi", "My network", "--thing", unique, env=wifi)
    assert "online, a value arrived" in done.stdout and name in done.stdout
    again = provision.told(board, "--wifi", "My network", "--thing", unique, env=wifi)["steps"]
    assert [step for step, each in again.items() if each["changed"]] == []

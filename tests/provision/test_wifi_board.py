"""A board with Wi-Fi, from empty to online, given nothing but the network. Radio and NVS are stand-ins."""

import pytest
from link_rig import give_radio_and_nvs
from local_clouds import LocalCloud

BOARDS = {
    "ARDUINO_GIGA": ("Arduino GIGA R1 WiFi with STM32H747", "/flash"),  # where stm32 and renesas-ra keep their files
    "ARDUINO_NANO_RP2040_CONNECT": ("Arduino Nano RP2040 Connect with RP2040", "/"),
    "ESP32_GENERIC": ("Generic ESP32 module with ESP32", "/"),
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A local cloud that boards can reach: it listens at all addresses of this machine."""
    made = LocalCloud(tmp_path_factory.mktemp("cloud"), "--address", "0.0.0.0")
    yield made
    made.stop()


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_a_board_with_wifi_is_online_afterwards(name, plug, provision, unique):
    machine, mount = BOARDS[name]
    # The RP2040 and ESP32-C3 have more heap: 150 to 190 KB. Only one empty board gets the package, since that is slow.
    board = plug(installed=mount == "/", machine=machine, mount=mount, bits=32, heap="112k")
    give_radio_and_nvs(board, mount.rstrip("/"))
    wifi = {"ARDUINO_WIFI_PASSWORD": "a long password"}
    done = provision.run(board, "--wifi", "My network", "--thing", unique, env=wifi)
    assert "online, a value arrived" in done.stdout and name in done.stdout
    again = provision.told(board, "--wifi", "My network", "--thing", unique, env=wifi)["steps"]
    assert [step for step, each in again.items() if each["changed"]] == []

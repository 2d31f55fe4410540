"""async_wifi_connection on MicroPython with a stand-in for the interface.

tests/boards/test_wifi_official.py tests it with the boards' package.
"""

import pytest
from toolchain.paths import ROOT

FIRMWARE = ROOT / "tests" / "support" / "standins" / "official"
LOGGING = "import logging; logging.basicConfig(level=20, format='%(message)s')\n"


@pytest.fixture
def run(board, tmp_path):
    """`run(code, secrets=text or None)` -> a processes.Finished."""

    def go(code, secrets="WIFI_SSID, WIFI_PASS = 'home', 'key'"):
        if secrets is not None:
            (tmp_path / "secrets.py").write_text(secrets)
        (tmp_path / "arduino_cloud_board").mkdir(exist_ok=True)  # found first and empty, as if it were not installed
        (tmp_path / "arduino_cloud_board" / "__init__.py").touch()
        return board.run(code=LOGGING + code, path=[tmp_path, FIRMWARE])

    return go


def test_it_blocks_without_a_client(run):
    done = run(
        "import network\n"
        "from arduino_iot_cloud import async_wifi_connection\n"
        "async_wifi_connection()\n"
        "print(network.WLAN(0).isconnected())\n"
        "async_wifi_connection()\n"
    )
    assert done.stdout == "network: connect to home with key\nTrue\n", done
    assert "WiFi connected ('192.0.2.2'" in done.stderr


@pytest.mark.parametrize("secrets", [None, "WIFI_SSID = 'home'", "WIFI_SSID = WIFI_PASS = ''"])
def test_errors_name_the_file(run, secrets):
    done = run("from arduino_iot_cloud import async_wifi_connection\nasync_wifi_connection()\n", secrets)
    assert "RuntimeError: Network is not configured. Set WIFI_SSID and WIFI_PASS in secrets.py" in done.stderr
    assert "network: connect" not in done.stdout


CLIENT = """
import asyncio, network
from arduino_iot_cloud import async_wifi_connection
class Client:
    async_mode = %s
    device_id = "d"
    def update_systime(self): print("update_systime")
    async def sync_time(self): print("sync_time")
client = Client()
"""


def test_as_a_task_it_does_not_block(run):
    done = run(
        CLIENT % True
        + "async def main():\n"
        "    waiting = async_wifi_connection(client, None)\n"
        "    print(network.WLAN(0).isconnected())\n"
        "    await waiting\n"
        "    print(network.WLAN(0).isconnected())\n"
        "    print(async_wifi_connection(client, None))\n"
        "    network.WLAN._since = None\n"  # loses the link
        "    await async_wifi_connection(client, None)\n"
        "asyncio.run(main())\n"
    )
    connect = "network: connect to home with key\n"
    assert done.stdout == connect + "False\nTrue\nNone\n" + connect, done
    assert done.stderr.count("WiFi connected") == 2


def test_in_sync_mode_a_task_asks_and_returns(run):
    done = run(
        CLIENT % False
        + "print(async_wifi_connection(client, None))\n"
        "print(async_wifi_connection(client, None))\n"  # under way, so it is not called again
    )
    assert done.stdout == "network: connect to home with key\nNone\nNone\n", done


def test_the_clock_is_set_once_there_is_a_network(run, tmp_path):
    code = CLIENT % True + (
        "import arduino_iot_cloud.wifi as wifi\n"
        "wifi.timestamp = lambda: 0\n"
        "asyncio.run(async_wifi_connection(client, None))\n"
    )
    done = run(code)
    assert done.stdout.endswith("sync_time\n"), done
    code = CLIENT % False + (
        "import arduino_iot_cloud.wifi as wifi\n"
        "wifi.timestamp = lambda: 0\n"
        "async_wifi_connection()\n"
        "async_wifi_connection(client, None)\n"
    )
    done = run(code)
    assert done.stdout.endswith("update_systime\n"), done


def test_the_cloud_is_told_the_name_of_the_network(run):
    done = run(
        CLIENT % True
        + "from arduino_iot_cloud.session import Session\n"
        "asyncio.run(async_wifi_connection(client, None))\n"
        "print(Session('d', {}).announce, Session('another', {}).announce)\n"
    )
    assert done.stdout.endswith("[b'\\xda\\x00\\x01\\x11\\x00\\x82\\x01dhome'] []\n"), done


def test_what_tells_the_cloud_is_not_imported_at_each_call(run):
    done = run(
        CLIENT % True
        + "from arduino_iot_cloud import wifi\n"
        "wifi.forget = lambda *names: print('imported')\n"
        "async def main():\n"
        "    for device in 'aab':\n"
        "        client.device_id = device\n"
        "        waiting = async_wifi_connection(client, None)\n"
        "        if waiting: await waiting\n"
        "        print(device)\n"
        "asyncio.run(main())\n"
    )
    assert done.stdout.endswith("imported\na\na\nimported\nb\n"), done

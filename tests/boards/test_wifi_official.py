"""`async_wifi_connection`, the official client's function. With the boards' package installed, the manager does it."""

import pytest
from toolchain.paths import ROOT

FIRMWARE = ROOT / "tests" / "support" / "standins" / "official"  # a `network` that connects in 0.3 s
CODE = """
import asyncio, network
import logging; logging.basicConfig(level=20, format='%(message)s')
from arduino_iot_cloud import async_wifi_connection
from arduino_iot_cloud import wifi
class Client:
    async_mode = True
    device_id = "d"
    async def sync_time(self): print("sync_time")
client = Client()
"""


@pytest.fixture(params=[64, 32])
def run(request, micropython, tmp_path):
    """`run(code, password)` -> Finished, with that password in `secrets.py`."""

    def go(code, password="a password"):
        (tmp_path / "secrets.py").write_text("WIFI_SSID, WIFI_PASS = 'home', %r" % password)
        return micropython(request.param).run(code=CODE + code, path=[tmp_path, FIRMWARE])

    return go


def test_the_first_call_starts_the_manager_and_it_keeps_the_connection(run):
    done = run(
        "async def main():\n"
        "    waiting = async_wifi_connection(client, None)\n"
        "    print(network.WLAN(0).isconnected())\n"
        "    await waiting\n"
        "    print(network.WLAN(0).isconnected(), wifi._manager)\n"
        "    print(async_wifi_connection(client, None))\n"  # connected, and the clock is set: nothing to wait for
        "    network.WLAN._since = None\n"  # the link is lost, and the driver reconnects by itself
        "    while wifi._manager.connected: await asyncio.sleep(0.1)\n"
        "    network.WLAN._since = 0\n"
        "    await async_wifi_connection(client, None)\n"
        "    print(wifi._manager.stats()['drops'])\n"
        "asyncio.run(main())\n"
    )
    connect = "network: connect to home with a password\n"
    assert done.stdout == "False\n" + connect + "True <WiFi home, connected>\nNone\n1\n", done
    assert done.stderr.count("WiFi connected ('192.0.2.2'") == 2 and "a password" not in done.stderr


def test_the_clock_is_set_once_there_is_a_network(run):
    done = run("wifi.timestamp = lambda: 0\nasyncio.run(async_wifi_connection(client, None))\n")
    assert done.stdout.endswith("sync_time\n"), done


def test_a_password_that_cannot_be_one_is_refused_and_not_quoted(run):
    done = run("asyncio.run(async_wifi_connection(client, None))\n", password="shorty")
    assert "ValueError: home: password: expected 8 to 63 characters, got 6" in done.stderr
    assert "shorty" not in done.stdout + done.stderr

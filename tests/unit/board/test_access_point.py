"""The board as an access point, on stand-ins for four kinds of radios."""

import asyncio
import socket

from arduino_cloud_board import AccessPoint, WiFi, setup_page
from arduino_cloud_board.setup_page.form import entered
from portable_assert import raises
from reports import Reports
from stands_in import Stands
from wifi_rig import HOME, RADIOS, Module, World

SECURITY = {"esp32": (0, 3), "cyw43": (0, 0x00400006), "nina": (1, 7), "esp-hosted": (1, 7)}  # open, WPA2


def test_it_is_on_with_its_name_and_password_and_at_the_address_that_phones_can_reach():
    for radio in RADIOS:
        for password in (None, "on the box"):
            module = Module(World(), radio)
            with Stands("network", module):
                point = AccessPoint("setup", password)
                assert point.start() == module.access_point.address == module.access_point.router, radio
                assert module.access_point.sent == ("setup", password, SECURITY[radio][password is not None]), radio
                point.stop()
                assert module.access_point.sent is None


def test_networks_in_reach_are_named_once_the_strongest_first():
    world = World()
    for name, rssi, hidden in (("far", -80, False), ("near", -40, False), ("", -50, True)):
        world.point(name, "a password", rssi=rssi, hidden=hidden)
    for radio in RADIOS:
        module = Module(world, radio)
        with Stands("network", module):
            assert AccessPoint("setup").seen() == ["near", "far"]
            assert not module.radio.is_active  # as before
            names = [b"far", b"far", b"a\nb", b"\xff"] + [b"%d" % number for number in range(40)]
            module.radio.scan = lambda: [(name, b"", 1, -50, 3, 1) for name in names]
            seen = AccessPoint("setup").seen()
        assert len(seen) == len(set(seen)) == 20 and "a\nb" not in seen


def test_a_scan_that_fails_leaves_the_station_as_it_was():
    for radio in RADIOS:
        for before in (False, True):
            module = Module(World(), radio)
            module.radio.is_active = before

            def scan():
                raise OSError("Wifi Scan Failed")

            module.radio.scan = scan
            with Stands("network", module), Reports() as reports:
                assert AccessPoint("setup").seen() == []
            assert module.radio.is_active == before and "could not scan for networks" in reports


def test_a_manager_that_is_made_meanwhile_takes_nothing_from_the_page():
    # It unloads the modules that checked its arguments, and the page needs the same ones.
    assert entered({"ssid": "home"}, False)["ssid"] == "home"
    WiFi(HOME)
    assert entered({"ssid": "home", "password": "a password"}, False)["ssid"] == "home"
    WiFi(HOME)
    AccessPoint("setup", "on the box")


def test_a_failure_is_told_without_the_password():
    module = Module(World(), "nina")
    module.access_point.fails = True
    with Stands("network", module), Reports() as reports:
        point = AccessPoint("setup", "on the box")
        error = raises(OSError, point.start)
    assert "setup" in str(error) and "on the box" not in str(error) + repr(point) and "on the box" not in reports


def test_wrong_arguments_are_refused():
    for ssid, password in (("", None), ("x" * 33, None), ("setup", "short"), ("setup", "x" * 65)):
        raises(ValueError, AccessPoint, ssid, password)


def free_port():
    # MicroPython's sockets cannot report the port that they got.
    for number in range(20000 + id(object()) % 20000, 60000):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            s.bind(socket.getaddrinfo("127.0.0.1", number)[0][-1])
            return number
        except OSError:
            pass
        finally:
            s.close()


async def status_line(number):
    """The status line of the page, as soon as it is served."""
    for _ in range(100):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", number)
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % number)
            await writer.drain()
            line = await reader.read(15)
            writer.close()
            return line
        except OSError:  # on MicroPython a refused connection shows only at the write
            await asyncio.sleep(0.02)


async def test_the_page_is_served_while_the_access_point_is_on():
    module = Module(World(), "cyw43")
    module.access_point.address = "127.0.0.1"
    number = free_port()
    answers = []
    with Stands("network", module), Reports() as reports:
        serving = asyncio.create_task(
            setup_page.run(None, ssid="setup", password="on the box", timeout=1, port=number, dns_port=number)
        )
        answers.append(await status_line(number))
        assert module.access_point.sent[:2] == ("setup", "on the box")
        assert await serving is None
        assert module.access_point.sent is None
    assert answers == [b"HTTP/1.1 200 OK"]
    assert "join the Wi-Fi network setup" in reports and "on the box" not in reports

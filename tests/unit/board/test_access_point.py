"""The board as an access point, on stand-ins for four kinds of radios."""

import asyncio
import errno
import socket

from arduino_cloud_board import AccessPoint, WiFi, setup_page
from arduino_cloud_board.setup_page.form import entered
from portable_assert import raises, raises_async
from reports import Reports
from setup_rig import free_port
from stands_in import Stands
from wifi_rig import HOME, RADIOS, Module, Rig, World

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
            for failure in (OSError("Wifi Scan Failed"), RuntimeError(), ValueError(), TypeError(), MemoryError()):
                module = Module(World(), radio)
                module.radio.is_active = before

                def scan():
                    raise failure

                module.radio.scan = scan
                with Stands("network", module), Reports() as reports:
                    assert AccessPoint("setup").seen() == []
                assert module.radio.is_active == before and "could not scan for networks" in reports


def test_a_scan_leaves_a_connected_station_connected():
    for radio in RADIOS:
        rig = Rig(radio)
        assert rig.connect()
        calls = len(rig.module.calls)
        with Stands("network", rig.module):
            assert AccessPoint("setup").seen() == ["home"]
        assert [call[1] for call in rig.module.calls[calls:]] == ["scan"]
        assert rig.module.radio.isconnected(), radio


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


def test_an_access_point_that_could_not_be_started_is_off_again():
    for radio in RADIOS:
        for failure in (OSError(5), OSError("key=on the box"), RuntimeError(), ValueError("key=on the box"), None):
            module = Module(World(), radio)
            point = module.access_point
            configure = point.config

            def config(**values):
                configure(**values)
                if failure:
                    raise failure

            point.config = config
            if not failure:
                point.address = "0.0.0.0"
            with Stands("network", module), Reports() as reports:
                error = raises(OSError, AccessPoint("setup", "on the box").start)
            assert not point.on and point.sent is None, (radio, failure)
            assert "the access point setup could not be started" in str(error) and "on the box" not in str(error)
            assert ("no address" in str(error)) == (failure is None) and "on the box" not in reports
            if failure and failure.args == (5,):
                assert "OSError 5" in str(error)


def test_one_that_was_left_on_starts_with_its_new_name_and_password():
    for radio in RADIOS:
        module = Module(World(), radio)
        with Stands("network", module):
            AccessPoint("left").start()
            AccessPoint("setup", "on the box").start()
            assert module.access_point.sent == ("setup", "on the box", SECURITY[radio][1]), radio


def test_one_that_cannot_be_switched_off_is_reported():
    module = Module(World(), "esp32")
    with Stands("network", module), Reports() as reports:
        point = AccessPoint("setup", "on the box")
        point.start()
        switch = module.access_point.active

        def active(on):
            raise OSError(5, "on the box")

        module.access_point.active = active
        point.stop()
        module.access_point.active = switch
    assert "setup could not be switched off (OSError 5)" in reports and "on the box" not in reports


def test_wrong_arguments_are_refused():
    for ssid, password in (("", None), ("x" * 33, None), ("setup", "short"), ("setup", "x" * 64), ("setup", "pässword")):
        raises(ValueError, AccessPoint, ssid, password)


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
            setup_page.run(print, ssid="setup", password="on the box", timeout=1, port=number, dns_port=number)
        )
        answers.append(await status_line(number))
        assert module.access_point.sent[:2] == ("setup", "on the box")
        assert await serving is None
        assert module.access_point.sent is None
    assert answers == [b"HTTP/1.1 200 OK"]
    assert "join the Wi-Fi network setup" in reports and "on the box" not in reports


def idle(number):
    """Whether nothing listens at the port."""
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(socket.getaddrinfo("127.0.0.1", number)[0][-1])
        return True
    except OSError:
        return False
    finally:
        s.close()


async def test_a_page_that_is_cancelled_leaves_nothing():
    module = Module(World(), "cyw43")
    point = module.access_point
    point.address = "127.0.0.1"
    number = free_port()
    for limit in (None, 0.3):
        with Stands("network", module), Reports():
            page = setup_page.run(print, ssid="setup", port=number, dns_port=number)
            serving = asyncio.create_task(asyncio.wait_for(page, limit) if limit else page)
            assert await status_line(number) == b"HTTP/1.1 200 OK"
            assert point.on and not idle(number)
            if not limit:
                serving.cancel()
            try:
                await serving
                raise AssertionError
            except (asyncio.CancelledError, asyncio.TimeoutError):
                pass
        assert not point.on and idle(number) and not setup_page._held


async def test_the_start_of_a_page_ends_an_earlier_one():
    module = Module(World(), "cyw43")
    point = module.access_point
    point.address = "127.0.0.1"
    number = free_port()
    with Stands("network", module), Reports():
        first = asyncio.create_task(setup_page.run(print, ssid="first", port=number, dns_port=number))
        assert await status_line(number) == b"HTTP/1.1 200 OK"
        setup_page.sweep()  # it is served by the running loop
        second = asyncio.create_task(setup_page.run(print, ssid="second", port=number, dns_port=number))
        try:
            await first
            raise AssertionError
        except asyncio.CancelledError:
            pass
        assert point.sent[0] == "second" and await status_line(number) == b"HTTP/1.1 200 OK"
        second.cancel()
        try:
            await second
        except asyncio.CancelledError:
            pass
    assert not point.on


async def test_wrong_arguments_of_the_page_are_refused_before_anything_is_switched_on():
    good = {"save": print, "ssid": "setup", "password": "on the box", "timeout": 1, "port": 80, "dns_port": 53}
    module = Module(World(), "cyw43")
    with Stands("network", module):
        for name, value in (
            ("save", None), ("title", None), ("timeout", "1"), ("timeout", -1), ("port", 0), ("port", None),
            ("port", "80"), ("dns_port", 65536), ("ssid", ""), ("password", "short"),
        ):  # fmt: skip
            given = dict(good)
            given[name] = value
            save = given.pop("save")
            error = await raises_async(ValueError, setup_page.run(save, **given))
            assert str(error).startswith(name), error
    assert not module.calls and not module.access_point.on
    for seen in ("home", [1]):
        assert str(raises(ValueError, setup_page.SetupPage, print, seen)).startswith("seen: ")


async def test_a_port_in_use_is_said_and_the_access_point_switched_off():
    module = Module(World(), "cyw43")
    module.access_point.address = "127.0.0.1"
    number = free_port()
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    address = socket.getaddrinfo("127.0.0.1", number)[0][-1]
    try:
        s.bind(address)
        s.listen(1)
        with Stands("network", module), Reports():
            page = setup_page.run(print, ssid="setup", port=number, dns_port=number)
            error = await raises_async(OSError, page)
        assert error.args == (errno.EADDRINUSE, "the set-up page cannot listen: port %d is in use" % number)
        assert not module.access_point.on
    finally:
        s.close()
    try:
        names.bind(address)
        with Stands("network", module), Reports() as reports:
            assert await setup_page.run(print, ssid="setup", port=number, dns_port=number, timeout=0) is None
        told = "no name server (port %d is in use); open http://127.0.0.1:%d/ by hand." % (number, number)
        assert told in reports
    finally:
        names.close()

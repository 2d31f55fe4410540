"""Wi-Fi and Ethernet as a program uses them, in the real event loop and over real sockets."""

import asyncio
import socket
import time

from arduino_cloud_board import Ethernet, WiFi, link as connection
from arduino_cloud_board.link import ethernet, wifi_probe, wifi_radio
from arduino_cloud_board.link.wifi_probe import answers
from reports import Reports
from stands_in import Stands
from wifi_rig import HOME, Module, World, port_of


class Hurry:
    """`with Hurry():` shortens the manager's waits to a twentieth."""

    def __enter__(self):
        self.before = connection.sleep_ms
        connection.sleep_ms = ethernet.sleep_ms = wifi_radio.sleep_ms = lambda ms: self.before(ms // 20)

    def __exit__(self, *error):
        connection.sleep_ms = ethernet.sleep_ms = wifi_radio.sleep_ms = self.before


class Lan:
    """network.LAN, with a cable that a test unplugs."""

    def __init__(self):
        self.on = self.cable = False
        self.address = "192.0.2.30"
        self.calls = []

    def active(self, on=None):
        if on is None:
            return self.on
        self.calls.append(("active", on))
        self.on = on
        return None

    def isconnected(self):
        return self.on and self.cable

    def ifconfig(self, given=None):
        if given:
            self.calls.append(("ifconfig", given))
            self.address = given[0]
        return (self.address if self.cable else "0.0.0.0", "255.255.255.0", "192.0.2.1", "192.0.2.1")


class Wired:
    """The module `network` of a board with Ethernet."""

    def __init__(self):
        self.lan = Lan()

    def LAN(self):  # noqa: N802 - its name
        return self.lan

    def hostname(self, name):
        self.lan.calls.append(("hostname", name))


async def until(condition, world=None):
    """Wait for a condition; meanwhile time passes in the world, too."""
    for _ in range(300):
        if condition():
            return
        await asyncio.sleep(0.02)
        if world:
            world.spend(400)
    raise AssertionError("it did not happen")


async def test_wifi_starts_waits_and_stops():
    world = World()
    world.point("home", "a password")
    module = Module(world, "cyw43")
    with Stands("network", module), Hurry():
        wifi = WiFi(HOME)
        assert not await wifi.wait(0.1)
        task = wifi.start()._task
        assert wifi.start() is wifi and wifi._task is task
        waiting = asyncio.create_task(wifi.wait(5))
        await until(lambda: wifi.connected, world)
        assert await waiting and wifi.ip == "192.0.2.7"
        assert await asyncio.wait_for(wifi.wait(100), 10)  # at once
        assert repr(wifi) == "<WiFi home, connected>"
        wifi.stop()
        await asyncio.sleep(0.05)
        assert not wifi.connected and wifi.state == "off" and not module.radio.is_active
        wifi.start()  # and again
        await until(lambda: wifi.connected, world)
        assert await wifi.wait(5)
        wifi.stop()
        await asyncio.sleep(0.05)


async def test_a_scan_in_a_real_thread():
    world = World()
    world.point("home", "a password", hidden=True)
    world.point("work", "another password")
    module = Module(world, "cyw43")
    scans = []

    def scan():  # blocks its thread; meanwhile the other one moves the world's time
        time.sleep(0.2)
        scans.append(1)
        return [(b"", b"", 1, -40, 3, 1), (b"work", b"", 1, -60, 3, 1)]

    module.radio.scan = scan
    with Stands("network", module), Hurry():
        networks = [HOME, {"ssid": "work", "password": "another password"}]
        wifi = WiFi(networks, quirks={"scan": "thread"}).start()
        await until(lambda: wifi.connected, world)
        assert wifi.name == "work"  # the network that it saw, before the one that it prefers
        assert scans == [1]
        wifi.stop()
        await asyncio.sleep(0.05)


async def test_what_an_interface_throws_does_not_end_the_task():
    world = World()
    world.point("home", "a password")
    module = Module(world, "cyw43")
    wlan, module.WLAN = module.WLAN, None

    def fails(interface):
        module.WLAN = wlan
        raise OSError("key=a password")

    module.WLAN = fails
    with Stands("network", module), Reports() as reports, Hurry():
        wifi = WiFi(HOME).start()
        await until(lambda: wifi.connected, world)
        wifi.stop()
        await asyncio.sleep(0.05)
    assert "the interface failed (OSError)" in reports and "a password" not in reports


async def test_a_doubted_connection_is_looked_into_and_ended_if_nothing_answers():
    world = World()
    world.point("home", "a password")
    told = [True, False]
    asked = []

    async def answers(server, gateway):
        asked.append(server)
        return told[0]

    with Stands("network", Module(world, "cyw43", stale=True)), Reports() as reports, Hurry():
        wifi = WiFi(HOME)
        wifi.doubt()  # not connected: nothing to check
        wifi.start()
        await until(lambda: wifi.connected, world)
        before, wifi_probe.answers = wifi_probe.answers, answers
        try:
            assert await wifi_probe.begin(wifi) is None and wifi.connected
            assert wifi_probe.begin(wifi) is None  # only once a minute
            told.pop(0)
            await asyncio.sleep(0.1)
            assert wifi.connected
            wifi._quiet_s = 0  # a minute later
            wifi.doubt()
            await until(lambda: not wifi.connected)
        finally:
            wifi_probe.answers = before
        assert len(asked) == 3  # once while it got an answer, then twice
        assert wifi._quiet_s > 200  # for the next connection, so that it is not ended at once, too
        wifi.stop()
        await asyncio.sleep(0.05)
    assert "connected, but nothing answers" in reports


async def test_a_doubt_that_cannot_be_looked_into_ends_no_connection():
    world = World()
    world.point("home", "a password")

    async def answers(server, gateway):
        raise OSError(24)  # no socket left

    with Stands("network", Module(world, "cyw43")), Hurry():
        wifi = WiFi(HOME).start()
        await until(lambda: wifi.connected, world)
        before, wifi_probe.answers = wifi_probe.answers, answers
        try:
            await wifi_probe.begin(wifi)
        finally:
            wifi_probe.answers = before
        assert wifi.connected and not wifi._broken
        wifi.stop()
        await asyncio.sleep(0.05)


async def test_ethernet_has_the_same_face():
    module = Wired()
    events = []
    with Stands("network", module), Reports(), Hurry():
        lan = Ethernet(hostname="shed", on_change=lambda lan: events.append(lan.ip)).start()
        assert not await lan.wait(0.2) and lan.state == "connecting"
        module.lan.cable = True
        assert await lan.wait(5)
        assert (lan.ip, lan.rssi, lan.name, lan.stats()["kind"]) == ("192.0.2.30", None, "the cable", "Ethernet")
        module.lan.cable = False
        await until(lambda: not lan.connected)
        module.lan.cable = True
        assert await lan.wait(5)
        lan.stop()
        await asyncio.sleep(0.05)
    assert events == ["192.0.2.30", None, "192.0.2.30"] and lan.stats()["drops"] == 1
    assert module.lan.calls == [("hostname", "shed"), ("active", True), ("active", False)]


async def test_ethernet_without_an_address_is_no_connection():
    module = Wired()
    module.lan.cable = True
    module.lan.address = "0.0.0.0"  # the cable is plugged in, but DHCP is silent
    with Stands("network", module), Reports(), Hurry():
        lan = Ethernet().start()
        assert not await lan.wait(0.3)
        module.lan.address = "192.0.2.31"
        assert await lan.wait(5) and lan.ip == "192.0.2.31"
        lan.stop()
        await asyncio.sleep(0.05)


async def test_ethernet_without_a_cable_is_tried_again_at_longer_and_longer_intervals():
    module = Wired()
    module.lan.cable = True
    pauses = []
    tries = 6

    def active(on=None):
        nonlocal tries
        if on and tries:  # like stm32, which has waited 10 s for a cable
            tries -= 1
            raise OSError(110)
        return Lan.active(module.lan, on)

    async def pause(ms):
        pauses.append((lan.state, lan.trouble, ms))
        await asyncio.sleep(0)

    module.lan.active = active
    kept = ethernet.sleep_ms
    ethernet.sleep_ms = pause
    try:
        with Stands("network", module), Reports() as reports:
            lan = Ethernet().start()
            assert await lan.wait(5)
            assert lan.trouble == "" and (lan.attempts, lan.failures) == (7, 6)
            lan.stop()
            await asyncio.sleep(0.05)
    finally:
        ethernet.sleep_ms = kept
    assert pauses == [("pausing", "no cable?", ms) for ms in (10000, 20000, 40000, 60000, 60000, 60000)]
    assert "failed" not in reports


async def test_ethernet_with_a_static_address():
    static = ("198.51.100.9", "255.255.255.0", "198.51.100.1", "198.51.100.1")
    module = Wired()
    module.lan.cable = True
    with Stands("network", module), Reports(), Hurry():
        lan = Ethernet(static).start()
        assert await lan.wait(5) and lan.ip == "198.51.100.9"
        lan.stop()
        await asyncio.sleep(0.05)
    assert ("ifconfig", static) in module.lan.calls



async def test_a_gateway_that_accepts_or_refuses_is_a_proof():
    # Nobody listens there: the system refuses at once, for TCP and for UDP.
    unused = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    number = port_of(unused)
    assert await answers("127.0.0.1", "127.0.0.1", (number, number), 2000)
    unused.listen(1)
    assert await answers("127.0.0.1", "127.0.0.1", (number, number), 2000)
    unused.close()


async def test_a_name_server_alone_is_a_proof_and_silence_is_not():
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = port_of(silent)
    # Nothing can connect to a broadcast address: it stands for a silent gateway.
    assert not await answers("127.0.0.1", "255.255.255.255", (number, 80), 300)
    asked = asyncio.create_task(answers("127.0.0.1", "255.255.255.255", (number, 80), 3000))
    silent.setblocking(False)
    for _ in range(40):
        await asyncio.sleep(0.02)
        try:
            query, sender = silent.recvfrom(100)
        except OSError:
            continue
        silent.sendto(query[:2] + b"\x81\x80" + query[4:], sender)
    assert await asked
    silent.close()

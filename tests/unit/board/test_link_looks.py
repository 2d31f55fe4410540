"""What a look at an interface says: an address that is gone is a loss, and what cannot be read says nothing."""

import asyncio

from arduino_cloud_board import Ethernet
from arduino_cloud_board.link import ethernet
from device_parts import Attempts, make, until
from reports import Reports
from stands_in import Stands
from wifi_rig import RADIOS, Rig

HOUR = 3600000


def _raises(*_):
    raise OSError(5)


class Lan:
    """A LAN that is connected whatever its address; `address` None: it cannot be read."""

    def __init__(self):
        self.address = "192.0.2.30"

    def active(self, on=None):
        return True

    def isconnected(self):
        return True

    def ifconfig(self, given=None):
        if self.address is None:
            raise OSError(5)
        return (self.address, "255.255.255.0", "192.0.2.1", "192.0.2.1")


# Each way in which a connected interface has no address.


def _without_an_address(rig, way):
    radio = rig.module.radio
    if way == "raises":
        radio.ifconfig = _raises
    else:
        before = radio.ifconfig
        radio.ifconfig = lambda *given: before(*given) if given else (way,) * 4


def test_an_address_that_is_gone_while_the_interface_says_connected_is_noticed_within_five_seconds():
    for kind in RADIOS:
        for way in ("0.0.0.0", "", "255.255.255.255", "raises"):
            for late in (0, 700, 1900, 3100):
                rig = Rig(kind)
                with Reports():
                    assert rig.connect()
                    rig.run(20000 + late)
                    _without_an_address(rig, way)
                    assert rig.run(5000, lambda: not rig.wifi.connected), (kind, way, late)
                    assert rig.wifi.ip is None and rig.stats()["drops"] == 1


def test_after_an_address_was_lost_another_one_is_asked_for():
    for kind in RADIOS:
        rig = Rig(kind)
        with Reports():
            assert rig.connect()
            before = rig.module.radio.ifconfig
            _without_an_address(rig, "0.0.0.0")
            calls = len(rig.module.called("connect"))
            assert rig.run(300000, lambda: len(rig.module.called("connect")) > calls), kind
            rig.module.radio.ifconfig = before
            assert rig.connect(150000), kind


def test_one_look_without_an_address_is_not_a_loss():
    for kind in RADIOS:
        rig = Rig(kind)
        with Reports():
            assert rig.connect()
            radio = rig.module.radio
            good, asked = radio.ifconfig, []

            def once(*given):
                asked.append(given)
                return good(*given) if len(asked) % 2 else ("0.0.0.0",) * 4

            radio.ifconfig = once
            rig.run(HOUR)
            assert rig.stats()["drops"] == 0 and len(asked) > 900, kind


def test_a_signal_that_cannot_be_read_is_no_silence():
    for kind in RADIOS:
        rig = Rig(kind)
        with Reports():
            assert rig.connect()
            status = rig.module.radio.status
            for error in (OSError, RuntimeError, ValueError, TypeError):

                def unreadable(what=None, error=error):
                    if what == "rssi":
                        raise error("rssi")
                    return status()

                rig.module.radio.status = unreadable
                rig.run(HOUR // 4)
                assert (rig.stats()["drops"], rig.wifi.rssi) == (0, None), (kind, error)


def test_a_signal_that_cannot_be_read_now_and_then_hides_no_silence():
    rig = Rig("cyw43", trouble={"deaf": True})
    with Reports():
        assert rig.connect()
        status, looks = rig.module.radio.status, []

        def status_now_and_then(what=None):
            looks.append(what)
            if what == "rssi" and len(looks) % 3 == 2:
                raise OSError(5)
            return status(what) if what else status()

        rig.module.radio.status = status_now_and_then
        rig.world.points["home"].on = False
        assert rig.run(60000, lambda: not rig.wifi.connected)


# On the way to a connection


def test_a_router_that_gives_no_address_is_told_from_one_out_of_reach():
    for kind in ("esp32", "cyw43"):
        rig = Rig(kind)
        point = rig.world.points["home"]
        point.ip = None
        if kind == "cyw43":
            rig.module.radio._up = lambda: None  # it stays at LINK_NOIP
        with Reports() as reports:
            assert not rig.run(15 * 60000, lambda: rig.wifi.connected)
            assert rig.wifi.trouble == "home: joined, but no address: does the router's DHCP answer?", kind
            assert "joined, but no address" in reports and "password" not in reports


def test_an_interface_that_is_connected_without_an_address_has_joined():
    for kind in ("nina", "esp-hosted"):
        rig = Rig(kind)
        rig.world.points["home"].ip = None
        rig.module.radio.isconnected = lambda: rig.module.radio.point is not None
        rig.module.radio.ifconfig = lambda *_: ("0.0.0.0",) * 4
        with Reports() as reports:
            assert not rig.run(15 * 60000, lambda: rig.wifi.connected)
            assert "joined, but no address" in rig.wifi.trouble and "joined" in reports, kind


def test_a_status_that_cannot_be_read_hides_no_reason():
    rig = Rig("esp32", networks={"ssid": "home", "password": "another password"})
    status, looks = rig.module.radio.status, []

    def unreadable_mostly(what=None):
        looks.append(what)
        if len(looks) % 4:
            raise OSError(5)
        return status(what) if what else status()

    rig.module.radio.status = unreadable_mostly
    with Reports():
        rig.run(15 * 60000)
        assert rig.wifi.trouble == "home: wrong password?"


def test_a_connection_whose_network_cannot_be_named_is_kept():
    for kind in RADIOS:
        first = Rig(kind)
        with Reports():
            assert first.connect()
            radio = first.module.radio
            config = radio.config

            def unnamed(*names, **values):
                if names:
                    raise ValueError("ssid")
                return config(**values)

            radio.config = unnamed
            second = Rig(kind, world=first.world, module=first.module)
            assert second.connect(5000)
            assert not first.module.called("disconnect"), kind


# Ethernet, and a board in one object


async def test_ethernet_whose_address_is_gone_is_not_connected():
    for way in ("0.0.0.0", None):
        lan = Lan()
        with Stands("network", object()), Reports():
            wired = Ethernet(interface=lan).start()
            assert await wired.wait(5)
            lan.address = way
            await until(lambda: not wired.connected, 600)
            lan.address = "192.0.2.31"
            assert await wired.wait(8) and wired.ip == "192.0.2.31"
            wired.stop()
            await asyncio.sleep(0)


async def test_ethernet_that_stays_without_an_address_is_switched_off_and_on():
    lan = Lan()
    lan.address = None
    lan.is_on, switched = True, []

    def active(on=None):
        if on is None:
            return lan.is_on
        lan.is_on = on
        switched.append(on)
        if len(switched) == 4:  # the second time it helps
            lan.address = "192.0.2.31"
        return None

    lan.active = active
    kept = ethernet.sleep_ms
    ethernet.sleep_ms = lambda ms: asyncio.sleep(0)
    try:
        with Stands("network", object()), Reports() as reports:
            wired = Ethernet(interface=lan).start()
            assert await wired.wait(5)
            assert switched == [False, True] * 2 and wired.stats()["power_cycles"] == 2
            assert "Ethernet: waiting: no address, does the router's DHCP answer?" in reports
            wired.stop()
            await asyncio.sleep(0)
    finally:
        ethernet.sleep_ms = kept


async def test_a_device_on_ethernet_gives_up_the_connection_from_an_address_that_is_gone():
    for way in ("0.0.0.0", None):
        lan = Lan()
        with Stands("network", object()), Reports():
            made = make(Ethernet(interface=lan))
            attempts = Attempts(made)
            running = asyncio.create_task(made.run(0.01))
            await until(lambda: attempts.count == 1)
            lan.address = way
            await until(lambda: attempts.ends, 600)
            assert attempts.ends == ["the link is down"]
            lan.address = "192.0.2.30"
            await until(lambda: attempts.count == 2, 1000)
            made.stop()
            await running



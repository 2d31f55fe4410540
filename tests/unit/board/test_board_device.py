"""A board in one object: its parts, and when it connects."""

import asyncio

import arduino_cloud_board.clock as clock
from arduino_cloud_board.device import Device
from device_parts import Attempts, Board, Link, Machine, Settings, make, stop, until
from portable_assert import raises, raises_async
from reports import Reports
from stands_in import Stands

# Its parts


def test_the_settings_make_the_client_and_keywords_go_before_them():
    made = make(server="elsewhere", keepalive=20)
    assert (made.client.device_id, made.client.server, made.client.keepalive) == ("d", "elsewhere", 20)
    assert made.link is None and made.watchdog is None


def test_a_board_with_wifi_and_no_network_in_its_settings_says_what_to_do():
    error = raises(RuntimeError, make, board=Board(NETWORK="wifi"))
    assert "provision" in str(error)


def test_ethernet_goes_where_no_wifi_is_set_up():
    wired = make(board=Board(NETWORK="wifi+ethernet")).link
    assert type(wired).__name__ == "Ethernet" and wired._interface == "ethernet"
    settings = Settings({"ssid": "net", "password": "long enough"})
    both = Device(board=Board(NETWORK="wifi+ethernet"), settings=settings, link={"hostname": "oven"})
    assert type(both.link).__name__ == "WiFi"


def test_a_time_without_a_link_is_a_number_of_hours():
    for wrong in (0, -1, 141, "2", True):
        assert "offline" in str(raises(ValueError, make, offline=wrong))
    for good in (None, 0.5, 140):
        make(offline=good)


async def test_a_wrong_pause_is_told_before_anything_is_started():
    for name, wrong in (("interval", -1), ("interval", "1"), ("backoff", 0.5), ("backoff", None)):
        link = Link()
        made = make(link)
        assert name in str(await raises_async((TypeError, ValueError), made.run(**{name: wrong})))
        assert not link.started and not made.running and not made.client.driver.running


# Stored networks


def _stored(*networks):
    settings = Settings(*networks)
    settings.complaints = ["work: password: expected 8 to 63 characters, got 7"]
    return settings


def test_a_stored_network_that_cannot_be_used_is_named_in_stats():
    made = Device(board=Board(NETWORK="wifi"), settings=_stored({"ssid": "home", "password": "long enough"}))
    assert made.link.name == "home"
    assert made.link.stats()["complaints"] == ["work: password: expected 8 to 63 characters, got 7"]
    plain = Device(board=Board(NETWORK="wifi"), settings=Settings({"ssid": "home", "password": "long enough"}))
    assert list(plain.link.stats()["complaints"]) == []


def test_a_board_none_of_whose_networks_can_be_used_says_why():
    error = str(raises(RuntimeError, Device, board=Board(NETWORK="wifi"), settings=_stored()))
    assert "that can be used (work: password: expected 8 to 63 characters, got 7)" in error and "provision" in error


# Connecting


async def test_there_is_no_attempt_without_a_link_and_one_as_soon_as_there_is():
    link = Link()
    made = make(link)
    attempts = Attempts(made)
    running = asyncio.create_task(made.run())
    await until(lambda: link.started)
    await asyncio.sleep(0.3)
    assert attempts.count == 0 and made.client.state == "ConnectPhy"
    link.ip = "192.0.2.1"
    await until(lambda: attempts.count == 1)
    await stop(made, running)
    assert link.stopped and not made.client.connected


async def test_what_stands_on_a_lost_link_or_an_old_address_is_given_up_at_once():
    link = Link("192.0.2.1")
    made = make(link)
    attempts = Attempts(made)
    running = asyncio.create_task(made.run(0.01))
    await until(lambda: attempts.count == 1)
    link.move("192.0.2.2")
    await until(lambda: attempts.count == 2)
    link.move(None)
    await until(lambda: len(attempts.ends) == 2)
    await asyncio.sleep(0.1)
    assert attempts.count == 2
    link.move("192.0.2.2")
    await until(lambda: attempts.count == 3)
    assert attempts.ends == ["the address has changed", "the link is down"]
    await stop(made, running)


async def test_no_name_is_looked_up_that_would_take_longer_than_the_watchdog_waits():
    silent = ["192.0.2.53", "192.0.2.53", ""]

    async def ask():
        return silent.pop(0)

    with Stands("machine", Machine()), Reports() as reports:
        made = make(Link("192.0.2.1"), watchdog=8000)
        made._silent_name_server = ask
        attempts = Attempts(made)
        running = asyncio.create_task(made.run(0.01))
        await until(lambda: attempts.count == 1)
        assert silent == [] and made.attempts == 3
        await stop(made, running)
    assert "the name server 192.0.2.53 does not answer" in reports


async def test_a_link_that_goes_while_the_name_server_is_asked_gets_no_attempt():
    link = Link("192.0.2.1")

    async def ask():
        link.ip = None
        return ""

    with Stands("machine", Machine()), Reports() as reports:
        made = make(link, watchdog=8000)
        made._silent_name_server = ask
        attempts = Attempts(made)
        running = asyncio.create_task(made.run(0.01))
        await until(lambda: "the link is down" in reports)
        assert attempts.count == 0
        await stop(made, running)


async def test_an_interface_that_does_not_tell_its_name_server_gets_no_attempt():
    class Interface:
        def ifconfig(self):
            raise OSError(5)

    link = Link("192.0.2.1")
    link._interface = Interface()
    with Stands("machine", Machine()), Reports():
        made = make(link, watchdog=8000)
        attempts = Attempts(made)
        running = asyncio.create_task(made.run(0.01))
        await until(lambda: made.attempts > 1)
        assert attempts.count == 0
        await stop(made, running)


async def test_a_watchdog_that_outlasts_a_look_up_asks_no_name_server():
    for limit in (15000, False):
        with Stands("machine", Machine()), Reports():
            made = make(Link("192.0.2.1"), watchdog=limit, board=Board(WATCHDOG_MS=30000))
            made._silent_name_server = None
            attempts = Attempts(made)
            running = asyncio.create_task(made.run(0.01))
            await until(lambda: attempts.count == 1)
            await stop(made, running)


async def test_stop_ends_the_waiting_for_a_link():
    made = make(Link())
    running = asyncio.create_task(made.run())
    await asyncio.sleep(0.05)
    await asyncio.wait_for(stop(made, running), 2)


async def test_it_can_run_again():
    made = make(Link("192.0.2.1"))
    attempts = Attempts(made)
    for count in (1, 2):
        running = asyncio.create_task(made.run())
        await until(lambda: attempts.count == count)
        await stop(made, running)
        assert made.attempts == count


async def test_after_three_failures_in_a_row_the_link_is_looked_into():
    link = Link("192.0.2.1")
    made = make(link)
    attempts = Attempts(made, OSError(110), OSError(110), OSError(110))
    running = asyncio.create_task(made.run(0.01, 1.0))
    await until(lambda: attempts.count == 4)
    assert link.doubts == 1
    await stop(made, running)


async def failing():
    raise OSError(110)


async def test_failures_before_a_connection_that_carried_values_do_not_count():
    link = Link("192.0.2.1")
    made = make(link)
    driver = made.client._run(True)
    driver.running = True
    for synced in (False, False, True, False, False, False):
        driver.synced = synced
        assert link.doubts == 0
        await raises_async(OSError, made._connect(driver, failing))
    assert link.doubts == 1


async def test_after_a_refused_certificate_the_clock_is_asked_for():
    made = make(Link("192.0.2.1"))
    driver = made.client._run(True)
    asked = []

    async def set_clock():
        asked.append(made.attempts)

    async def fail():
        raise ValueError("The certificate validity has expired")

    made.clock = clock.Clock(made.client)
    made.clock.set = set_clock
    driver.running = True
    for _ in range(2):
        await raises_async(ValueError, made._connect(driver, fail))
    assert asked == [2]
    for _ in range(2):
        await raises_async(OSError, made._connect(driver, failing))
    assert asked == [2, 3]  # once per refusal

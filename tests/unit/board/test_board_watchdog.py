"""The watchdog: when it is fed, and whose fault it is when it is not."""

import asyncio

import arduino_cloud_board.clock as clock
import arduino_cloud_board.device as device
import arduino_cloud_board.watchdog as watchdog
from arduino_cloud_board.watchdog import Watchdog, limit_of
from arduino_iot_cloud.port import ticks_add
from device_parts import Attempts, Board, Link, Machine, make, stop, until
from portable_assert import raises
from reports import Reports
from stands_in import Stands


def test_the_limit_is_one_that_the_board_has():
    assert limit_of(Board(), True) == 8388
    assert limit_of(Board(WATCHDOG_MS=60000), True) == 30000
    assert limit_of(Board(), 2000) == 2000
    for wrong in (999, 8389, "8000", 2000.0):
        assert "1000 to 8388" in str(raises(ValueError, limit_of, Board(), wrong))
    with Reports() as reports:
        assert limit_of(Board(WATCHDOG_MS=None), True) == 0
    assert "no watchdog" in reports


def test_ethernet_that_waits_for_its_cable_needs_a_longer_limit():
    wired = {"NETWORK": "ethernet", "PORT": "stm32", "WATCHDOG_MS": 32768}
    error = raises(ValueError, make, board=Board(**wired), watchdog=11000)
    assert "watchdog: above 11000 ms" in str(error)
    make(board=Board(**wired), watchdog=True)
    make(board=Board(**wired))
    make(board=Board(NETWORK="ethernet", PORT="esp32", WATCHDOG_MS=60000), watchdog=5000)


class Ticks:
    """The time for `device` and `watchdog`, which passes only while they sleep."""

    def __enter__(self):
        self.now = 0
        self.kept = [(module, module.ticks_ms) for module in (device, watchdog)]
        self.slept = device.sleep_ms
        for module, _ in self.kept:
            module.ticks_ms = lambda: self.now
        device.sleep_ms = self.sleep
        return self

    def __exit__(self, *error):
        for module, ticks_ms in self.kept:
            module.ticks_ms = ticks_ms
        device.sleep_ms = self.slept

    async def sleep(self, ms):
        self.now += ms
        await asyncio.sleep(0)


def test_it_is_fed_as_long_as_every_part_gets_on():
    machine = Machine()
    with Stands("machine", machine), Ticks() as ticks, Reports() as reports:
        dog = Watchdog(8000)
        pump = dog.part("pump", 10)
        oven = dog.part("oven", 20)
        for ticks.now in range(0, 30001, 1000):
            pump()
            if ticks.now < 5000:
                oven()
            dog.poll(ticks.now)
        assert machine.fed == 25 and dog.starving == "oven"
        assert len(reports.texts) == 1 and "'oven' gave no sign of life" in reports
        oven()
        dog.poll(ticks.now)
        assert machine.fed == 26 and dog.starving is None


def test_a_part_is_late_also_where_the_ticks_wrap_meanwhile():
    machine = Machine()
    with Stands("machine", machine), Ticks() as ticks, Reports():
        ticks.now = ticks_add(0, -3000)
        dog = Watchdog(8000)
        dog.part("pump", 5)
        for _ in range(12):
            ticks.now = ticks_add(ticks.now, 1000)
            dog.poll(ticks.now)
        assert machine.fed == 5 and dog.starving == "pump"


async def supervise(made, ticks, seconds, each=None):
    """Run the supervisor for this time."""
    driver = made.client._run(True)
    made.clock = clock.Clock(made.client)
    task = asyncio.create_task(made._supervise(driver))
    end = ticks.now + seconds * 1000
    while ticks.now < end:
        if each:
            each(driver)
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)


async def starved(link=None, each=None, seconds=400, **arguments):
    """The part that has kept the watchdog from being fed after so many seconds, or None."""
    machine = Machine()
    with Stands("machine", machine), Ticks() as ticks, Reports():
        made = make(link, **arguments)
        made.watchdog = Watchdog(8000)
        await supervise(made, ticks, seconds, each)
        return made.watchdog.starving


def busy(driver):
    driver.mqtt.sent(0, driver.mqtt.last_tx + 1)


async def test_a_client_that_gets_on_feeds_and_one_that_does_not_starves():
    assert await starved(each=busy) is None
    assert await starved() == "client"
    assert await starved(seconds=100) is None  # the client's longest pause and an attempt take less
    assert await starved(seconds=106) == "client"  # 83 s and two keepalives
    assert await starved(keepalive=0) is None  # nothing is expected of a client that needs no traffic


async def test_a_link_that_does_not_come_back_for_hours_starves():
    assert await starved(Link(), busy, 7100) is None
    assert await starved(Link(), busy, 7300) == "Wi-Fi"
    assert await starved(Link(), busy, 7300, offline=None) is None
    assert await starved(Link("192.0.2.1"), busy, 7300) is None


async def test_a_part_of_the_program_is_expected_too():
    machine = Machine()
    with Stands("machine", machine), Ticks() as ticks, Reports():
        made = make()
        assert made.expect("pump", 5)() is None  # without a watchdog
        made.watchdog = Watchdog(8000)
        pump = made.expect("pump", 5)
        pump()
        await supervise(made, ticks, 10, busy)
        assert made.watchdog.starving == "pump"


def test_a_part_of_the_program_is_expected_after_a_time_that_ticks_can_tell():
    with Stands("machine", Machine()):
        made = make()
        made.watchdog = Watchdog(8000)
        for wrong in (0, -1, 504001, "5", True, None):
            assert "504000" in str(raises(ValueError, made.expect, "pump", wrong))
        made.expect("pump", 0.5)
        made.expect("pump", 504000)


async def test_a_links_task_that_has_ended_begins_anew():
    class Ended:
        def done(self):
            return True

    with Ticks() as ticks, Reports() as reports:
        link = Link("192.0.2.1")
        link._task = Ended()
        made = make(link)
        await supervise(made, ticks, 3)
        assert link.started == link.stopped >= 1 and "starting it again" in reports


async def test_the_watchdog_starts_with_run_and_is_not_fed_after_it():
    machine = Machine()
    with Stands("machine", machine), Ticks():
        made = make(Link("192.0.2.1"), watchdog=4000)
        assert machine.notes == []
        attempts = Attempts(made)
        running = asyncio.create_task(made.run())
        await until(lambda: attempts.count == 1 and machine.fed)
        await stop(made, running)
        assert machine.notes == ["watchdog 4000"]
        fed = machine.fed
        await asyncio.sleep(0.05)
        assert machine.fed == fed
        running = asyncio.create_task(made.run())  # with the watchdog that exists already
        await until(lambda: machine.fed > fed)
        await stop(made, running)
        assert machine.notes == ["watchdog 4000"]


async def test_a_short_limit_is_fed_four_times_in_it():
    machine = Machine()
    with Stands("machine", machine), Ticks() as ticks:
        made = make()
        made.watchdog = Watchdog(1000)
        await supervise(made, ticks, 10, busy)
        assert 40 <= machine.fed <= 41

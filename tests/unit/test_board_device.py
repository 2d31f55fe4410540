"""A board in one object: what it is made of, when it connects, when it feeds the watchdog, how it goes to sleep."""

import asyncio

from portable_assert import raises, raises_async
from reports import Reports
from stands_in import Stands

import arduino_cloud_board.clock as clock
import arduino_cloud_board.device as device
import arduino_cloud_board.sleep as sleep
import arduino_cloud_board.watchdog as watchdog
from arduino_cloud_board.device import Device
from arduino_cloud_board.watchdog import Watchdog, limit_of


class Machine:
    """What a board's `machine` has of watchdog, sleep and reset; notes what is asked of it."""

    PWRON_RESET, WDT_RESET = 1, 3

    def __init__(self, cause=1, early=0):
        self.notes = []
        self.fed = 0
        self.passed = 0  # ms in light sleep
        self.early = early  # how many sleeps end after a tenth of their time
        # Functions, as in a module: MicroPython imports no bound methods.
        self.reset_cause = lambda: cause
        self.WDT = self._watchdog()
        self.lightsleep = lambda ms: self.sleep(ms)
        self.reset = lambda: self.notes.append("reset")

    def _watchdog(self):
        def make(timeout):
            self.notes.append("watchdog %d" % timeout)
            return self

        return make

    def feed(self):
        self.fed += 1

    def sleep(self, ms):
        self.notes.append("light %d" % ms)
        if self.early:
            self.early -= 1
            ms //= 10
        self.passed += ms


class Board:
    NAME, PORT, NETWORK, WATCHDOG_MS = "TEST", "rp2", None, 8388

    def __init__(self, **facts):
        self.slept = []
        for name in facts:
            setattr(self, name, facts[name])

    def deep_sleep(self, ms):
        self.slept.append(ms)

    def network_interface(self, kind):
        return kind


class Settings:
    def __init__(self, *networks):
        self._networks = list(networks)

    def networks(self):
        return self._networks

    def client_arguments(self):
        return {"device_id": "d", "username": "d", "password": "p", "ssl_params": None, "server": "somewhere"}


class Link:
    kind = "Wi-Fi"
    on_change = _task = None

    def __init__(self, ip=None):
        self.ip = ip
        self.started = self.stopped = self.doubts = 0

    @property
    def connected(self):
        return self.ip is not None

    def start(self):
        self.started += 1

    def stop(self):
        self.stopped += 1

    def doubt(self):
        self.doubts += 1

    def move(self, ip):
        self.ip = ip
        self.on_change(self)


def make(link=None, **arguments):
    arguments.setdefault("board", Board())
    return Device(settings=Settings(), link=link, **arguments)


class Attempts:
    """In place of the driver's way to the cloud: notes each attempt, and fails with `errors` in turn."""

    def __init__(self, made, *errors):
        self.driver = made.client._run(True)
        self.driver.connect = self._connect
        self.count = 0
        self.ends = []
        self._errors = list(errors)

    async def _connect(self):
        self.count += 1
        driver = self.driver
        driver.error = None
        driver.phase = "ConnectMqttBroker"
        if self._errors:
            raise self._errors.pop(0)
        while driver.running and not driver.error:
            await asyncio.sleep(0.01)
        self.ends.append(str(driver.error))
        if driver.error:
            raise driver.error


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("in vain")


async def stop(made, running):
    made.stop()
    await running


# What it is made of


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


def test_why_the_board_started():
    for cause, text in ((1, "power"), (3, "watchdog"), (77, "")):
        with Stands("machine", Machine(cause)):
            assert make().cause == text
    with Stands("machine", object()):
        assert make().cause == ""


def test_a_time_without_a_link_is_a_number_of_hours():
    for wrong in (0, -1, 141, "2", True):
        assert "offline" in str(raises(ValueError, make, offline=wrong))
    for good in (None, 0.5, 140):
        make(offline=good)


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


async def test_while_it_runs_it_refuses_to_run_again_and_goes_on():
    link = Link("192.0.2.1")
    made = make(link)
    attempts = Attempts(made)
    running = asyncio.create_task(made.run())
    await until(lambda: attempts.count == 1)
    await raises_async(RuntimeError, made.run())
    assert (link.started, link.stopped) == (1, 0) and made.running
    await stop(made, running)


async def test_after_three_failures_in_a_row_the_link_is_looked_into():
    link = Link("192.0.2.1")
    made = make(link)
    attempts = Attempts(made, OSError(110), OSError(110), OSError(110))
    running = asyncio.create_task(made.run(0.01, 1.0))
    await until(lambda: attempts.count == 4)
    assert link.doubts == 1
    await stop(made, running)


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


# The watchdog


def test_the_limit_is_one_that_the_board_has():
    assert limit_of(Board(), True) == 8388
    assert limit_of(Board(WATCHDOG_MS=60000), True) == 30000
    assert limit_of(Board(), 2000) == 2000
    for wrong in (999, 8389, "8000", 2000.0):
        assert "1000 to 8388" in str(raises(ValueError, limit_of, Board(), wrong))
    with Reports() as reports:
        assert limit_of(Board(WATCHDOG_MS=None), True) == 0
    assert "no watchdog" in reports


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


async def supervise(made, ticks, seconds, each=None):
    """Let the supervisor work for so many seconds."""
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
    """Whether, and for whose sake, the watchdog is not fed any more after so long."""
    machine = Machine()
    with Stands("machine", machine), Ticks() as ticks, Reports():
        made = make(link, **arguments)
        made.watchdog = Watchdog(8000)
        await supervise(made, ticks, seconds, each)
        return made.watchdog.starving


def busy(driver):
    driver.mqtt.last_tx += 1


async def test_a_client_that_gets_on_feeds_and_one_that_does_not_starves():
    assert await starved(each=busy) is None
    assert await starved() == "client"
    assert await starved(seconds=90) is None  # its longest pause and an attempt take less
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
        assert link.started == link.stopped >= 1 and "started again" in reports


async def test_the_watchdog_starts_with_run():
    machine = Machine()
    with Stands("machine", machine):
        made = make(Link("192.0.2.1"), watchdog=4000)
        assert machine.notes == []
        attempts = Attempts(made)
        running = asyncio.create_task(made.run())
        await until(lambda: attempts.count == 1 and machine.fed)
        await stop(made, running)
        assert machine.notes == ["watchdog 4000"]


# Sleep


class Passing:
    """The time for `sleep`: in light sleep it passes in the ticks, or (`clock`) in the clock only."""

    def __init__(self, machine, clock):
        self.kept = sleep.ticks_ms, sleep.time
        ticks, wall = self.kept
        if clock:
            self.new = ticks, lambda: wall() + machine.passed // 1000
        else:
            # Whole numbers, lest the test sees how fast it runs; `_STOP` is not waited for.
            self.new = lambda: machine.passed, lambda: 1800000000

    def __enter__(self):
        sleep.ticks_ms, sleep.time = self.new

    def __exit__(self, *error):
        sleep.ticks_ms, sleep.time = self.kept


async def asleep(seconds, early=0, clock=False, **arguments):
    """A device that has gone to sleep while it ran: (device, machine, whether `run` had returned before)."""
    machine = Machine(early=early)
    with Stands("machine", machine), Passing(machine, clock), Reports():
        made = make(Link("192.0.2.1"), **arguments)
        attempts = Attempts(made)
        running = asyncio.create_task(made.run())
        await until(lambda: attempts.count == 1)
        deep_sleep = made.board.deep_sleep
        early = []

        def note(ms):
            early.append(running.done())
            deep_sleep(ms)

        made.board.deep_sleep = note
        await made.sleep(seconds, flush=0.1)
        await asyncio.wait_for(running, 5)
    return made, machine, early


async def test_sleep_ends_the_client_and_the_network_first_and_run_does_not_return_before():
    made, machine, early = await asleep(90.5, board=Board(PORT="esp32"))
    assert made.board.slept == [90500] and early == [False]
    assert made.link.stopped and not made.client.connected


async def test_where_the_watchdog_goes_on_in_deep_sleep_it_is_fed_between_dozes():
    made, machine, _ = await asleep(10, watchdog=6000)
    assert machine.notes == ["watchdog 6000", "light 3000", "light 3000", "light 3000", "light 1000", "reset"]
    assert machine.fed >= 5
    made, machine, _ = await asleep(10, watchdog=6000, board=Board(PORT="esp32"))
    assert machine.notes == ["watchdog 6000"] and made.board.slept == [10000]


async def test_a_doze_that_ends_early_goes_on():
    _, machine, _ = await asleep(10, early=2, watchdog=6000)
    assert machine.notes[1:] == ["light 3000"] * 5 + ["light 400", "reset"] and machine.passed == 10000


async def test_a_doze_in_which_the_ticks_stand_still_is_measured_by_the_clock():
    _, machine, _ = await asleep(600, clock=True, watchdog=8000, board=Board(PORT="stm32"))
    assert 600000 <= machine.passed <= 603000


async def test_where_deep_sleep_is_a_light_one_that_ends_after_71_minutes_it_is_made_of_pieces():
    made, machine, _ = await asleep(2.5 * 3600)
    assert machine.notes == ["light 3600000", "light 3600000", "light 1800000", "reset"]


async def test_no_time_is_no_sleep():
    made = make()
    for wrong in (0, -1, 0.0001):
        await raises_async(ValueError, made.sleep(wrong))


# The clock


class Timed:
    """A client whose time servers answer or not."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def sync_time(self):
        self.asked += 1
        return self.answers.pop(0)


async def test_the_clock_is_set_once_a_day_and_after_a_failure_in_an_hour():
    client = Timed(True, False, True)
    kept = clock.timestamp, clock.ticks_ms
    hours = 3600000
    now = 0
    clock.ticks_ms = lambda: now
    clock.timestamp = lambda: 1800000000
    try:
        keeper = clock.Clock(client)
        asked = []
        for hour in range(52):
            now = hour * hours
            keeper.poll(now)
            await asyncio.sleep(0.001)
            asked.append(client.asked)
        assert (asked[23], asked[24], asked[47], asked[48], asked[49], asked[51]) == (0, 1, 1, 2, 3, 3)
        assert keeper.sets == 2
    finally:
        clock.timestamp, clock.ticks_ms = kept


async def test_the_clock_is_set_as_soon_as_there_is_a_link_again_after_weeks_without():
    client = Timed(True)
    kept = clock.timestamp
    clock.timestamp = lambda: 1800000000
    try:
        keeper = clock.Clock(client)
        now = 0
        for hour in range(24 * 10):  # ticks wrap in this time
            keeper.poll(now, False)
            now = clock.ticks_add(now, 3600000)
        await asyncio.sleep(0.001)
        assert client.asked == 0
        keeper.poll(now, True)
        await asyncio.sleep(0.001)
        assert client.asked == 1
    finally:
        clock.timestamp = kept


async def test_a_clock_that_nobody_has_set_is_left_to_the_client():
    kept = clock.timestamp
    clock.timestamp = lambda: 0
    try:
        client = Timed()
        keeper = clock.Clock(client)
        keeper.poll(0)
        keeper.poll(90000000)
        await asyncio.sleep(0.001)
        assert client.asked == 0
    finally:
        clock.timestamp = kept

"""Deep sleep, the reason why a board has started, and its clock."""

import asyncio

import arduino_cloud_board.clock as clock
import arduino_cloud_board.defaults as defaults
import arduino_cloud_board.sleep as sleep
from device_parts import Attempts, Board, Link, Machine, make, stop, until
from portable_assert import raises, raises_async
from reports import Reports
from stands_in import Stands


class Passing:
    """The time for `sleep`: light sleep moves the ticks, or only the clock if `clock` is set."""

    def __init__(self, machine, clock):
        self.kept = sleep.ticks_ms, sleep.time
        ticks, wall = self.kept
        if clock:
            self.new = ticks, lambda: wall() + machine.passed // 1000
        else:
            # Whole numbers, so that the speed of the test does not matter; nobody waits for `_STOP`.
            self.new = lambda: machine.passed, lambda: 1800000000

    def __enter__(self):
        sleep.ticks_ms, sleep.time = self.new

    def __exit__(self, *error):
        sleep.ticks_ms, sleep.time = self.kept


async def asleep(seconds, early=0, clock=False, **arguments):
    """A device that went to sleep while it ran: (device, machine, whether `run` had returned before)."""
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


async def test_where_a_deep_sleep_must_be_short_a_longer_one_is_made_of_pieces():
    _, machine, _ = await asleep(2.5 * 3600)
    assert machine.notes == ["light 3600000", "light 3600000", "light 1800000", "reset"]
    _, machine, _ = await asleep(5, board=Board(PORT="renesas-ra"))
    assert machine.notes == ["light 2000", "light 2000", "light 1000", "reset"]


async def test_it_can_sleep_without_having_run():
    made = make(Link("192.0.2.1"), board=Board(PORT="esp32"))
    await made.sleep(5, flush=0)
    assert made.board.slept == [5000] and made.link.stopped


async def test_a_client_that_does_not_end_is_left_after_two_seconds():
    machine = Machine()
    made = make(Link("192.0.2.1"), board=Board(PORT="esp32"))
    made.running = True  # forever
    kept = sleep.sleep_ms

    async def pass_time(ms):
        machine.passed += ms
        await asyncio.sleep(0)

    sleep.sleep_ms = pass_time
    try:
        with Passing(machine, False):
            await asyncio.wait_for(made.sleep(5, flush=0), 10)
    finally:
        sleep.sleep_ms = kept
    assert made.board.slept == [5000] and 2000 <= machine.passed < 2100


# (port, the longest deep sleep in ms, whether a longer one is made of light sleep)
LIMITS = (
    ("esp32", 2147483647, False),
    ("stm32", 131072000, False),
    ("unix", 2147483647000, False),
    ("mimxrt", 2147483647, False),
    ("rp2", 4294966, True),
    ("renesas-ra", 2000, True),
)


async def goes_on(error, board, seconds, **machine):
    """A sleep that is refused while the client goes on; returns the text of the error."""
    with Stands("machine", machine.get("machine")):
        made = make(Link("192.0.2.1"), board=board, watchdog=machine.get("watchdog", False))
        attempts = Attempts(made)
        running = asyncio.create_task(made.run())
        await until(lambda: attempts.count == 1)
        found = await raises_async(error, made.sleep(seconds, flush=0))
        await asyncio.sleep(0.05)
        assert made.running and not running.done() and not made.link.stopped and board.slept == []
        await stop(made, running)
        return str(found)


async def test_a_board_that_cannot_sleep_says_so_while_its_client_goes_on():
    never = Board(PORT="qemu", can_deep_sleep=lambda: False)
    assert "no deep sleep" in await goes_on(NotImplementedError, never, 5)

    class Short:  # a machine with a watchdog, but without light sleep
        WDT = Machine().WDT

    text = await goes_on(NotImplementedError, Board(PORT="mimxrt"), 5, machine=Short, watchdog=2000)
    assert text == "TEST has no light sleep, in which its watchdog could be fed"


async def test_the_longest_sleep_of_each_port_is_known_before_anything_is_stopped():
    for port, ms, pieces in LIMITS:
        assert sleep.longest(Board(PORT=port)) == ms
        if pieces:
            continue
        for too_long in (ms // 1000 + 1, ms / 1000 + 2, 1e15):
            text = await goes_on(ValueError, Board(PORT=port), too_long)
            assert text.startswith("sleep: up to %d s expected on TEST, not " % (ms // 1000)), text
        made = make(board=Board(PORT=port))
        await made.sleep(ms // 1000, flush=0)
        assert made.board.slept == [ms // 1000 * 1000]


async def test_where_it_is_made_of_pieces_a_sleep_may_last_for_years():
    class Years(Machine):
        def sleep(self, ms):
            self.passed += ms

    for port, ms, pieces in LIMITS:
        if pieces:
            machine = Years()
            with Stands("machine", machine), Passing(machine, False), Reports():
                made = make(Link("192.0.2.1"), board=Board(PORT=port))
                await made.sleep(3 * ms // 1000 + 0.5, flush=0)
            assert machine.passed == 3 * ms // 1000 * 1000 + 500 and machine.notes == ["reset"]


def test_the_boards_own_function_has_the_same_limits():
    slept = []

    class Chip:
        pass

    chip = Chip()
    chip.deepsleep = lambda ms: slept.append(ms)
    with Stands("machine", chip):
        for port, ms, _ in LIMITS:
            board = Board(PORT=port)
            error = raises(ValueError, defaults.deep_sleep, board, ms + 1)
            assert str(error) == "deep_sleep: up to %d ms expected on TEST, not %d" % (ms, ms + 1)
            defaults.deep_sleep(board, ms)
        assert slept == [ms for _, ms, _ in LIMITS]


async def test_no_time_is_no_sleep():
    for wrong in (0, -1, 0.0001, float("inf"), -float("inf"), float("nan"), "5", None, True, [5]):
        text = await goes_on(ValueError, Board(PORT="esp32"), wrong)
        assert text == "sleep: seconds from 0.001 on expected, not %r" % (wrong,)


def test_why_the_board_started():
    for cause, text in ((1, "power"), (3, "watchdog"), (77, "")):
        with Stands("machine", Machine(cause)):
            assert make().cause == text
    with Stands("machine", object()):
        assert make().cause == ""


# The clock


class Timed:
    """A client whose time servers answer or do not."""

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
        for hour in range(24 * 10):  # the ticks wrap in this time
            keeper.poll(now, False)
            now = clock.ticks_add(now, 3600000)
        await asyncio.sleep(0.001)
        assert client.asked == 0
        for _ in range(3):
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


async def test_a_clock_that_nobody_could_set_before_the_connection_is_set_during_it():
    client = Timed(False, False, True)
    kept = clock.timestamp, clock.ticks_ms
    now, known = 0, 0
    clock.ticks_ms = lambda: now
    clock.timestamp = lambda: known
    try:
        keeper = clock.Clock(client)
        asked = []
        for minute in range(5 * 60):
            now = minute * 60000
            keeper.poll(now, True, True)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            known = 1800000000 if keeper.sets else 0
            asked.append(client.asked)
        assert [asked.index(count) for count in (1, 2, 3)] == [60, 120, 180] and keeper.sets == 1
    finally:
        clock.timestamp, clock.ticks_ms = kept

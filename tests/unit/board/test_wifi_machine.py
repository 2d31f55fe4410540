"""The decisions of the Wi-Fi manager alone, whatever the interface shows, in virtual time."""

from arduino_cloud_board.link.wifi_machine import CONNECT, DISCONNECT, OFF, ON, SCAN, WiFiMachine
from arduino_cloud_board.link.wifi_status import FAILED, MISSING, PASSWORD, WAIT, meaning
from seeded import Seeded

HEAPSIZE = "8m"  # for the notes that tests take
CODES = (None, True, False, 0, 1, 2, 3, -1, -2, -3, 8, 15) + tuple(range(200, 213)) + (1000, 1001, 1010)


class Player:
    """Steps a WiFiMachine; notes its requests as (ms, action)."""

    def __init__(self, link):
        self.link = link
        self.now = 0
        self.asked = []

    def step(self, up=False, code=None):
        """Make a step; returns the time until the next."""
        action = self.link.step(self.now, up, code)
        if action:
            self.asked.append((self.now, action))
        self.now += self.link.wait
        return action

    def steps(self, ms, **shown):
        """Make steps for this time."""
        end = self.now + ms
        while self.now < end:
            self.step(**shown)

    def until(self, action, ms=200000, **shown):
        """Make steps until it asks for the action; returns the ms that this took."""
        begin = self.now
        while self.now < begin + ms:
            at = self.now
            if self.step(**shown) == action:
                return at - begin
        raise AssertionError("not asked for %s in %d ms" % (action, ms))

    def times(self, action):
        return [at for at, what in self.asked if what == action]


def test_codes_mean_what_the_ports_mean_by_them():
    assert [meaning(code) for code in (None, True, False, 0, 1, 2, 3, 1000, 1001, 1010)] == [WAIT] * 10
    assert [meaning(code) for code in (202, 204, 205, 15, -3)] == [PASSWORD] * 5
    assert [meaning(code) for code in (201, 210, 211, 212, -2)] == [MISSING] * 5
    assert [meaning(code) for code in (200, 203, 8, -1, 39)] == [FAILED] * 5


def test_a_network_that_comes_back_is_joined_within_the_documented_bound_of_a_pause_and_a_round():
    # docs/device.md. The worst case: the others are tried first, the last pause is the longest, and no code helps.
    for count, bound in ((1, 150), (2, 180), (3, 210), (4, 240)):
        for back in range(600000, 900000, 7000):
            link = WiFiMachine(["net%d" % i for i in range(count)], count - 1, random=lambda: 0.999)
            link.resume(0, "gone")
            now = 0
            begun = None  # the start of an attempt that will succeed after 4 s
            while link.state != "connected":
                action = link.step(now, begun is not None and now - begun >= 4000, True)
                if action == CONNECT:
                    begun = now if link.chosen == count - 1 and now >= back else None
                elif action == DISCONNECT:
                    begun = None
                now += max(link.wait, 1)
            assert now - back < bound * 1000, (count, back, now)


def test_a_cold_start_connects_at_once_and_a_driver_under_way_is_stopped_first():
    for code in (None, True, False, 0, 1000):
        assert WiFiMachine(["a"]).step(0, False, code) == CONNECT, code
    for code in (1001, 2, 202, 200, -1):
        player = Player(WiFiMachine(["a"]))
        assert player.step(code=code) == DISCONNECT, code
        player.until(CONNECT, code=code)
        assert player.times(CONNECT) == [1000]


def test_a_driver_under_way_is_stopped_before_a_scan_too():
    player = Player(WiFiMachine(["a", "b"], scan=True))
    assert player.step(code=1001) == DISCONNECT
    assert player.until(SCAN, code=1000) == 0 and player.times(SCAN) == [1000]
    player.link.scanned(["b", "a"])
    player.until(CONNECT, code=1000)
    assert player.link.chosen == 0


def test_what_a_scan_finds_too_late_or_too_early_ends_nothing():
    link = WiFiMachine(["a", "b"], scan=True)
    link.scanned(["b"])  # from a manager that was stopped meanwhile
    player = Player(link)
    assert player.step() == CONNECT and link.chosen == 1
    player.steps(9000)
    link.scanned(["a"])
    player.steps(20000)
    assert player.times(DISCONNECT) == []  # the attempt may take its 30 s


def test_a_connection_that_outlived_a_soft_reset_is_kept():
    player = Player(WiFiMachine(["a"]))
    player.step(up=True, code=1010)
    assert player.asked == [] and player.link.state == "connected"


def test_no_code_ends_an_attempt_in_its_first_seconds():
    for code in CODES:
        player = Player(WiFiMachine(["a"]))
        player.step()
        player.steps(2900, code=code)
        assert player.times(DISCONNECT) == [], code
        player.step(up=True)
        assert player.link.state == "connected"


def test_idle_and_mixed_codes_on_the_way_are_not_failures():
    player = Player(WiFiMachine(["a"], 0, 60000))
    player.step()
    for code in (202, 1000, 201, 1001, 202, 1001, 200, 1000, 201):
        player.steps(6000, code=code)
    assert player.times(DISCONNECT) == []
    player.step(up=True, code=1010)
    assert player.link.state == "connected" and player.link.failures == 0


def test_a_bad_code_that_lasts_ends_the_attempt_and_another_follows_for_ever():
    for code, patience in ((202, 10000), (201, 10000), (-3, 3000), (-2, 3000), (1000, 30000), (True, 30000)):
        player = Player(WiFiMachine(["a"]))
        player.step()
        wait = player.until(DISCONNECT, code=code)
        assert patience - 250 <= wait <= patience, (code, wait)
        for _ in range(40):
            player.until(CONNECT, code=code)
        tries = player.times(CONNECT)
        gaps = [b - a for a, b in zip(tries, tries[1:])]
        assert max(gaps) <= 60000 + patience + 4000, gaps
        assert min(gaps[6:]) >= 60000, gaps  # slowly


def test_a_reason_is_named_after_three_equal_failures_and_not_once_connected():
    player = Player(WiFiMachine(["a"]))
    player.step()
    for number in range(3):
        assert player.link.trouble == "", number
        player.until(DISCONNECT, code=202)
        if number < 2:
            player.until(CONNECT, code=202)
    assert player.link.trouble == "a: wrong password?"
    assert player.now > 30000
    player.until(CONNECT, code=202)
    player.step(up=True)
    assert player.link.trouble == ""


def test_different_failures_in_turn_name_no_reason():
    player = Player(WiFiMachine(["a"]))
    player.step()
    for number in range(8):
        player.until(DISCONNECT, code=(202, 201)[number % 2])
        player.until(CONNECT, code=1000)
    assert player.link.trouble == ""


def test_pauses_grow_are_bounded_and_differ_between_boards():
    def pauses(random):
        player = Player(WiFiMachine(["a"], random=random))
        player.step()
        for _ in range(8):
            player.until(DISCONNECT, code=-2)
            player.until(CONNECT, code=-2)
        return [on - off for off, on in zip(player.times(DISCONNECT), player.times(CONNECT)[1:])]

    plain = pauses(None)
    # after the fifth failure the radio is off for 2 s and gets 0.2 s to start
    assert plain == [1000, 2000, 5000, 10000, 32200, 60000, 60000, 60000], plain
    low, high = pauses(lambda: 0.0), pauses(lambda: 0.999)
    for one, middle, other in zip(low[1:], plain[1:], high[1:]):
        assert one < middle < other <= middle * 1.26, (low, plain, high)


def disturb(seed):
    """A Player of any kind, after random events."""
    random = Seeded(seed)
    link = WiFiMachine(["a", "b"][: 1 + seed % 2], 0, 30000, bool(random.below(2)), bool(random.below(2)))
    player = Player(link)
    lost = random.choice(("", "gone", "dead"))
    if lost:
        link.resume(player.now, lost)
        player.now += link.wait
    for _ in range(random.below(400)):
        action = player.step(False, random.choice(CODES))
        assert 0 <= link.wait <= 1000
        if action == SCAN and random.below(2):
            link.scanned([])
        elif action == CONNECT and random.below(9) == 0:
            assert link.refused(player.now) == DISCONNECT
            player.asked.append((player.now, DISCONNECT))
            player.now += link.wait
    return player


def test_between_disconnecting_and_connecting_there_is_a_second():
    connects = 0
    for seed in range(100):
        last = None
        for at, action in disturb(seed).asked:
            if action == CONNECT:
                assert last is None or at - last >= 1000, (seed, last, at)
                connects += 1
            elif action == DISCONNECT:
                last = at
    assert connects > 100


def test_from_any_state_it_connects_when_the_network_is_there_again():
    for seed in range(300):
        player = disturb(seed)
        link = player.link
        end = player.now + 150000
        since = None  # the start of an attempt, which takes 3 s
        while player.now < end and link.state != "connected":
            up = since is not None and player.now - since > 3000
            action = player.step(up, 1001)
            if action == CONNECT or (link.state == "connecting" and since is None):
                since = player.now
            elif action in (DISCONNECT, OFF):
                since = None
            elif action == SCAN:
                link.scanned(["b"])
        assert link.state == "connected", (seed, link.state, player.asked[-5:])


def test_the_radio_is_switched_off_and_on_every_five_rounds():
    player = Player(WiFiMachine(["a"]))
    player.step()
    while len(player.times(ON)) < 3:
        player.step(code=-2)
    tries = player.times(CONNECT)
    for number, (off, on) in enumerate(zip(player.times(OFF), player.times(ON))):
        assert on - off == 2000
        assert len([at for at in tries if at < off]) == 5 * (number + 1)


def test_an_interface_that_refuses_twice_is_switched_off_and_on():
    player = Player(WiFiMachine(["a"]))
    assert player.step() == CONNECT
    for _ in range(2):
        assert player.link.refused(player.now) == DISCONNECT
        player.now += player.link.wait
        if not player.times(OFF):
            while player.step() not in (CONNECT, OFF):
                pass
    assert len(player.times(OFF)) == 1


def test_a_driver_that_reconnects_by_itself_is_left_alone_for_ten_seconds():
    player = Player(WiFiMachine(["a"], 0, 60000, automatic=True))
    player.link.resume(0, "gone")
    player.steps(9000, code=1001)
    assert player.asked == [] and player.link.state == "connecting"
    player.step(up=True)
    assert player.link.state == "connected" and player.link.attempts == 0
    player = Player(WiFiMachine(["a"], 0, 60000, automatic=True))
    player.link.resume(0, "gone")
    player.until(CONNECT, code=201)
    assert player.asked == [(10000, DISCONNECT), (11000, CONNECT)]
    assert player.link.failures == 0  # that attempt was not ours


def test_a_dead_connection_is_ended_whatever_the_interface_claims():
    for automatic in (False, True):
        player = Player(WiFiMachine(["a"], 0, 60000, automatic))
        player.link.resume(0, "dead")
        player.until(CONNECT, up=True, code=3)
        assert player.asked == [(0, DISCONNECT), (1000, CONNECT)]


def test_networks_are_tried_in_their_order_and_what_is_seen_before_what_is_hidden():
    player = Player(WiFiMachine(["a", "b", "c"], scan=True))
    assert player.step() == SCAN
    player.steps(2000)
    player.link.scanned(["c", "b"])
    chosen = []
    for _ in range(3):
        player.until(CONNECT, code=0)
        chosen.append(player.link.chosen)
    assert chosen == [1, 2, 0]
    player.until(SCAN, code=0)  # again in the next round
    player.until(CONNECT, code=0)  # a scan that never ends
    assert player.link.chosen == 0


def test_a_doubtful_password_is_tried_after_the_others():
    player = Player(WiFiMachine(["a", "b"]))
    player.step()
    order = []
    for _ in range(8):
        order.append(player.link.chosen)
        player.until(CONNECT, code=(202, 201)[player.link.chosen])
    assert order[:6] == [0, 1] * 3 and order[6:] == [1, 0], order

"""A day in a board's life, from provisioning to the last value, over TLS. The radio is a stand-in."""

import signal
import time
from collections import Counter

import pytest
from board_worlds import ASLEEP, RESET

HOUR = 3600
KEEPALIVE = 8
SLACK = 1  # second, for a busy machine
# The limits in docs/device.md, in seconds
STANDSTILL = 2
LOSS = 1.25
ADDRESS = 6
ATTEMPT = 15
PAUSE = 32
JOIN = 150
GOODBYE = 2


def _the_clock_is_unset_at_power_on(day, world):
    """The clock shows the year 2000 or 2021, and no time server answers yet. TLS needs the right date."""
    world.time_server_answers = False
    day.power_on(rtc=world.unset_rtc)
    day.wait_for("^package %s/lib/arduino_iot_cloud/__init__.mpy\n" % world.folder)  # the package that was provisioned
    day.wait_for("^started power")
    day.wait_for("the clock is not set")
    world.time_server_answers = True
    day.synced()
    assert abs(world.now + world.get("wall") / 1e6 - time.time() - world.get("skipped") / 1e6) < 3
    day.settle()


def _wifi_is_lost_for_a_moment(day, world):
    begin = world.now
    world.air_off()
    lost = day.disconnected()
    assert lost - begin < LOSS + SLACK
    day.take(1)
    _comes_back(day, world)


def _the_access_point_is_gone_for_an_hour(day, world):
    """No connection is closed properly, and one packet is on its way."""
    day.take(2)
    attempts = world.way.connections
    begin = world.now
    world.air_off()
    day.wait_for("connection was lost")
    world.wait(lambda: world.now - begin > HOUR, "an hour", 120)
    assert world.way.connections == attempts  # no attempt without a link
    _comes_back(day, world)


def _comes_back(day, world):
    begin = world.now
    world.air_on()
    assert day.synced() - begin < JOIN + ATTEMPT
    day.settle()


def _the_address_changes(day, world):
    """Connections of the old address are dead."""
    world.way.cut()
    begin = world.now
    world.put(address=9)
    day.hurry_for("^disconnected")
    day.wait_for("address changed from 192.0.2.7 to 192.0.2.9")
    _is_given_up(day, begin + ADDRESS)


def _a_box_on_the_way_forgets_the_connection(day, world):
    """The link is up, but nothing gets through."""
    world.way.cut()
    begin = world.now
    day.hurry_for("^disconnected")
    _is_given_up(day, begin + 1.5 * KEEPALIVE)


def _is_given_up(day, until):
    given_up = day.disconnected()
    assert given_up < until + SLACK
    assert day.synced() - given_up < PAUSE + ATTEMPT
    day.take(1)
    day.settle()


def _the_cloud_dies_and_comes_back(day, world, cloud):
    cloud.kill()
    day.wait_for("^disconnected")
    day.take(2)
    cloud.start()
    world.way.target = (cloud.host, cloud.mqtts_port)
    begin = world.now
    assert day.synced() - begin < PAUSE + ATTEMPT
    day.settle()


def _it_sleeps_with_samples_that_nobody_could_take(day, world, sleeps):
    """The cloud can be reached again when it wakes."""
    world.air_off()
    day.wait_for("connection was lost")
    day.take(5)
    assert 5 < day.lie_down(1800, 5, sleeps) < 5 + GOODBYE + SLACK
    questions = len(world.time_server.questions)
    if sleeps == ASLEEP:
        world.sleep_on()
    world.air_on()
    _starts_again(day, "deep sleep" if sleeps == ASLEEP else "watchdog")
    assert (len(world.time_server.questions) > questions) == world.forgets_time


def _the_program_hangs_and_the_watchdog_bites(day, world):
    world.air_off()
    day.wait_for("connection was lost")
    day.take(3)
    day.do("hang()")
    day.wait_for("^hangs")
    assert not world.bites
    world.put(skipped=world.get("skipped") + 9e6)
    day.ended(-signal.SIGKILL, 5)
    assert world.bites == 1
    world.air_on()
    _starts_again(day, "watchdog")


def _starts_again(day, reason):
    day.power_on()
    day.wait_for("^started %s" % reason)
    day.synced()
    day.settle()


def _everything_is_in_the_cloud_once_and_with_its_time(day, cloud):
    taken = day.samples()
    assert len(taken) > HOUR / 10
    series = cloud.series(day.thing_id, "stored")
    assert Counter(value for value, _ in series) == Counter(value for value, _ in taken)
    timeless = {value for value, when in taken if not when}  # from before the clock was set: timed by their arrival
    assert 1001 in timeless and 1010 not in timeless
    assert sorted(sample for sample in series if sample[0] not in timeless) == [one for one in taken if one[1]]
    assert cloud.series(day.thing_id, "last")[-1][0] == taken[-1][0]


@pytest.mark.timeout(180)
def test_a_day_of_a_board(day, world, cloud):
    sleeps = ASLEEP if world.board == "ESP32_GENERIC" else RESET  # or it dozes, and resets itself
    _the_clock_is_unset_at_power_on(day, world)
    _wifi_is_lost_for_a_moment(day, world)
    _the_access_point_is_gone_for_an_hour(day, world)
    _the_address_changes(day, world)
    _a_box_on_the_way_forgets_the_connection(day, world)
    _the_cloud_dies_and_comes_back(day, world, cloud)
    _it_sleeps_with_samples_that_nobody_could_take(day, world, sleeps)
    _the_program_hangs_and_the_watchdog_bites(day, world)
    assert day.lie_down(10, 30, sleeps) < GOODBYE + SLACK
    _everything_is_in_the_cloud_once_and_with_its_time(day, cloud)
    # Neither the event loop nor the feeding of the watchdog stood still.
    assert world.get("standstill") < STANDSTILL * 1000 and world.get("hunger") < 6000
    print("%s: the loop stood still for %d ms" % (world.board, world.get("standstill")))
    assert "raised" not in day.output and "Traceback" not in day.output

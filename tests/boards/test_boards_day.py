"""A day in the life of a board, from provisioning to the last value, over TLS. The radio is a stand-in."""

import signal
import time
from collections import Counter

import pytest
from board_worlds import ASLEEP, RESET

HOUR = 3600
KEEPALIVE = 8
SLACK = 1  # second, which a busy machine may take longer
# The bounds of docs/device.md, in seconds
STANDSTILL = 2
LOSS = 1.25
ADDRESS = 6
ATTEMPT = 15
PAUSE = 32
JOIN = 150
GOODBYE = 2


@pytest.mark.timeout(180)
def test_a_day_of_a_board(day, world, cloud):
    sleeps = ASLEEP if world.board == "ESP32_GENERIC" else RESET  # or dozes, and resets itself

    # Power-on: the clock shows the year 2000 or 2021, and no time server answers yet. TLS insists on a date.
    world.time_server_answers = False
    day.power_on(rtc=world.unset_rtc)
    day.wait_for("^started power")
    day.wait_for("the clock is not set")
    world.time_server_answers = True
    day.synced()
    assert abs(world.now + world.get("wall") / 1e6 - time.time() - world.get("skipped") / 1e6) < 3
    day.settle()

    # A short loss of Wi-Fi.
    begin = world.now
    world.air_off()
    lost = day.disconnected()
    assert lost - begin < LOSS + SLACK
    day.take(1)
    begin = world.now
    world.air_on()
    assert day.synced() - begin < JOIN + ATTEMPT
    day.settle()

    # The access point is gone for an hour; nothing says goodbye, and one packet is on its way.
    day.take(2)
    attempts = world.way.connections
    begin = world.now
    world.air_off()
    day.wait_for("connection is lost")
    world.wait(lambda: world.now - begin > HOUR, "an hour", 120)
    assert world.way.connections == attempts  # no attempt without a link
    begin = world.now
    world.air_on()
    assert day.synced() - begin < JOIN + ATTEMPT
    day.settle()

    # Another address: what stands on the old one is dead.
    world.way.cut()
    begin = world.now
    world.put(address=9)
    day.hurry_for("^disconnected")
    day.wait_for("address changed from 192.0.2.7 to 192.0.2.9")
    given_up = day.disconnected()
    assert given_up - begin < ADDRESS + SLACK
    assert day.synced() - given_up < PAUSE + ATTEMPT
    day.take(1)
    day.settle()

    # A box on the way forgets the connection: there is a link, and nothing comes through.
    world.way.cut()
    begin = world.now
    day.hurry_for("^disconnected")
    given_up = day.disconnected()
    assert given_up - begin < 1.5 * KEEPALIVE + SLACK
    assert day.synced() - given_up < PAUSE + ATTEMPT
    day.take(1)
    day.settle()

    # The cloud dies, and comes back.
    cloud.kill()
    day.wait_for("^disconnected")
    day.take(2)
    cloud.start()
    world.way.target = (cloud.host, cloud.mqtts_port)
    begin = world.now
    assert day.synced() - begin < PAUSE + ATTEMPT
    day.settle()

    # Deep sleep with nobody there to take what waits; the way home is open again at waking.
    world.air_off()
    day.wait_for("connection is lost")
    day.take(5)
    assert 5 < day.lie_down(1800, 5, sleeps) < 5 + GOODBYE + SLACK
    questions = len(world.time_server.questions)
    if sleeps == ASLEEP:
        world.sleep_on()
    world.air_on()
    day.power_on()
    day.wait_for("^started %s" % ("deep sleep" if sleeps == ASLEEP else "watchdog"))
    day.synced()
    day.settle()
    assert (len(world.time_server.questions) > questions) == world.forgets_time

    # The program hangs: the watchdog bites.
    world.air_off()
    day.wait_for("connection is lost")
    day.take(3)
    day.do("hang()")
    day.wait_for("^hangs")
    assert not world.bites
    world.put(skipped=world.get("skipped") + 9e6)
    day.ended(-signal.SIGKILL, 5)
    assert world.bites == 1
    world.air_on()
    day.power_on()
    day.wait_for("^started watchdog")
    day.synced()
    day.settle()

    # The evening: everything is in the cloud, once and with its time, and nothing stood still.
    assert day.lie_down(10, 30, sleeps) < GOODBYE + SLACK
    taken = day.samples()
    assert len(taken) > HOUR / 10
    series = cloud.series(day.thing_id, "stored")
    assert Counter(value for value, _ in series) == Counter(value for value, _ in taken)
    timeless = {value for value, when in taken if not when}  # before the clock was set: they got that of their arrival
    assert 1001 in timeless and 1010 not in timeless
    assert sorted(sample for sample in series if sample[0] not in timeless) == [one for one in taken if one[1]]
    assert cloud.series(day.thing_id, "last")[-1][0] == taken[-1][0]
    assert world.get("standstill") < STANDSTILL * 1000 and world.get("hunger") < 6000
    print("%s: the loop stood still for %d ms" % (world.board, world.get("standstill")))
    assert "raised" not in day.output and "Traceback" not in day.output

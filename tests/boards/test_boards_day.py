"""A day in the life of a board, from power-on to the last value, over TLS to a real cloud; the radio is a stand-in."""

import signal
import time
from collections import Counter

from board_worlds import ASLEEP, RESET, YEAR_2000

HOUR = 3600
KEEPALIVE = 8
# The bounds of docs/device.md, in seconds
STANDSTILL = 2
ADDRESS = 6
ATTEMPT = 15
PAUSE = 32
JOIN = 150


def test_a_day_of_a_board(day, world, cloud):
    # Power-on: the clock shows the year 2000, and no time server answers yet. TLS insists on a date.
    world.time_server_answers = False
    day.power_on(rtc=YEAR_2000)
    day.wait_for("^started power")
    day.wait_for("the clock is not set")
    world.time_server_answers = True
    day.synced()
    assert abs(world.now + world.get("wall") / 1e6 - time.time() - world.get("skipped") / 1e6) < 3

    day.settle()

    # The access point is gone for an hour; nothing says goodbye, and one packet is on its way.
    day.take(2)
    attempts = world.way.connections
    begin = world.now
    world.air_off()
    day.wait_for("connection is lost")
    world.wait(lambda: world.now - begin > HOUR, "an hour", 60)
    assert world.way.connections == attempts  # no attempt without a link
    begin = world.now
    world.air_on()
    assert day.synced() - begin < JOIN + ATTEMPT
    day.settle()

    # Another address: what stands on the old one is dead.
    world.way.cut()
    world.put(address=9)
    assert day.hurry_for("address changed from 192.0.2.7 to 192.0.2.9", 30) < ADDRESS
    day.wait_for("^disconnected at")
    begin = world.now
    assert day.synced() - begin < PAUSE + ATTEMPT
    day.take(1)
    day.settle()

    # A box on the way forgets the connection: there is a link, and nothing comes through.
    world.way.cut()
    assert day.hurry_for("^disconnected at", 30) < 1.5 * KEEPALIVE + 1
    begin = world.now
    assert day.synced() - begin < PAUSE + ATTEMPT
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
    day.do("asyncio.create_task(device.sleep(1800, flush=5))")
    questions = len(world.time_server.questions)
    if world.board == "ESP32_GENERIC":
        day.ended(ASLEEP)
        world.sleep_on()
    else:
        day.ended(RESET)  # its watchdog goes on in deep sleep: it dozes, and resets itself
    world.air_on()
    day.power_on()
    day.wait_for("^started (deep sleep|reset)")
    day.synced()
    day.settle()
    assert len(world.time_server.questions) == questions  # the clock went on

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

    # The evening: everything is in the cloud, and nothing stood still.
    day.do("asyncio.create_task(device.sleep(10))")
    day.ended(ASLEEP if world.board == "ESP32_GENERIC" else RESET)
    taken = day.samples()
    assert len(taken) > HOUR / 10
    series = cloud.series(day.thing_id, "stored")
    assert Counter(value for value, _ in series) == Counter(value for value, _ in taken)
    assert taken[0] == (2001, 0)  # the clock was not set: in the cloud it has the time of its arrival
    assert [sample for sample in series if sample[0] > 2001] == sorted(taken)[1:]
    assert cloud.series(day.thing_id, "last")[-1][0] == taken[-1][0]
    assert world.get("standstill") < STANDSTILL * 1000 and world.get("hunger") < 8000
    print("%s: the loop stood still for %d ms" % (world.board, world.get("standstill")))
    assert "raised" not in day.output and "Traceback" not in day.output

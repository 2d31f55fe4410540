"""Time from the network, and clocks that jump."""

import time

import pytest
from opposite import TIMEZONE_DOWN
from time_server import TimeServer, answer

THEN = 1900000000  # in 2030, which no real clock shows

PRELUDE = """
import asyncio, sys
import arduino_iot_cloud.port as port
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient("d", ssl_params=None)
real = port.time
start = real()
port.time = lambda: real() - start  # nobody has set it: in January 1970
"""
ASK = PRELUDE + """
async def main():
    print(await client.sync_time(%r, %r))
    print(port.timestamp())
asyncio.run(main())
"""


@pytest.fixture
def time_server(serve):
    """`time_server(**options)` -> a TimeServer, closed at the end."""
    return lambda **options: serve(TimeServer, **options)


def lines(interpreter, code):
    return interpreter.run(code=code, check=True).stdout.splitlines()


def test_the_time_comes_from_the_server(interpreter, time_server):
    server = time_server(now=THEN)
    *_, told, now = lines(interpreter, ASK % (server.name, 5))
    assert told == "True" and 0 <= int(now) - THEN <= 2
    assert len(server.questions) == 1
    question = server.questions[0]
    assert len(question) == 48 and question[0] == 0xE3 and not any(question[1:40])


def test_the_blocking_call_does_the_same(interpreter, time_server):
    server = time_server(now=THEN)
    *_, now = lines(interpreter, PRELUDE + "client.update_systime(%r, 5)\nprint(port.timestamp())\n" % server.name)
    assert 0 <= int(now) - THEN <= 2


def test_two_questions_are_never_the_same(interpreter, time_server):
    server = time_server(now=THEN)
    lines(interpreter, PRELUDE + "for _ in range(3): client.update_systime(%r, 5)\n" % server.name)
    assert len({question[40:] for question in server.questions}) == 3


WRONG = {
    "of another question": {"originate": b"12345678"},
    "of no server": {"mode": 3},
    "broadcast": {"mode": 5},
    "a refusal": {"stratum": 0},
    "stratum": {"stratum": 16},
    "alarm": {"leap": 3},
    "old version": {"version": 1},
}


def test_a_wrong_answer_is_not_taken_and_the_right_one_after_it_is(interpreter, time_server):
    wrong = [lambda q, o=options: answer(q, 1000000000, **o) for options in WRONG.values()]
    wrong += [lambda q: b"", lambda q: b"x", lambda q: answer(q, THEN)[:47], lambda q: answer(q, -2208988800)]
    server = time_server(answers=lambda q: [make(q) for make in wrong] + [answer(q, THEN)])
    *_, told, now = lines(interpreter, ASK % (server.name, 5))
    assert told == "True" and 0 <= int(now) - THEN <= 2


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_answer_alone_sets_nothing(interpreter, time_server, wrong):
    server = time_server(answers=lambda q: [answer(q, 1000000000, **WRONG[wrong])])
    *_, told, now = lines(interpreter, ASK % (server.name, 0.3))
    assert (told, now) == ("False", "0")
    *_, now = lines(interpreter, PRELUDE + "client.update_systime(%r, 0.3)\nprint(port.timestamp())\n" % server.name)
    assert now == "0"


def test_silence_ends_in_time(interpreter, time_server):
    server = time_server(answers=lambda q: [])
    code = ASK.replace("    print(await", "    begin = real()\n    print(await") + "print(real() - begin)\n"
    code = code.replace("async def main():", "async def main():\n    global begin")
    *_, told, now, seconds = lines(interpreter, code % (server.name, 0.5))
    assert (told, now) == ("False", "0") and 0.4 <= float(seconds) < 3
    code = "begin = real()\nclient.update_systime(%r, 0.5)\nprint(real() - begin)\n" % server.name
    *_, seconds = lines(interpreter, PRELUDE + code)
    assert 0.4 <= float(seconds) < 3


@pytest.mark.parametrize("server", ["127.0.0.1:9", "no-such-name.invalid"])
def test_no_server_is_told_in_one_line(interpreter, server):
    found = lines(interpreter, ASK % (server, 2))
    assert found[-2:] == ["False", "0"] or found[-1] == "0"


def test_the_loop_goes_on_meanwhile(interpreter, time_server):
    server = time_server(now=THEN, delay=0.5)
    code = PRELUDE + """
async def tick():
    global count
    while True:
        await asyncio.sleep(0.01)
        count += 1
count = 0
async def main():
    ticker = asyncio.create_task(tick())
    print(await client.sync_time(%r, 5))
    print(count)
asyncio.run(main())
"""
    *_, told, count = lines(interpreter, code % server.name)
    assert told == "True" and int(count) >= 20


def test_several_may_ask_at_once_and_the_module_is_let_go_of_at_the_end(interpreter, time_server):
    server = time_server(now=THEN)
    code = PRELUDE + """
async def main():
    asked = [asyncio.create_task(client.sync_time(name, 1)) for name in (%r, "127.0.0.1:9", %r)]
    await asyncio.sleep(0.05)
    client.update_systime(%r, 1)
    told = []
    for task in asked:
        told.append(await task)
    print(told)
    print("arduino_iot_cloud.network_time" in sys.modules and sys.implementation.name == "micropython")
    print(await client.sync_time(%r, 1))
asyncio.run(main())
"""
    *_, told, left, again = lines(interpreter, code % (server.name, server.name, server.name, server.name))
    assert (told, left, again) == ("[True, False, True]", "False", "True")


def test_a_fraction_of_a_second_and_the_way_are_counted(interpreter, time_server):
    server = time_server(delay=0.6, answers=lambda q: [answer(q, THEN, fraction=0xD0000000)])
    *_, now = lines(interpreter, ASK % (server.name, 5))
    assert 1 <= int(now) - THEN <= 2


def test_the_time_is_right_after_2036(interpreter, time_server):
    # Then the seconds since 1900 wrap to 0.
    server = time_server(now=2085978496 + 1000)
    *_, told, now = lines(interpreter, ASK % (server.name, 5))
    assert told == "True" and 0 <= int(now) - 2085979496 <= 2


def test_a_board_sets_its_clock(interpreter, time_server):
    server = time_server(now=THEN)
    code = PRELUDE + """
class RTC:
    def datetime(self, fields):
        print("set", fields)
sys.modules["machine"] = type("machine", (), {"RTC": RTC})
client.update_systime(%r, 5)
print(port.offset)
"""
    *_, fields, offset = lines(interpreter, code % server.name)
    assert fields.startswith("set (2030, 3, 17, 7, 17, 46, 4") and offset == "0"


def test_a_clock_that_is_set_later_counts(interpreter, time_server):
    server = time_server(now=THEN)
    code = PRELUDE + "client.update_systime(%r, 5)\nport.time = lambda: 1800000000\nprint(port.timestamp())\n"
    assert lines(interpreter, code % server.name)[-1] == "1800000000"


# In a running client

JUMPS = """
import arduino_iot_cloud.port as port
real = port.time
"""
WRITER = JUMPS + """
for name in ("a", "b"):
    client.register(name, value=0, on_write=lambda client, value, name=name: print("wrote", name, value))
"""


def test_a_clock_that_nobody_has_set_is_asked_for_before_the_connection(start_device, broker, opposite, time_server):
    server = time_server(now=THEN)
    setup = WRITER + "start = real()\nport.time = lambda: real() - start\n"
    device = start_device(setup, broker, ntp_server=server.name)
    device.wait_until("client.connected")
    assert abs(device.ask("port.timestamp()") - THEN) < 60
    assert len(server.questions) == 1


def test_without_a_time_server_it_connects_all_the_same(start_device, broker, opposite, time_server):
    server = time_server(answers=lambda q: [])
    device = start_device(WRITER + "port.time = lambda: 100\n", broker, ntp_server=server.name, ntp_timeout=0.3)
    device.wait_until("client.connected")
    assert device.ask("port.timestamp()") == 0 and device.ask("client.local_time()") == 0


def test_nothing_goes_wrong_when_the_clock_jumps_by_years(connect_device, opposite):
    setup = WRITER + """
from arduino_iot_cloud import Schedule
client.register("stamped", value=0, timestamp=True)
client.register("kept", value=0, history=5)
client.register("seldom", value=0, min_interval=0.05)
client.register(Schedule("plan", frm=1700000000, to=0, len=600, msk=0))
client.register("work", on_run=lambda client, args: print("work"), interval=0.05)
"""
    device = connect_device(setup, keepalive=2, ntp_server="127.0.0.1:9")
    device.wait_for("^work\n")
    opposite.command(TIMEZONE_DOWN, 3600, int(time.time()) + 100000)
    device.wait_until("client.get('tz_offset') == 3600")
    year = 365 * 86400
    for i, jump in enumerate((-60 * year, 10 * year, -2 * year, 60 * year, 0), start=1):
        device.do("port.time = lambda: real() + %d" % jump)
        device.do("client['a'] = client['stamped'] = client['kept'] = client['seldom'] = %d" % i)
        for name in ("a", "stamped", "kept", "seldom"):
            opposite.wait_value(name, i)
        opposite.write(b=i)
        device.wait_for("^wrote b %d\n" % i)
        device.wait_for_next("^work\n")
        local = device.ask("client.local_time()")
        assert local == 0 if jump == -60 * year else abs(local - time.time() - jump - 3600) < 60
    time.sleep(3)  # longer than a keepalive
    assert device.ask("client.stats()['connections'], client.connected") == (1, True)


def test_the_next_time_zone_is_asked_for_at_the_end_of_this_one(connect_device, opposite):
    device = connect_device(WRITER)
    device.do("port.time = lambda: 1800000000")
    opposite.command(TIMEZONE_DOWN, 7200, 1800000000 - 1)
    opposite.wait_command("0x10800", timeout=60)  # half a minute after the last request
    assert opposite.commands().count("LastValuesBegin") == 1
    opposite.command(TIMEZONE_DOWN, 3600, 1800000000 + 5000)
    device.wait_until("client.local_time() == 1800003600")
    assert device.ask("client.connected")
    left = device.ask("MICROPYTHON and [n for n in ('zone', 'asking') if 'arduino_iot_cloud.' + n in sys.modules]")
    assert not left


def test_the_local_cloud_tells_the_zone_of_the_thing(start_device, project):
    cloud = project([("a", "INT", "READ_WRITE")])
    device = start_device(
        "client.register('a', value=1)",
        device_id=cloud.device_id,
        password=cloud.secret,
        server=cloud.about["host"],
        port=cloud.about["mqtt_port"],
    )
    device.wait_until("client.connected")
    device.wait_until("client.local_time() != 0")
    assert abs(device.ask("client.local_time()") - time.time()) < 60  # UTC
    assert device.ask("client['tz_dst_until']") > time.time()



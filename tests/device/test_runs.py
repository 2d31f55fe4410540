"""What ends a run, what does not, and what follows it: Ctrl-C, other event loops, several clients at once."""

import re
import signal
import socket
import time

import pytest
from devices import DEVICE_ID, FOLDER, SECRET, USERS, wait_for_log

OTHER_ID = "d0d0d0d0-2222-4222-8333-d0d0d0d0d0d0"

# A program without the orders of program.py, because it ends in its own ways.
_HEAD = """\
from program import ArduinoCloudClient, MICROPYTHON
import asyncio

def make(id=%r):
    client = ArduinoCloudClient(id, id, %r, ssl_params=None, server=%r, port=%r, keepalive=2)
    client.register("a", value=0, on_write=lambda client, value: print("wrote", value))
    client.on("sync", lambda client: print("synced"))
    return client

def interrupted(run, *arguments):
    try:
        run(*arguments)
    except KeyboardInterrupt:
        print("interrupted")

client = make()
"""


@pytest.fixture
def start_program(interpreter, broker, tmp_path):
    """`start_program(code)` -> a process. The code can use `make()` and `client`."""

    def start(code, name="program.py"):
        path = tmp_path / ("run_" + name)
        path.write_text(_HEAD % (DEVICE_ID, SECRET, broker.host, broker.port) + code)
        return interpreter.start(path, path=[FOLDER])

    yield start
    interpreter.stop_all()


def connections(broker):
    return len(re.findall("New client connected", broker.log))


def interrupt(process):
    """Press Ctrl-C while the process waits. MicroPython's unix port misses a signal that comes just before its poll."""
    asleep = 0
    while asleep < 3:
        with open("/proc/%d/stat" % process.pid) as file:
            asleep = asleep + 1 if file.read().rpartition(")")[2].split()[0] == "S" else 0
        time.sleep(0.02)
    process.signal(signal.SIGINT)


def stays(broker, opposite, process, count):
    """Check that the client keeps its connection for two keepalives and opens no other."""
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        assert process.returncode is None, process.stdout
        time.sleep(0.05)
    assert connections(broker) - 1 == count, process.stdout  # one belongs to the opposite
    opposite.write(a=5)
    process.wait_for("^wrote 5\n")
    assert "already runs" not in process.stdout + process.stderr


@pytest.mark.parametrize("second", ("client.start()", "asyncio.run(client.run())", "make().start()", "client.stop(); client.start()"))
@pytest.mark.parametrize("first", ("client.start", "lambda: asyncio.run(client.run())"))
def test_after_ctrl_c_the_client_or_another_one_runs_again(start_program, broker, opposite, first, second):
    process = start_program("interrupted(%s)\n%s\n" % (first, second))
    process.wait_for("^synced\n")
    interrupt(process)
    process.wait_for("^interrupted\n(.*\n)*synced\n")
    stays(broker, opposite, process, 2)


SHORT = """\
calls = 0

def synced(client):
    from arduino_iot_cloud.loop import leftovers

    sweep = leftovers.sweep

    def short(*arguments):
        global calls
        calls += 1
        if calls < 3:
            raise MemoryError
        sweep(*arguments)

    if not calls:
        leftovers.sweep = short
    print("synced")

client.on("sync", synced)
interrupted(client.start)
client.start()
"""


def test_short_memory_after_ctrl_c_ends_nothing(start_program, broker, opposite):
    process = start_program(SHORT)
    process.wait_for("^synced\n")
    interrupt(process)
    process.wait_for("^interrupted\n(.*\n)*synced\n")
    assert connections(broker) == 3  # the opposite's included


def test_ctrl_c_while_there_is_no_link(start_program, broker, opposite):
    broker.process.signal(signal.SIGSTOP)
    process = start_program("print('go')\ninterrupted(client.start)\nclient.start()\n")
    process.wait_for("^go\n")
    interrupt(process)
    process.wait_for("^interrupted\n")
    broker.process.signal(signal.SIGCONT)
    process.wait_for("^synced\n")


@pytest.mark.parametrize("kind", ("KeyboardInterrupt", "SystemExit"))
@pytest.mark.parametrize("callback", ("on_write", "on_run", "coroutine", "event"))
def test_keyboard_interrupt_and_system_exit_of_a_callback_end_the_run(start_program, opposite, kind, callback):
    process = start_program(
        """
def boom(*arguments):
    if client.connected:
        raise %s
async def boom_later(*arguments):
    boom()
which = %r
if which == "on_write":
    client.register("a", value=0, on_write=boom)
elif which == "event":
    client.on("sync", boom)
else:
    client.register("t", on_run=boom if which == "on_run" else boom_later, interval=0.1)
client.on("connect", lambda client: print("attached"))
try:
    client.start()
except (KeyboardInterrupt, SystemExit) as error:
    print("ended", type(error).__name__)
client.register("a", value=0, on_write=lambda client, value: print("wrote", value))
client.register("t", on_run=lambda client, args: None)
client.on("sync", lambda client: print("synced again"))
client.start()
"""
        % (kind, callback)
    )
    process.wait_for("^attached\n")
    if callback == "on_write":
        opposite.wait_value("a", 0)
        opposite.write(a=3)
    process.wait_for("^ended %s\n" % kind)
    process.wait_for("^synced again\n")
    opposite.write(a=7)
    process.wait_for("^wrote 7\n")


def test_whatever_else_a_callback_raises_costs_that_call(connect_device, opposite):
    device = connect_device(
        """
client.register("a", value=0, on_write=lambda client, value: print("wrote", value))
class Odd(BaseException):
    pass
kinds = [Exception, Odd, GeneratorExit, asyncio.CancelledError, StopIteration, MemoryError, OSError, ValueError]
def boom(client, args):
    if kinds:
        raise kinds.pop()("on purpose")
    print("again")
client.register("t", on_run=boom, interval=0.01)
"""
    )
    device.wait_for("^again\n")
    opposite.write(a=1)
    device.wait_for("^wrote 1\n")
    assert device.ask("client.stats()['connections']") == 1


def test_what_is_raised_while_a_packet_is_handled_costs_the_connection(connect_device, opposite):
    device = connect_device(
        """
client.register("a", value=0, on_write=lambda client, value: print("wrote", value))
kinds = [KeyError, RuntimeError, AttributeError, TypeError, ZeroDivisionError, IndexError, ValueError]
def boom(*arguments):
    raise kinds.pop()("on purpose")
""",
        run={"interval": 0.05, "backoff": 1},
    )
    for count in range(1, 8):
        device.wait_until("client.connected")
        device.ask("setattr(client.driver.session, 'values', boom)")
        opposite.write(a=-1)
        device.wait_until("client.stats()['faults'] == %d" % count)
        device.do("del client.driver.session.values")
    assert device.output.count("a packet could not be handled") >= 1
    assert "on purpose" in device.output and "Traceback" in device.output
    device.wait_until("client.connected")
    opposite.write(a=2)
    device.wait_for("^wrote 2\n")


def test_a_second_run_beside_the_first_raises_and_the_first_goes_on(connect_device, opposite):
    device = connect_device(
        """
client.register("a", value=0, on_write=lambda client, value: print("wrote", value))
async def second():
    try:
        await client.run()
    except RuntimeError as error:
        return str(error)
"""
    )
    device.do("later(second())")
    device.wait_for("^result 'the client already runs'\n")
    opposite.write(a=1)
    device.wait_for("^wrote 1\n")


def test_stop_right_after_the_task_is_made_is_not_forgotten(start_program):
    process = start_program(
        """
async def main():
    task = asyncio.create_task(client.run())
    client.stop()
    await asyncio.wait_for(task, 5)
    print("ended", client.state)
asyncio.run(main())
"""
    )
    process.wait_for("^ended Init\n")
    assert process.wait(10).returncode == 0


def test_a_cancelled_run_leaves_no_task_behind(start_program, broker, opposite):
    # While it is connected, while it connects and during a pause.
    silent = socket.create_server(("127.0.0.1", 0))
    process = start_program(
        """
def tasks():
    if not MICROPYTHON:
        return len(asyncio.all_tasks()) - 1
    from asyncio import core
    queued = []
    while core._task_queue.peek():
        queued.append(core._task_queue.pop())
    for one in queued:
        core._task_queue.push(one, one.ph_key)
    return len(queued) + len(core._io_queue.map)

async def cancel(when):
    task = asyncio.create_task(client.run(0.1, 2))
    while not when():
        await asyncio.sleep(0.01)
    task.cancel()
    client["a"] += 1  # which wakes whoever sleeps, but nobody who is cancelled
    try:
        await task
    except asyncio.CancelledError:
        pass
    client["a"] += 1
    print("left", tasks())

async def main():
    await cancel(lambda: client.connected)
    client.port = %d
    await cancel(lambda: client.state == "ConnectMqttBroker")
    client.port = 1
    await cancel(lambda: client.error and client.state == "Disconnect")
    client.port = %d
    await cancel(lambda: client.connected)
asyncio.run(main())
"""
        % (silent.getsockname()[1], broker.port)
    )
    assert process.wait(20).returncode == 0, process.stdout
    assert re.findall("^left .*", process.stdout, re.M) == ["left 0"] * 4
    silent.close()


def test_in_another_event_loop_coroutines_and_inlets_work_again(start_program, opposite):
    process = start_program(
        """
async def slow(client, args):
    print("slow begins")
    await asyncio.sleep(3600)
client.register("t", on_run=slow, interval=0.01)
client.register("b", value=0)
inlet = client.inlet("b")
async def main(last):
    task = asyncio.create_task(client.run())
    while not client.connected:
        await asyncio.sleep(0.01)
    inlet.set(last)
    while client["b"] != last:
        await asyncio.sleep(0.01)
    print("inlet", last, await client.flush())
    client.stop()
    await task
asyncio.run(main(1))
asyncio.new_event_loop()
asyncio.run(main(2))
asyncio.new_event_loop()
asyncio.run(main(3))
"""
    )
    assert process.wait(20).returncode == 0, process.stdout
    assert len(re.findall("^slow begins$", process.stdout, re.M)) == 3
    assert re.findall("^inlet .*", process.stdout, re.M) == ["inlet 1 True", "inlet 2 True", "inlet 3 True"]
    opposite.wait_value("b", 3)


def test_several_clients_and_questions_for_the_time_run_side_by_side(interpreter, mosquitto, start_opposite, tmp_path):
    broker = mosquitto(users=dict(USERS, **{OTHER_ID: SECRET}))
    start_opposite(broker)
    start_opposite(broker, OTHER_ID)
    path = tmp_path / "several.py"
    path.write_text(
        _HEAD % (DEVICE_ID, SECRET, broker.host, broker.port)
        + """
other = make(%r)
async def connected(*clients):
    for one in clients:
        while not one.connected:
            await asyncio.sleep(0.01)

async def main():
    # The server of each answers later than the one of the next.
    times = [asyncio.create_task(one.sync_time("127.0.0.1:9", wait)) for one in (client, other) for wait in (0.3, 0.1)]
    runs = [asyncio.create_task(one.run(0.1)) for one in (client, other)]
    for _ in range(5):
        await connected(client, other)
        client["a"] += 1
        other["a"] += 1
        print("flushed", await client.flush(), await other.flush())
        for i in (0, 1):
            (client, other)[i].stop()
            await runs[i]
            runs[i] = asyncio.create_task((client, other)[i].run(0.1))
    print("times", await asyncio.gather(*times))
    await connected(client, other)
    for one in (client, other):
        one.stop()
    for one in runs:
        await one
    print("ended")
asyncio.run(main())
"""
        % OTHER_ID
    )
    process = interpreter.start(path, path=[FOLDER])
    try:
        assert process.wait(40).returncode == 0, process.stdout + process.stderr
    finally:
        interpreter.stop_all()
    assert process.stdout.count("flushed True True") == 5
    assert "times [False, False, False, False]" in process.stdout and "ended" in process.stdout
    assert "NameError" not in process.stdout


def test_two_devices_with_one_id_get_ever_longer_pauses_and_a_hint(start_program, broker, opposite):
    first = start_program("client.start(0.1)", "first.py")
    first.wait_for("^synced\n")
    second = start_program("client.start(0.1)", "second.py")
    wait_for_log(broker, "already connected, closing old connection", 6, timeout=60)
    deadline = time.monotonic() + 30
    while "same device id" not in first.stdout + second.stdout and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "same device id" in first.stdout + second.stdout
    times = [int(line) for line in re.findall(r"^(\\d+): New client connected .* as %s " % DEVICE_ID, broker.log, re.M)]
    assert len(times) < 20


def test_a_server_that_no_longer_reads_is_noticed_within_one_and_a_half_keepalives(start_device, broker, opposite):
    for buffer in (1024, 16000):
        device = start_device("client.register('a', value='')", broker, keepalive=2, buffer=buffer)
        device.wait_until("client.connected")
        begin = time.monotonic()
        broker.process.signal(signal.SIGSTOP)
        device.do("client['a'] = 'x' * %d" % (buffer - 200))
        device.wait_until("not client.connected", timeout=5)
        assert time.monotonic() - begin < 4.5  # three seconds and the time to notice
        broker.process.signal(signal.SIGCONT)
        device.wait_until("client.connected")
        opposite.wait_value("a", "x" * (buffer - 200))
        device.stop()

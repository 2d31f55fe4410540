"""Events, waiting, and values that come from interrupt handlers and other threads."""

import signal

import pytest
from opposite import OTHER_THING_ID, THING_DETACH, THING_ID

SETUP = """
client.register("a", value=0, on_write=lambda client, value: print("wrote", value))
"""
EVENTS = SETUP + """
def note(event):
    client.on(event, lambda client: print("event", event, client.state))
for event in ("connect", "sync", "disconnect"):
    note(event)
"""
QUICK = {"interval": 0.2}


def events(device):
    return [tuple(line.split()[1:3]) for line in device.output.splitlines() if line.startswith("event ")]


def test_events_come_in_the_order_of_the_cpp_library(connect_device, opposite):
    opposite.last_values[THING_ID] = {"a": 7}
    device = connect_device(EVENTS.replace("value=0, ", ""))
    assert events(device) == [("connect", "RequestLastValues"), ("sync", "Connected")]
    # the last values have been written before the event
    assert device.output.index("wrote 7") < device.output.index("event sync")
    opposite.thing_id = OTHER_THING_ID
    opposite.tell_thing()
    device.wait_until("client.connected and client.thing_id == %r" % OTHER_THING_ID)
    assert [name for name, _ in events(device)[2:]] == ["disconnect", "connect", "sync"]
    opposite.thing_id = ""
    opposite.command(THING_DETACH, OTHER_THING_ID)
    device.wait_until("client.thing_id and client.state == 'SendCapabilities'")
    assert [name for name, _ in events(device)[5:]] == ["disconnect"]


def test_events_of_a_lost_link_and_of_the_end(connect_device, broker, opposite):
    device = connect_device(EVENTS, run=QUICK)
    opposite.expect_restart()
    broker.process.kill()
    device.wait_for("^event disconnect")
    broker.start()
    opposite.wait_online()
    device.wait_until("client.connected")
    device.stop()
    assert [name for name, _ in events(device)] == ["connect", "sync", "disconnect"] * 2


def test_a_device_without_a_thing_has_no_events(start_device, broker, opposite):
    opposite.thing_id = ""
    device = start_device(EVENTS, broker)
    device.wait_for("^The device is not attached to a thing.")
    device.stop()
    assert events(device) == []


def test_the_callback_of_an_event_may_be_a_coroutine(connect_device, opposite):
    setup = SETUP + """
async def synced(client):
    print("begin")
    await asyncio.sleep(0.05)
    client["a"] = 5
    print("flushed", await client.flush(5))
client.on("sync", synced)
"""
    device = connect_device(setup)
    device.wait_for("^flushed True\n")
    opposite.wait_value("a", 5)
    assert device.output.count("begin") == 1


def test_the_callback_of_an_event_may_raise(connect_device, opposite):
    setup = SETUP + """
def fail(client):
    raise RuntimeError("broken on purpose")
async def fail_later(client):
    await asyncio.sleep(0)
    raise RuntimeError("broken later")
client.on("connect", fail)
client.on("sync", fail_later)
"""
    device = connect_device(setup)
    device.wait_for("broken on purpose")
    device.wait_for("broken later")
    assert "on connect" in device.output and "on sync" in device.output
    device.do("client['a'] = 3")
    opposite.wait_value("a", 3)


def test_a_callback_is_replaced_and_taken_away(connect_device, opposite):
    device = connect_device(SETUP + "client.on('sync', lambda client: print('first'))")
    device.wait_for("^first\n")
    device.do("client.on('sync', lambda client: print('second'))")
    opposite.thing_id = OTHER_THING_ID
    opposite.tell_thing()
    device.wait_for("^second\n")
    device.do("client.on('sync', None)")
    opposite.thing_id = THING_ID
    opposite.tell_thing()
    device.wait_until("client.connected and client.thing_id == %r" % THING_ID)
    assert device.output.count("second") == 1 and device.output.count("first") == 1
    device.do("client.on('start', print)")
    device.wait_for("order failed: ValueError: .*'start'")


def test_wait_synced(start_device, broker, opposite):
    opposite.answer_thing = False
    device = start_device(SETUP, broker)
    broker.wait_for_log("Received SUBSCRIBE from %s" % device.id)
    device.do("later(client.wait_synced(0.2))")
    device.wait_for_next("^result False\n")
    device.do("later(client.wait_synced(10)); later(client.wait_synced(10)); later(client.flush(10))")
    opposite.answer_thing = True
    opposite.tell_thing()
    for _ in range(3):
        device.wait_for_next("^result True\n")
    assert device.ask("client.connected")
    device.do("later(client.wait_synced(0))")
    device.wait_for_next("^result True\n")


def test_wait_synced_and_flush_through_a_lost_link(connect_device, broker, opposite):
    device = connect_device(SETUP, run=QUICK)
    device.do("later(client.flush(5))")
    device.wait_for_next("^result True\n")
    opposite.expect_restart()
    broker.process.kill()
    device.wait_until("not client.connected")
    device.do("client['a'] = 9; later(client.wait_synced(20)); later(client.flush(20))")
    broker.start()
    opposite.wait_online()
    for _ in range(2):
        device.wait_for_next("^result True\n")
    opposite.wait_value("a", 9)


def test_flush_does_not_take_silence_for_an_answer(connect_device, broker, opposite):
    device = connect_device(SETUP)
    device.do("later(client.flush(5))")
    device.wait_for_next("^result True\n")
    broker.process.signal(signal.SIGSTOP)
    device.do("client['a'] = 1; later(client.flush(0.3))")
    device.wait_for_next("^result False\n")
    broker.process.signal(signal.SIGCONT)
    device.do("later(client.flush(5))")
    device.wait_for_next("^result True\n")


# The program's own tasks

BESIDE = """
import asyncio
from arduino_iot_cloud import ArduinoCloudClient, Task

async def blink(name):
    while True:
        print("blink", name)
        await asyncio.sleep(0.02)

async def main():
    client = ArduinoCloudClient(%(id)r, %(id)r, %(secret)r, ssl_params=None, server=%(host)r, port=%(port)d)
    client.register("a", value=1)
    client.register(Task("task", on_run=lambda client, args: print("task", args), interval=0.05, args="mine"))
    running = asyncio.create_task(client.run())
    tasks = [asyncio.create_task(blink(i)) for i in range(2)]
    print("synced", await client.wait_synced(10))
    client["a"] = 2
    print("flushed", await client.flush(10))
    await asyncio.sleep(0.2)
    client.stop()
    await running
    for task in tasks:
        task.cancel()
    print("end", client.state)

asyncio.run(main())
"""


def test_the_programs_own_tasks_run_beside_it(interpreter, broker, opposite):
    from devices import DEVICE_ID, SECRET

    names = {"id": DEVICE_ID, "secret": SECRET, "host": broker.host, "port": broker.port}
    done = interpreter.run(code=BESIDE % names, check=True)
    found = done.stdout.splitlines()
    assert "synced True" in found and "flushed True" in found and found[-1] == "end Disconnect"
    for line in ("blink 0", "blink 1", "task mine"):
        assert found.count(line) >= 3, done.stdout
    opposite.wait_value("a", 2)


# From an interrupt handler or another thread

INLET = SETUP + "\ninlet = client.inlet('a')\n"


def test_a_value_from_another_thread(connect_device, opposite):
    setup = INLET + """
if MICROPYTHON:
    import _thread
    start_thread = lambda: _thread.start_new_thread(work, ())
else:
    import threading
    start_thread = lambda: threading.Thread(target=work, daemon=True).start()
def work():
    for i in range(1, 201):
        inlet.set(i)
        time.sleep(0.001)
"""
    device = connect_device(setup)
    device.do("start_thread()")
    opposite.wait_value("a", 200, timeout=20)
    values = opposite.values("a")
    assert values == sorted(values) and len(values) > 5
    opposite.write(a=500)
    device.wait_for("^wrote 500\n")
    device.do("inlet.set(3)")
    opposite.wait_value("a", 3)


def test_a_value_from_another_thread_leaves_at_once(connect_device, opposite):
    device = connect_device(INLET)
    for i in range(1, 6):
        device.do("inlet.set(%d)" % i)
        opposite.wait_value("a", i, timeout=1)


def test_setting_allocates_nothing_on_micropython(connect_device, opposite):
    setup = INLET + """
def locked(value):
    # What a hard interrupt handler may do: nothing that needs memory
    if MICROPYTHON:
        import micropython
        set = inlet.set
        micropython.heap_lock()
        try:
            set(value)
            set(value)
        finally:
            micropython.heap_unlock()
    else:
        inlet.set(value)
"""
    device = connect_device(setup)
    device.do("locked(77)")
    opposite.wait_value("a", 77)


def test_what_is_set_before_the_client_runs_counts(start_device, broker, opposite):
    start_device(INLET + "\ninlet.set(5)\ninlet.set(6)\n", broker)
    opposite.wait_value("a", 6)


def test_a_wrong_type_from_a_handler_is_reported_and_the_next_value_goes(connect_device, opposite):
    device = connect_device(INLET)
    device.do("inlet.set('text')")
    device.wait_for("TypeError.*'a' takes int")
    device.do("inlet.set(4)")
    opposite.wait_value("a", 4)
    assert device.output.count("Traceback") == 1


def test_several_inlets(connect_device, opposite):
    setup = "\n".join("client.register('v%d', value=False)" % i for i in range(5))
    device = connect_device(setup + "\ninlets = [client.inlet('v%d' % i) for i in range(5)]")
    for i in range(5):
        device.do("inlets[%d].set(True)" % i)
    for i in range(5):
        opposite.wait_value("v%d" % i, True)
    device.do("client.inlet('nothing')")
    device.wait_for("order failed: KeyError")


@pytest.mark.parametrize("new_loop", [False, True])
def test_an_inlet_lives_on_when_the_client_runs_again(cpython, broker, opposite, new_loop):
    from devices import DEVICE_ID, SECRET

    code = """
import asyncio, threading, time
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient(%r, %r, %r, ssl_params=None, server=%r, port=%d)
client.register("a", value=1)
inlet = client.inlet("a")

async def once(value):
    running = asyncio.create_task(client.run())
    await client.wait_synced(10)
    thread = threading.Thread(target=inlet.set, args=(value,))
    thread.start()
    while client["a"] != value:
        await asyncio.sleep(0.01)
    print("flushed", await client.flush(10))
    client.stop()
    await running

async def twice():
    await once(5)
    await once(6)

if %r:
    asyncio.run(once(5))
    inlet.set(5)  # no loop runs
    asyncio.run(once(6))
else:
    asyncio.run(twice())
""" % (DEVICE_ID, DEVICE_ID, SECRET, broker.host, broker.port, new_loop)
    done = cpython.run(code=code, check=True)
    assert done.stdout.count("flushed True") == 2, done
    opposite.wait_value("a", 6)

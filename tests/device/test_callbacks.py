"""The user's callbacks: when they are called, with which arguments, and what happens if they raise."""


def test_on_write_is_called_in_the_order_of_arrival(connect_device, opposite):
    setup = """
for name in ("a", "b"):
    client.register(name, value=0, on_write=lambda client, value, name=name: print("wrote", name, value))
"""
    device = connect_device(setup)
    expected = ""
    for i in range(1, 21):
        opposite.write(a=i)
        opposite.write(b=i)
        expected += "wrote a %d\nwrote b %d\n" % (i, i)
    device.wait_for("^wrote b 20\n")
    assert expected in device.output


def test_values_of_one_message_are_all_there_when_the_first_callback_runs(connect_device, opposite):
    setup = """
client.register("a", value=0, on_write=lambda client, value: print("a", value, client["b"]))
client.register("b", value=0, on_write=lambda client, value: print("b", value, client["a"]))
"""
    device = connect_device(setup)
    opposite.write(a=1, b=2)
    device.wait_for("^b 2 1\n")
    assert "a 1 " in device.output


def test_on_write_is_called_again_for_the_same_value(connect_device, opposite):
    device = connect_device("client.register('a', value=0, on_write=lambda client, value: print('wrote', value))")
    opposite.write(a=5)
    opposite.write(a=5)
    device.wait_for("^wrote 5\nwrote 5\n")


def test_a_callback_may_answer_with_a_value(connect_device, opposite):
    setup = """
def double(client, value):
    client["b"] = 2 * value
client.register("a", value=0, on_write=double)
client.register("b", value=0)
"""
    connect_device(setup)
    for i in range(5):
        opposite.write(a=i)
    opposite.wait_value("b", 8)


def test_on_read_gives_the_value_every_interval(connect_device, opposite):
    setup = """
count = 0
def read(client):
    global count
    count += 1
    return count
client.register("slow", on_read=read, interval=0.1)
"""
    device = connect_device(setup)
    opposite.wait(lambda: len(opposite.values("slow")) >= 4, "four values")
    values = opposite.values("slow")
    assert values == sorted(set(values))
    assert device.ask("count") >= values[-1]


def test_on_run_gets_its_arguments_at_its_interval(connect_device):
    setup = """
from arduino_iot_cloud import Task
begin = milliseconds()
def work(client, args):
    print("work", args[0], args[1], milliseconds() - begin)
client.register(Task("worker", on_run=work, interval=0.1, args=(7, "seven")))
client.register("other", coro=lambda client, args: print("other", args), interval=60)
"""
    device = connect_device(setup)
    times = [int(device.wait_for_next(r"^work 7 seven (\d+)").group(1)) for _ in range(4)]
    assert 200 <= times[3] - times[0] < 2000
    assert device.output.count("other None") == 1


def test_backoff_stretches_the_interval(connect_device):
    setup = """
client.register("stretched", on_run=lambda client, args: print("run", milliseconds()), interval=0.05, backoff=2)
"""
    device = connect_device(setup)
    times = [int(device.wait_for_next(r"^run (\d+)").group(1)) for _ in range(5)]
    assert times[4] - times[3] > 2 * (times[1] - times[0])


def test_tasks_run_while_there_is_no_connection(start_device):
    setup = "client.register('work', on_run=lambda client, args: print('work'), interval=0.05)"
    device = start_device(setup, server="127.0.0.1", port=1)
    for _ in range(3):
        device.wait_for_next("^work\n")


def test_callbacks_may_be_coroutines(connect_device, opposite):
    setup = """
from arduino_iot_cloud import Task
async def wrote(client, value):
    print("begin", value)
    await asyncio.sleep(0.02)
    print("end", value)
async def read(client):
    await asyncio.sleep(0.02)
    return 17
async def work(client, args):
    await asyncio.sleep(0.02)
    print("worked", args)
client.register("a", value=0, on_write=wrote)
client.register("b", on_read=read, interval=0.1)
client.register(Task("worker", on_run=work, interval=0.1, args="hard"))
"""
    device = connect_device(setup)
    opposite.write(a=1)
    opposite.write(a=2)
    device.wait_for("^end 2\n")
    order = [line for line in device.output.splitlines() if line.startswith(("begin", "end"))]
    assert order == ["begin 1", "end 1", "begin 2", "end 2"]  # one after the other
    opposite.wait_value("b", 17)
    device.wait_for("^worked hard\n")


def test_a_slow_coroutine_does_not_hold_up_the_others(connect_device, opposite):
    setup = """
async def slow(client, value):
    print("slow begins")
    await asyncio.sleep(60)
client.register("slow", value=0, on_write=slow)
client.register("quick", value=0, on_write=lambda client, value: print("quick", value))
"""
    device = connect_device(setup)
    opposite.write(slow=1)
    device.wait_for("^slow begins\n")
    opposite.write(quick=2)
    device.wait_for("^quick 2\n")
    device.do("client['quick'] = 3")
    opposite.wait_value("quick", 3)


RAISING = """
def fail(what):
    raise ValueError("no luck with " + what)
def wrote(client, value):
    print("wrote", value)
    if value < 3:
        fail("writing")
async def wrote_later(client, value):
    await asyncio.sleep(0)
    print("wrote later", value)
    fail("writing later")
reads = 0
def read(client):
    global reads
    reads += 1
    if reads < 3:
        fail("reading")
    return reads
runs = 0
def work(client, args):
    global runs
    runs += 1
    if runs < 3:
        fail("working")
    print("worked")
client.register("writer", value=0, on_write=wrote)
client.register("later", value=0, on_write=wrote_later)
client.register("reader", on_read=read, interval=0.05)
client.register("worker", on_run=work, interval=0.05)
"""


def test_a_callback_that_raises_is_reported_and_called_again(connect_device, opposite):
    device = connect_device(RAISING)
    for value in (1, 2, 3):
        opposite.write(writer=value)
    device.wait_for("^wrote 3\n")
    for value in (1, 2):
        opposite.write(later=value)
    device.wait_for("^wrote later 2\n")
    opposite.wait(lambda: opposite.values("reader")[:1] == [3], "the third reading")
    device.wait_for("^worked\n")
    device.wait_until("client.connected")
    for name, what, times in (
        ("writer", "writing", 2),
        ("later", "writing later", 2),
        ("reader", "reading", 2),
        ("worker", "working", 2),
    ):
        line = "'%s' raised ValueError: no luck with %s\n" % (name, what)
        assert device.output.count(line) == times, device.output
    # with tracebacks that name the user's functions
    assert device.output.count("Traceback") == 8
    for function in ("fail", "wrote", "wrote_later", "read", "work"):
        assert "in " + function in device.output
    assert device.ask("client.stats()['connections']") == 1


def test_a_value_of_the_wrong_type_from_on_read_is_reported(connect_device, opposite):
    setup = """
values = [1, "text", 3]
client.register("a", on_read=lambda client: values.pop(0) if values else 4, interval=0.05)
"""
    device = connect_device(setup)
    opposite.wait_value("a", 4)
    device.wait_for("^'a' raised TypeError: 'a' takes int, not str")
    assert 3 in opposite.values("a") or opposite.values("a")[-1] == 4


def test_a_variable_registered_while_connected_joins_in(connect_device, opposite):
    device = connect_device()
    device.do("client.register('late', value=5, on_write=lambda client, value: print('wrote', value))")
    opposite.wait_value("late", 5)
    opposite.write(late=6)
    device.wait_for("^wrote 6\n")
    device.do("client.register('task', on_run=lambda client, args: print('task'), interval=0.05)")
    device.wait_for("^task\ntask\n|^task\n(.*\n)*task\n")


def test_registering_a_name_again_replaces_it(connect_device, opposite):
    setup = "client.register('a', on_run=lambda client, args: print('old'), interval=0.05)"
    device = connect_device(setup)
    device.do("client.register('a', value=1, on_write=lambda client, value: print('new', value))")
    opposite.wait_value("a", 1)
    count = device.ask("1") and device.output.count("old")
    opposite.write(a=2)
    device.wait_for("^new 2\n")
    assert device.output.count("old") == count


def test_on_active_is_called_when_a_schedule_begins(connect_device, opposite):
    setup = """
from arduino_iot_cloud import Schedule
active = lambda client, value: print("active", value["frm"])
client.register(Schedule("plan", on_active=active, on_write=lambda client, value: None, interval=0.05))
"""
    device = connect_device(setup)
    now = device.ask("int(__import__('time').time())")
    opposite.write(plan__frm=now - 10, plan__to=now + 3600, plan__len=600, plan__msk=0)
    device.wait_for("^active %d\n" % (now - 10))
    assert device.ask("client['plan'].active") is True
    opposite.write(plan__frm=now - 3600, plan__to=now - 10, plan__len=600, plan__msk=0)
    device.wait_until("not client['plan'].active")
    assert device.output.count("active ") == 1


def test_values_faster_than_a_coroutine_pile_up_no_further_than_eight_and_the_newest_arrives(connect_device, opposite):
    device = connect_device(
        """
gate = asyncio.Event()
seen = []
async def slow(client, value):
    seen.append(value)
    await gate.wait()
client.register("slow", value=0, on_write=slow)
client.register("last", value=0, on_write=lambda client, value: print("last", value))
"""
    )
    for value in range(1, 31):
        opposite.write(slow=value)
    opposite.write(last=1)
    device.wait_for("^last 1\n")
    assert device.ask("seen") == [1]
    device.ask("gate.set()")
    device.wait_until("30 in seen")
    assert device.ask("seen") == [1] + list(range(23, 31))

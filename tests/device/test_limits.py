"""Numbers that wrap around, long names, missing modules, wrong clocks, small heaps."""

import pytest
from devices import DEVICE_ID, SECRET, wait_for_log
from opposite import Opposite
from toolchain.mpy import compile_file, compile_tree
from toolchain.paths import NOT_ON_BOARDS, PEERS, modules

VARIABLE = "client.register('a', value=0, on_write=lambda client, value: print('wrote', value))"


def test_packet_identifiers_go_on_past_65535(connect_device, broker, opposite):
    setup = (
        VARIABLE
        + """
def mqtt():
    return [part.mqtt for part in client.__dict__.values() if hasattr(part, "mqtt")][0]
"""
    )
    device = connect_device(setup)
    device.do("later(client.flush())")
    device.wait_for_next("^result True\n")
    device.do("mqtt().identifier = 65532")
    for i in range(1, 8):
        device.do("client['a'] = %d; later(client.flush())" % i)
        device.wait_for_next("^result True\n")
        opposite.wait_value("a", i)
    pattern = r"Received PUBLISH from %s \(d0, q1, r0, m(\d+)," % device.id
    identifiers = [int(text) for text in wait_for_log(broker, pattern, 8)][1:]  # the first is the initial value's
    assert identifiers == [65533, 65534, 65535, 1, 2, 3, 4]
    assert device.ask("client.stats()['connections'], client.connected") == (1, True)


@pytest.mark.parametrize("length", [115, 200])
def test_topics_over_123_bytes_work(start_device, mosquitto, length):
    broker = mosquitto()
    device_id, thing_id = "d" * length, "7" * 36
    opposite = Opposite(broker, device_id, thing_id=thing_id)
    try:
        device = start_device(VARIABLE, broker, device_id=device_id)
        device.wait_until("client.connected")
        assert len("/a/d/%s/c/dw" % device_id) > 123
        device.do("client['a'] = 5")
        opposite.wait_value("a", 5, thing_id=thing_id)
        opposite.write(a=6)
        device.wait_for("^wrote 6\n")
    finally:
        opposite.close()


def test_a_long_variable_name_works(connect_device, opposite):
    name = "n" * 300
    device = connect_device("client.register(%r, value=0, on_write=lambda client, value: print('wrote', value))" % name)
    opposite.wait_value(name, 0)
    opposite.write(**{name: 5})
    device.wait_for("^wrote 5\n")


MODULES = [name for name in modules("arduino_iot_cloud") if name]

MISSING = ("machine", "network", "esp32", "ssl", "logging", "typing", "dataclasses", "enum", "ntptime")

# MicroPython finds our files with these names first. CPython's own library needs some of them itself.
_IMPORT_ALL = """
import sys
if sys.implementation.name != "micropython":
    import ast, asyncio, os, random, struct, traceback
    for name in %r:
        sys.modules[name] = None
for name in sys.argv[1:]:
    __import__("arduino_iot_cloud." + name)
    print("imported", name)
"""

def test_no_module_needs_a_board(interpreter, tmp_path):
    path = tmp_path / "import_all.py"
    path.write_text(_IMPORT_ALL % (MISSING,))
    modules = MODULES
    if interpreter.name != "cpython":
        modules = [name for name in MODULES if name not in NOT_ON_BOARDS]
        for name in MISSING:
            (tmp_path / (name + ".py")).write_text("raise ImportError(%r)" % name)
    done = interpreter.run(path, *modules, path=[tmp_path, PEERS / "umqtt"])  # sync mode needs umqtt
    assert done.stdout.splitlines() == ["imported " + name for name in modules], done.stderr


def test_a_connected_client_has_imported_nothing_of_a_board(start_device, broker, opposite):
    setup = VARIABLE + "\nboards = lambda: [n for n in ('machine', 'network', 'esp32', 'ntptime') if n in sys.modules]"
    device = start_device(setup, broker)
    opposite.wait_value("a", 0)
    assert device.ask("boards()") == []


# A `time` whose epoch is 2000, as on several ports.
_OTHER_TIME = """
import sys, time as real
SHIFT = 946684800
class OtherTime:
    def __init__(self):
        self.time = lambda: real.time() - SHIFT
        self.gmtime = lambda *seconds: real.gmtime((seconds[0] if seconds else self.time()) + SHIFT)
    def __getattr__(self, name):
        return getattr(real, name)
sys.modules["time"] = OtherTime()
"""

_SCHEDULE = (
    _OTHER_TIME
    + """
from arduino_iot_cloud.port import timestamp
from arduino_iot_cloud import ArduinoCloudClient, Schedule
assert abs(timestamp() - real.time()) <= 1, timestamp()
client = ArduinoCloudClient("d", "d", "p", ssl_params=None)
now = int(real.time())
started = []
weekday = (real.gmtime(now)[6] + 1) % 7  # 0 is Sunday
day, month = real.gmtime(now)[2], real.gmtime(now)[1] - 1
masks = {"once": 0, "hourly": 1 << 26 | 2 << 30 | 1, "weekly": 2 << 26 | 1 << weekday,
    "monthly": 3 << 26 | day, "yearly": 4 << 26 | month << 8 | day, "otherday": 2 << 26 | 1 << (weekday + 2) % 7}
for name in masks:
    client.register(Schedule(name, on_active=lambda client, value, name=name: started.append(name),
        frm=now - 86400 * 7 if name != "once" else now - 60, to=0, len=600, msk=masks[name]))
client.poll(real.ticks_ms() if hasattr(real, "ticks_ms") else int(real.monotonic() * 1000) & 0x3FFFFFFF)
print(sorted(started))
"""
)


def test_schedules_are_right_where_time_begins_in_2000(interpreter):
    done = interpreter.run(code=_SCHEDULE, check=True)
    assert done.stdout.splitlines()[-1] == "['hourly', 'monthly', 'once', 'weekly', 'yearly']"


_SMALL = """
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient(%r, %r, %r, {"cafile": %r, "server_hostname": "localhost"}, %r, %d)
client.register("a", value=1, on_write=lambda client, value: print("wrote", value))
client.register("b", value=False)
client.start()
"""
HEAPSIZE = "44k"  # 43 works. tools/footprint measures the smallest heap for its own program, with a budget of 42.


def test_a_verified_connection_works_in_a_small_heap(micropython, broker, opposite, certificates, tmp_path):
    (tmp_path / "small.py").write_text(
        _SMALL % (DEVICE_ID, DEVICE_ID, SECRET, str(certificates.ca_file_der), broker.host, broker.tls_port)
    )
    boards = tmp_path / "lib"  # as on a board: only .mpy files, with a short path
    compile_tree(boards)
    compile_file(tmp_path / "small.py", boards / "small.mpy")
    path = {"MICROPYPATH": "lib:.frozen"}
    process = micropython(32).start(code="import small", cwd=tmp_path, env=path, heap=HEAPSIZE)
    opposite.wait_value("a", 1)
    for i in range(2, 10):
        opposite.write(a=i)
        process.wait_for("^wrote %d\n" % i)
    assert process.returncode is None and "MemoryError" not in process.stderr

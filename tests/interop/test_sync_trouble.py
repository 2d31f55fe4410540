"""Sync mode in trouble: Ctrl-C, exceptions, no memory, dead addresses, long pauses, other clients."""

import random
import signal
import time

import pytest
import servers
from sync_setting import DEVICE, SETUP, start
from toolchain.paths import PEERS

EVENTS = """
for event in ("connect", "sync", "disconnect"):
    client.on(event, lambda client, event=event: written.append(event))
"""


@pytest.fixture
def device(interpreter, broker, opposite, start_sync_device):
    """A device that has started, with a keepalive of 2 s."""
    return start(interpreter, broker, start_sync_device)


def interrupt(device, times):
    """Press Ctrl-C for the `times`-th time and wait until the device has started again."""
    device.process.signal(signal.SIGINT)
    device.wait_for(r"interrupted %d\n[^$]*^started" % times, 20)


def only_update(device, first="pass"):
    """Make it call nothing but update() until it is interrupted."""
    start = len(device.process.stdout)
    device.process.send("%s; print('updating'); exec('while True: client.update()')\n" % first)
    device.wait_for("^updating\n", start=start)


def works(device, opposite, number):
    """Check that values go both ways once the device is connected."""
    device.wait_for("^started", 20)
    opposite.write(count=number)
    device.wait_until("client['count'] == %d" % number, 20)
    device.do("client['text'] = 'text %d'" % number)
    opposite.wait_value("text", "text %d" % number, 20)


def test_one_question_in_three_quarters_of_the_keepalive(interpreter, broker, opposite, start_sync_device):
    device = start(interpreter, broker, start_sync_device, keepalive=1)
    begin = time.monotonic()
    broker.wait_for_log("(?:Received PINGREQ from %s[^$]*?){4}" % DEVICE)
    assert time.monotonic() - begin > 3 * 0.75
    assert device.ask("client.stats()['connections']") == 1


def test_ctrl_c_while_an_acknowledgement_is_waited_for(device, broker, opposite):
    broker.process.signal(signal.SIGSTOP)
    only_update(device, "client['count'] = 3")
    device.process.signal(signal.SIGINT)
    device.wait_for("interrupted 1\n")
    broker.process.signal(signal.SIGCONT)
    opposite.wait_value("count", 3, 20)
    device.wait_until("client.connected")
    works(device, opposite, 4)
    assert "raised" not in device.output


class Halting(servers.Relay):
    """A relay that stops in the middle of a packet. `held` is set after `allowed` bytes from the broker."""

    allowed = None
    held = False

    def _pump(self, source, target, note):
        while True:
            data = source.recv(1)
            if not data:
                return target.close()
            if not note and self.allowed is not None:
                self.allowed -= 1
                if self.allowed < 0:
                    with self._news:
                        self.allowed = None
                        self.held = True
                        self._news.notify_all()
                    return None
            target.sendall(data)


@pytest.mark.parametrize("bytes_before", [1, 2, 30, 120])
def test_ctrl_c_in_the_middle_of_a_packet(board, broker, opposite, start_sync_device, bytes_before):
    relay = Halting(broker)
    try:
        # the keepalive is so long that only Ctrl-C ends the connection
        device = start(board, broker, start_sync_device, port=relay.port, keepalive=20)
        only_update(device)
        relay.allowed = bytes_before
        opposite.write(text="x" * 100)
        relay.wait(lambda: relay.held)
        time.sleep(0.1)  # the device reads what has come and waits for the rest
        interrupt(device, 1)
        works(device, opposite, 4)
        assert device.ask("client.stats()['connections']") == 2
        assert "does not answer" not in device.output and "malformed" not in device.output
    finally:
        relay.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_ctrl_c_anywhere(device, broker, opposite, seed):
    chance = random.Random(seed)
    device.do("client.register('tick', value=0, on_read=lambda client: client['tick'] + 1, interval=0)")
    only_update(device)
    for number in range(1, 13):
        opposite.write(count=number)
        time.sleep(chance.uniform(0, 0.08))
        interrupt(device, number)
        only_update(device)
    interrupt(device, 13)
    works(device, opposite, 99)
    ticks = len(opposite.values("tick"))
    opposite.wait(lambda: len(opposite.values("tick")) > ticks + 5, "ticks")
    assert "raised" not in device.output


def test_ctrl_c_in_a_callback_then_a_new_client(device, broker, opposite):
    device.do("client.register('long', value=None, on_read=lambda client: [client.get('x') for i in range(10**9)])")
    time.sleep(0.1)
    interrupt(device, 1)
    new = "ArduinoCloudClient(sync_mode=True, **arguments)"
    device.do("old = client; client = %s; %s; client.start()" % (new, SETUP.strip().replace("\n", ";")))
    works(device, opposite, 5)
    device.do("old.stop()")
    works(device, opposite, 6)
    assert device.ask("old.state, client.state") == ("Disconnect", "Connected")


def test_stop_anywhere(interpreter, broker, opposite, start_sync_device):
    setup = SETUP + EVENTS + "client.stop()\n"
    device = start(interpreter, broker, start_sync_device, setup)
    device.do("client.stop(); client.stop(); client.update()")
    assert device.ask("client.state, written") == ("Disconnect", ["connect", "sync", "disconnect"])
    # in a callback; that update() still does the rest
    device.do("client.start(); client.register('end', on_run=lambda client, args: client.stop(), interval=9)")
    device.wait_until("client.state == 'Disconnect'")
    device.do("client.update()")
    assert device.ask("client.state") == "Disconnect"
    # within start()
    device.do("client.register('end', on_run=lambda client, args: client.stop(), interval=0.01)")
    device.do("client.start()")
    assert device.ask("client.state") == "Disconnect"
    device.do("client.register('end'); client.start()")
    works(device, opposite, 7)


def test_start_and_update_in_a_callback_are_refused(device, opposite):
    for call in ("start", "update"):
        device.do("client.register('nested', on_run=lambda client, args: client.%s(), interval=9)" % call)
        device.wait_for(r"'nested' raised RuntimeError: update\(\) is called from one of its own callbacks")
    device.do("client.on('disconnect', lambda client: client.start())")
    device.do("client.stop()")
    device.wait_for(r"'on disconnect' raised RuntimeError")
    device.do("client.on('disconnect', None); client.start()")
    works(device, opposite, 8)


FAULTY = """
def fail(name, error):
    # Have the next call of a method of the session raise something.
    session = client.driver.session
    def faulty(*arguments):
        setattr(session, name, original)
        raise error
    original = getattr(session, name)
    setattr(session, name, faulty)
"""


@pytest.mark.parametrize("name", ["message", "poll", "fill", "acknowledged"])
@pytest.mark.parametrize("error", ["KeyError('t')", "MemoryError('64 bytes')", "ValueError('odd')", "AssertionError()"])
def test_what_is_raised_while_a_packet_is_handled_costs_the_link(
    interpreter, broker, opposite, start_sync_device, name, error
):
    device = start(interpreter, broker, start_sync_device, SETUP + FAULTY)
    device.do("fail(%r, %s)" % (name, error))
    opposite.write(count=3)
    device.do("client['text'] = 'some'")
    kind = error.split("(")[0]
    if kind == "MemoryError":
        device.wait_for("Out of memory")
    else:
        device.wait_for("A packet from the cloud raised %s[^$]*Traceback" % kind)
        device.wait_for("Lost the link to .*: a packet could not be handled")
    device.wait_until("client.connected and client.stats()['connections'] == 2")
    assert device.ask("client.driver.faults") == (0 if kind == "MemoryError" else 1)
    works(device, opposite, 4)


INTERRUPTED = """
def write(writer, time=0, value=None):
    # The values before it are in the packet, and there is no more memory.
    del client.records["text"].write
    raise error

client.register("count", value=0)
client.register("samples", history=9)
client.register("text", value=None)  # behind all others
"""


@pytest.mark.parametrize("error", ["MemoryError()", "KeyError('t')", "KeyboardInterrupt()"])
def test_values_that_were_on_their_way_into_a_packet_are_not_lost(
    interpreter, broker, opposite, start_sync_device, error
):
    device = start(interpreter, broker, start_sync_device, INTERRUPTED)
    device.do("error = %s; client.records['text'].write = write" % error)
    device.do("client['count'] = 3; client['samples'] = 7; client['text'] = 'x'")
    opposite.wait_value("count", 3, 20)
    opposite.wait_value("samples", 7, 20)
    opposite.wait_value("text", "x", 20)


RAISING = """
def raise_error(client, value):
    written.append(value)
    raise error
"""


def test_a_callback_that_raises_anything_costs_that_one_call(interpreter, broker, opposite, start_sync_device):
    device = start(interpreter, broker, start_sync_device, SETUP + RAISING)
    for error in ("KeyError('t')", "MemoryError()", "OSError(104)", "EOFError()", "GeneratorExit()", "StopIteration()"):
        device.do("error = %s; client.register('other', value=0, on_write=raise_error)" % error)
        opposite.write(other=7)
        device.wait_for("'other' raised %s" % error.split("(")[0])
    assert device.ask("written, client.stats()['connections']") == ([7] * 6, 1)
    works(device, opposite, 4)


ADDRESSES = """
import socket
import sys
import arduino_iot_cloud.sync.link as sync_link

look_up = socket.getaddrinfo

class Socket:
    SOCK_STREAM = socket.SOCK_STREAM
    socket = socket.socket

    @staticmethod
    def getaddrinfo(host, port, *rest):
        # Nobody listens at the first one.
        return look_up("127.0.0.1", 1, *rest) + look_up("127.0.0.1", port, *rest)


sync_link.socket = Socket
if sys.implementation.name == "micropython":
    import umqtt.simple
    umqtt.simple.socket = Socket
"""


def test_each_address_of_a_name_is_tried(interpreter, broker, opposite, start_sync_device):
    device = start(interpreter, broker, start_sync_device, SETUP + ADDRESSES, server="a.name")
    works(device, opposite, 4)
    assert "refused the connection" not in device.output


JUMP = """
shift = 0
for name in list(sys.modules):
    if name.startswith("arduino_iot_cloud") and hasattr(sys.modules[name], "ticks_ms"):
        sys.modules[name].ticks_ms = lambda real=sys.modules[name].ticks_ms: real() + shift & 0x3FFFFFFF
"""


@pytest.mark.parametrize("pause", [2 * 86400 * 1000, 2**29 - 60000, 2**29 + 60000, 2**30 - 60000])
def test_update_that_was_not_called_for_days(interpreter, broker, opposite, start_sync_device, pause):
    device = start(interpreter, broker, start_sync_device, SETUP)
    device.do("client.register('calls', value=0, on_read=lambda client: client['calls'] + 1, interval=80000)")
    device.wait_until("client['calls'] == 1")
    device.do("exec(%r); shift = %d" % (JUMP, pause))
    device.wait_until("client['calls'] == 2 and client.connected")
    works(device, opposite, 4)
    assert device.ask("client['calls'], client.stats()['connections']") == (2, 2)


OTHER = """
other = ArduinoCloudClient("another", DEVICE, "secret", sync_mode=True, **{name: arguments[name] for name in (
    "server", "port", "ssl_params", "keepalive")})
other.register("count", value=0)
client.register("nested", on_run=lambda client, args: other.update(), interval=0.01)
other.register("nested", on_run=lambda other, args: written.append(client.state), interval=0.1)
""".replace("DEVICE", repr(DEVICE))


def test_a_client_that_is_updated_in_a_callback_of_another(interpreter, broker, opposite, start_sync_device):
    device = start(interpreter, broker, start_sync_device, SETUP + OTHER)
    device.wait_until("other.state == 'SendCapabilities'")
    broker.wait_for_log("(?:Received PINGREQ from another[^$]*?){2}")
    works(device, opposite, 4)
    device.wait_until("'Connected' in written")
    assert device.ask("client.stats()['connections'], other.stats()['connections']") == (1, 1)
    assert "raised" not in device.output


BESIDE = """
import asyncio
from arduino_iot_cloud import ArduinoCloudClient

options = {"server": HOST, "port": PORT, "ssl_params": None}
stepped = ArduinoCloudClient("another", DEVICE, "secret", sync_mode=True, **options)
client = ArduinoCloudClient(DEVICE, DEVICE, "secret", ntp_server="127.0.0.1:1", ntp_timeout=0.2, **options)
client.register("count", value=0)
stepped.register("count", value=0)
stepped.register("time", on_run=lambda stepped, args: stepped.update_systime("127.0.0.1:1", 0.1), interval=0.2)


def turn(client):
    # The async client is in the middle of what the cloud told it.
    for i in range(3):
        stepped.update()


async def main():
    for event in ("connect", "sync"):
        client.on(event, turn)
    running = asyncio.create_task(client.run())
    setting = asyncio.create_task(client.sync_time())
    await client.wait_synced()
    await setting
    for i in range(5):
        stepped.update()
        client["count"] = i + 1
        await client.flush()
    print("done", stepped.state, client.state)
    stepped.stop()
    client.stop()
    await running


asyncio.run(main())
"""


def test_beside_an_async_client_inside_its_event_loop(interpreter, broker, opposite):
    code = BESIDE.replace("HOST", repr(broker.host)).replace("PORT", str(broker.port)).replace("DEVICE", repr(DEVICE))
    device = interpreter.start(code=code, path=[PEERS / "umqtt"] if interpreter.name != "cpython" else [])
    device.wait_for("^done SendCapabilities Connected")
    assert device.wait().returncode == 0, device.stdout + device.stderr
    assert "raised" not in device.stdout
    opposite.wait_value("count", 5)


def test_a_program_that_ends_says_good_bye(cpython, broker, opposite, start_sync_device):
    device = start(cpython, broker, start_sync_device)
    device.process.send("sys.exit()\n")
    broker.wait_for_log("Received DISCONNECT from %s" % DEVICE)
    assert device.process.wait().returncode == 0

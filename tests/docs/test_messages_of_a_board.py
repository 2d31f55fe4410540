"""docs/device.md tells what a board says when something goes wrong: each message of its table is said here."""

import asyncio
import os
import re
import socket
import ssl
import tempfile
from pathlib import Path

import pytest
from arduino_cloud_board import Ethernet
from arduino_cloud_board.link import ethernet, wifi_probe
from arduino_cloud_board.watchdog import Watchdog
from arduino_iot_cloud import ArduinoCloudClient, renaming
from arduino_iot_cloud.diagnosis import explain
from arduino_iot_cloud.property import file_store
from device_parts import Attempts, Board, Link, Machine, make, until
from key_rig import real_files
from reports import Reports
from servers import Server
from session_rig import THING_UPDATE, Rig as SessionRig
from stands_in import Stands
from test_board_watchdog import Ticks
from test_link_looks import Lan
from test_settings_networks import stored
from throwaway_certificates import Certificates
from toolchain.paths import ROOT
from wifi_rig import HOME, Rig, World

HEADING = "## When something goes wrong"


def table():
    """The messages of the table, in its order."""
    section = (ROOT / "docs" / "device.md").read_text().partition(HEADING)[2].partition("\n## ")[0]
    return re.findall(r"^\| `(.+?)` \|", section, re.M)


def _alone_at_home(radio="esp32", **point):
    world = World()
    for name, value in point.items():
        setattr(world.point("home", "a password"), name, value)
    return Rig(radio, HOME, world=world)


def not_found():
    _alone_at_home(on=False).run(300000)


def wrong_password():
    Rig("esp32", {"ssid": "home", "password": "another password"}).run(300000)


def no_answer():
    Rig("nina", {"ssid": "home", "password": "another password"}).run(300000)


def no_dhcp():
    _alone_at_home(ip="0.0.0.0").run(300000)


def other_address():
    rig = Rig("esp32")
    rig.connect()
    rig.world.points["home"].ip = "192.0.2.99"
    rig.run(7000)


def silent():
    rig = Rig("cyw43")
    rig.connect()

    async def answers(*_):
        return False

    before, wifi_probe.answers = wifi_probe.answers, answers
    try:
        asyncio.run(wifi_probe._look_into(rig.wifi))
    finally:
        wifi_probe.answers = before


def _wired(lan):
    async def wait():
        looks = []

        def sleep_ms(ms):
            looks.append(ms)
            return asyncio.sleep(0)

        kept, ethernet.sleep_ms = ethernet.sleep_ms, sleep_ms
        try:
            wired = Ethernet(interface=lan).start()
            await until(lambda: len(looks) > 25)
            wired.stop()
            await asyncio.sleep(0)
        finally:
            ethernet.sleep_ms = kept

    with Stands("network", object()):
        asyncio.run(wait())


def no_lease():
    lan = Lan()
    lan.address = None
    _wired(lan)


def no_cable():
    lan = Lan()
    lan.isconnected = lambda: False
    lan.status = lambda: 0
    _wired(lan)


def bad_network():
    try:
        stored([{"ssid": "home", "password": "1234567"}])[0].networks()
    finally:
        real_files()


def no_network():
    make(board=Board(NETWORK="wifi"))


class Resolved:
    """An interface whose name server is an address at which nothing listens."""

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.2")


def name_server():
    async def main():
        link = Link("127.0.0.1")
        link._interface = Resolved()
        made = make(link, watchdog=8000, server="iot.arduino.cc", port=8884)
        Attempts(made)
        running = asyncio.create_task(made.run(0.01))
        await until(lambda: made.attempts > 0 and made.client.error, 1000)
        made.stop()
        await running

    with Stands("machine", Machine()):
        asyncio.run(main())


def no_time():
    async def main():
        client = ArduinoCloudClient(
            device_id="d0d0",
            username="d0d0",
            password="p",
            ntp_server="127.0.0.1:%d" % s.getsockname()[1],
            ntp_timeout=0.1,
        )
        await client.sync_time()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:  # says nothing
        s.bind(("127.0.0.1", 0))
        asyncio.run(main())


def _client():
    made = ArduinoCloudClient(device_id="d0d0", username="d0d0", password="p", server="iot.arduino.cc", port=8884)
    made._run(True)
    return made


class Secure(Server):
    """A TLS server whose certificate is from an authority of its own."""

    def serve(self, connection):
        with tempfile.TemporaryDirectory() as folder:
            certificates = Certificates(Path(folder))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.server_cert, certificates.server_key)
        context.wrap_socket(connection, server_side=True).recv(1)


def untrusted():
    _connects_to(Secure(), {"server_hostname": "localhost"}, lambda client: client.error)


class Refuses(Server):
    """An MQTT server that answers each log-in with code 5."""

    def serve(self, connection):
        connection.recv(1000)
        connection.sendall(b"\x20\x02\x00\x05")
        connection.recv(1000)


class Closes(Server):
    """An MQTT server that takes each log-in, and closes the connection soon."""

    def serve(self, connection):
        connection.recv(1000)
        connection.sendall(b"\x20\x02\x00\x00")
        connection.recv(1000)
        connection.shutdown(socket.SHUT_RDWR)


def _connects_to(server, tls, condition):
    # Run a client until the condition is true.
    async def main():
        client = ArduinoCloudClient(
            device_id="d0d0", username="d0d0", password="p", ssl_params=tls, server="127.0.0.1", port=server.port
        )
        running = asyncio.create_task(client.run(0.01, 1))
        await until(lambda: condition(client), 2000)
        client.stop()
        await running

    try:
        asyncio.run(main())
    finally:
        server.close()


def wrong_key():
    _connects_to(Refuses(), None, lambda client: client.error)


def no_memory():
    explain(_client(), MemoryError())


def same_id():
    server = Closes()
    _connects_to(server, None, lambda client: server.connections > 4)


def no_thing():
    rig = SessionRig(discovery="command")
    rig.connect()
    rig.poll()
    rig.command(THING_UPDATE, "")


def late():
    with Stands("machine", Machine()), Ticks() as ticks:
        dog = Watchdog(8000)
        dog.part("pump", 30)
        ticks.now = 31000
        dog.poll(ticks.now)


def earlier_run():
    # The second run was made before the first one was left behind in an event loop that is closed.
    first, second = make(), make()
    for made in (first, second):
        Attempts(made)
    later = second.run()
    loop = asyncio.new_event_loop()
    task = loop.create_task(first.run())
    for _ in range(5):
        loop.run_until_complete(asyncio.sleep(0))
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # they are left behind on purpose
    loop.close()

    async def main():
        running = asyncio.create_task(later)
        await until(lambda: second.running)
        second.stop()
        await running

    asyncio.run(main())
    del task  # kept until here, as an interrupted event loop does


def too_long():
    asyncio.run(make(board=Board(PORT="esp32", NAME="ESP32_GENERIC")).sleep(30 * 86400))


def full():
    file_store.__dict__.pop("open", None)  # a rig's
    file_store.os = renaming.os = os
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "samples").touch()
        os.symlink("/dev/full", folder + "/samples.new")  # each write says that no space is left
        client = _client()
        client.register("temperature", history=10, store=folder + "/samples")
        client["temperature"] = 21.5


PRODUCERS = {
    "the settings have no Wi-Fi network: provision the board, or use the set-up page": no_network,
    "A network of files:/keys is not used: home: password: expected 8 to 63 characters, got 7": bad_network,
    "Wi-Fi: home: not found; still trying.": not_found,
    "Wi-Fi: home: wrong password?; still trying.": wrong_password,
    "Wi-Fi: home: no answer: out of range, or wrong password?; still trying.": no_answer,
    "Wi-Fi: home: joined, but no address: does the router's DHCP answer?; still trying.": no_dhcp,
    "Wi-Fi: the address changed from 192.0.2.7 to 192.0.2.99.": other_address,
    "Wi-Fi: connected, but nothing answers: reconnecting.": silent,
    "Ethernet: waiting: no cable?": no_cable,
    "Ethernet: waiting: no address, does the router's DHCP answer?": no_lease,
    "iot.arduino.cc:8884 cannot be reached: the name server 192.0.2.53 does not answer.": name_server,
    "The clock could not be set from pool.ntp.org: no answer in time.": no_time,
    "The certificate of iot.arduino.cc:8884 is refused: its root certificate is not trusted.": untrusted,
    "iot.arduino.cc:8884 refused the device: wrong device id or secret key, or not authorised.": wrong_key,
    "The device is not attached to a thing. Attach it in the cloud; waiting.": no_thing,
    "iot.arduino.cc:8884 has ended several connections in a row soon after they began. Does another board or program "
    "use the same device id (d0d0)?": same_id,
    "Out of memory on the way to iot.arduino.cc:8884.": no_memory,
    "'pump' gave no sign of life for 30 s: the watchdog will reset the board.": late,
    "Device: an earlier run was ended. Ctrl-C left it behind, or run() was called twice.": earlier_run,
    "sleep: up to 2147483 s expected on ESP32_GENERIC, not 2592000": too_long,
    "The samples of 'temperature' cannot be stored: no space left (errno 28).": full,
}


def said(producer):
    """The warnings that it logs without those of a connection without TLS, each once; or the text of what it raises."""
    with Reports() as reports:
        try:
            producer()
        except (ValueError, RuntimeError) as error:
            return [str(error)]
    texts = [_named(text) for text in reports.warnings if not text.startswith("ssl_params=None")]
    return list(dict.fromkeys(texts))


def _named(text):
    # With the names of the cloud, the time server and the name server, for which addresses of this machine stand.
    server = "from pool.ntp.org" if "clock" in text else "iot.arduino.cc:8884"
    return re.sub(r"(from )?127\.0\.0\.1:\d+", server, text).replace("127.0.0.2", "192.0.2.53")


def test_the_table_has_each_message_that_is_produced_here_and_no_other():
    assert table() == list(PRODUCERS)


@pytest.mark.parametrize("message", PRODUCERS)
def test_a_board_says_each_message_as_the_table_has_it(message):
    texts = said(PRODUCERS[message])
    assert message in texts if PRODUCERS[message] is same_id else texts == [message]  # each connection has ended, too

"""Our client's histories over an outage, with a click meanwhile: page, device and cloud agree, as `sync` says."""

import asyncio
import re
import time
from contextlib import suppress

import pytest
from clocked_clouds import ClockedCloud
from toolchain.paths import ROOT

GAP_S, SETTLE_S = 0.5, 0.3
# By `sync`: does the value that the program has set meanwhile count, or the click that came after it, or before it?
RULES = [
    (None, "click", "click"),
    ("cloud", "click", "click"),
    ("device", "program", "program"),
    ("recent", "click", "program"),
]
PROGRAM = """
from program import *

client = ArduinoCloudClient(%(id)r, %(id)r, %(secret)r, server="localhost", port=%(port)d, ssl_params={"cafile": %(ca)r})
client.register("count", value=0, history=20, permission="readwrite", sync=%(sync)r)

run(client, globals(), interval=0.3)
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A cloud whose replays end after a short quiet."""
    cloud = ClockedCloud(tmp_path_factory.mktemp("cloud"), gap_s=GAP_S, settle_s=SETTLE_S)
    yield cloud
    cloud.stop()


class Life:
    """A device with our client, and its variable `count`, which it has reported as 1."""

    def __init__(self, cloud, api, interpreter, tmp_path, sync, link):
        self.link = link
        self.about = api.make_project(("count", "INT", "READ_WRITE"))
        self._api = api
        script = tmp_path / "device.py"
        names = {"id": self.about["device_id"], "secret": self.about["secret"], "sync": sync}
        ca = self.about["ca_der_file" if interpreter.name != "cpython" else "ca_file"]
        script.write_text(PROGRAM % {**names, "port": link.port, "ca": ca})
        self.device = interpreter.start(script, path=[ROOT / "tests" / "support" / "device", ROOT / "lib"])
        self.set("1")
        self.wait(lambda: self.last() == 1)

    def set(self, value):
        self.device.send("client['count'] = %s\n" % value)

    def click(self, value):
        self._api.set_value("count", value, self.about["thing_id"])

    def last(self):
        return self._api.variable("count", self.about["thing_id"])["value"]

    def online(self):
        return self._api.request("GET", "/devices/" + self.about["device_id"])["online"]

    def history(self):
        return [each["value"] for each in self._api.history("count", self.about["thing_id"])]

    @staticmethod
    def next_second():
        time.sleep(1 - time.time() % 1 + 0.05)

    def shown(self):
        """Return the device's value."""
        told = re.compile(r"value is (\d+)\.")
        count = len(told.findall(self.device.stdout))
        self.device.send("print('value is %d.' % client['count'])\n")
        self.wait(lambda: len(told.findall(self.device.stdout)) > count)
        return int(told.findall(self.device.stdout)[-1])

    @staticmethod
    def wait(condition, timeout=30):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.02)


class Link:
    """A relay to a port of the cloud, which can be cut."""

    def __init__(self, cloud, port):
        self._cloud, self._to, self._open = cloud, port, True
        self._transports = set()
        self._server = cloud.run(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]

    async def _listen(self):
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _serve(self, reader, writer):
        if not self._open:
            return writer.transport.abort()
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to)
        pair = {writer.transport, there_writer.transport}
        self._transports |= pair
        await asyncio.gather(self._pipe(reader, there_writer), self._pipe(there_reader, writer))
        self._transports -= pair

    @staticmethod
    async def _pipe(reader, writer):
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    def cut(self):
        """End the connections and refuse others."""
        self._cloud.run(self._set(False))

    def mend(self):
        """Let connections through again."""
        self._cloud.run(self._set(True))

    async def _set(self, open):
        self._open = open
        for transport in () if open else list(self._transports):
            transport.abort()

    def close(self):
        """Cut it for good."""
        self.cut()
        self._cloud.run(self._close())

    async def _close(self):
        self._server.close()


@pytest.fixture
def live(cloud, api_of, interpreter, tmp_path):
    """`live(sync)` -> a Life on each interpreter in turn, with `link`."""
    links = []

    def live(sync=None):
        links.append(Link(cloud, cloud.about["mqtts_port"]))
        return Life(cloud, api_of(cloud.about), interpreter, tmp_path, sync, links[-1])

    yield live
    interpreter.stop_all()
    for link in links:
        link.close()


def agree(life, value):
    """Wait until cloud and device have the value, and see that they keep it."""
    life.wait(lambda: life.last() == value == life.shown())
    time.sleep(GAP_S)
    assert life.last() == value == life.shown()


@pytest.mark.parametrize("sync, click_last, program_last", RULES)
def test_a_click_during_an_outage_and_samples_of_it(live, sync, click_last, program_last):
    life = live(sync)
    for clicks_last, wins in ((True, click_last), (False, program_last)):
        life.link.cut()
        life.wait(lambda: not life.online())
        base = 100 if clicks_last else 200
        if not clicks_last:
            life.click(base + 50)
        # Whole seconds, by which `recent` compares.
        life.next_second()
        for i in range(5):
            life.set(base + i)
        life.shown()
        if clicks_last:
            life.next_second()
            life.click(base + 50)
        life.link.mend()
        agree(life, base + 50 if wins == "click" else base + 4)
        history = life.history()
        assert [value for value in history if base <= value < base + 5][:5] == [base + i for i in range(5)]


def test_samples_of_an_outage_without_a_click(live):
    life = live()
    life.click(7)
    agree(life, 7)
    life.link.cut()
    life.wait(lambda: not life.online())
    for i in range(100, 105):
        life.set(i)
    life.shown()
    life.link.mend()
    agree(life, 104)

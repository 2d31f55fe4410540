"""Random clicks, values, outages with replays, and jumps of clocks: in the end page, device and cloud agree."""

import queue
import random
import time

import cbor2
import pytest
from clocked_clouds import ClockedCloud

GAP_S, SETTLE_S = 0.3, 0.05
STEPS = 40
HOUR = 3600


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A cloud whose replays end after a short quiet."""
    cloud = ClockedCloud(tmp_path_factory.mktemp("cloud"), gap_s=GAP_S, settle_s=SETTLE_S)
    yield cloud
    cloud.stop()


def bare(taken, value):
    return {0: "count", 2: value}


def seconds(taken, value):
    return {0: "count", 2: value, 6: int(taken)}


def milliseconds(taken, value):
    return {-3: round(taken * 1000), 0: "count", 2: value}


class Life:
    """A device that keeps its samples while it is away, and takes what the cloud sends it."""

    def __init__(self, about, api, make_device, chance):
        self.about, self.api, self.chance = about, api, chance
        self._make_device = make_device
        self._record = chance.choice((bare, seconds, milliseconds))
        self._ahead_s = chance.choice((0, -60, 60, -HOUR, HOUR))
        self.device = self.value = None
        self.waiting = []
        self.count = 0
        self.clicked = None
        self.connect()

    def next(self):
        self.count += 1
        return self.count

    def last(self):
        return self.api.variable("count", self.about["thing_id"])["value"]

    def set(self):
        self.read()
        self.value, taken = self.next(), time.time() + self._ahead_s
        if self.device is None:
            # Longer outages take place in the past.
            self.waiting.append((taken - 600 + 5 * len(self.waiting), self.value))
        else:
            self.device.publish_records([self._record(taken, self.value)])
            self.read(echo=True)

    def click(self):
        value = self.next()
        self.api.set_value("count", value, self.about["thing_id"])
        assert self.last() == value
        while self.device is not None and self.value != value:
            self.take(self.device.records(), echo=False)

    def connect(self):
        if self.device is not None:
            return
        self.device = device = self._make_device(self.about)
        assert device.connect() == "Success"
        device.subscribe(device.thing_topic("e/i"))
        device.subscribe(device.thing_topic("shadow/i"))
        self.ask()
        samples, self.waiting = self.waiting, []
        record = seconds if self._record is bare else self._record
        for first in range(0, len(samples), 3):
            device.publish_records([record(*each) for each in samples[first : first + 3]])
            self.read(echo=True)

    def ask(self):
        """Ask for the last values, and take that of count unless samples wait."""
        device = self.device
        device.publish(device.thing_topic("shadow/o"), cbor2.dumps([{0: "r:m", 3: "getLastValues"}]))
        while True:
            topic, records = device.records()
            if not topic.endswith("shadow/i"):
                self.take((topic, records), echo=False)
                continue
            found = [record[2] for record in records if record.get(0) == "count"]
            if found and not self.waiting:
                self.value = found[0]
            return found[0] if found else None

    def disconnect(self):
        if self.device is not None:
            self.read()
            self.device.close()
            self.device = None

    def pause(self):
        time.sleep(self.chance.choice((SETTLE_S, GAP_S)))

    def read(self, echo=False):
        while self.device is not None:
            try:
                topic, payload = self.device._messages.get_nowait()
            except queue.Empty:
                return
            self.take((topic, cbor2.loads(payload)), echo)

    def take(self, message, echo):
        topic, records = message
        if topic.endswith("e/i"):
            self.value = records[0][2]
            # A value of the device may have crossed this one, so it says which one it has taken.
            if echo:
                self.device.publish_records([bare(0, self.value)])


@pytest.mark.parametrize("seed", range(8))
def test_both_sides_agree_in_the_end(cloud, api_of, make_device, seed):
    chance = random.Random(seed)
    cloud.ahead_s = 0
    api = api_of(cloud.about)
    life = Life(api.make_project(("count", "INT", "READ_WRITE")), api, make_device, chance)
    actions = [life.set] * 5 + [life.click] * 3 + [life.connect] * 2 + [life.disconnect, life.pause]
    for _ in range(STEPS):
        if chance.random() < 0.1:
            cloud.ahead_s = chance.choice((0, -2 * HOUR, 2 * HOUR))
        chance.choice(actions)()
    life.connect()
    time.sleep(GAP_S + SETTLE_S)
    life.read()
    assert life.value == life.last() == life.ask(), life.count
    assert len(api.history("count", life.about["thing_id"], limit=1000)) >= life.count - len(life.waiting)

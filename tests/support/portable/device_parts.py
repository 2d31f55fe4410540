"""The parts of a board in one object for these tests, and a `Device` made of them."""

import asyncio

from arduino_cloud_board.device import Device


class Machine:
    """The part of `machine` for watchdog, sleep and reset; it notes the calls."""

    PWRON_RESET, WDT_RESET = 1, 3

    def __init__(self, cause=1, early=0):
        self.notes = []
        self.fed = 0
        self.passed = 0  # ms in light sleep
        self.early = early  # how many sleeps end after a tenth of their time
        # Functions, as in a module: MicroPython cannot import bound methods.
        self.reset_cause = lambda: cause
        self.WDT = self._watchdog()
        self.lightsleep = lambda ms: self.sleep(ms)
        self.reset = lambda: self.notes.append("reset")

    def _watchdog(self):
        def make(timeout):
            self.notes.append("watchdog %d" % timeout)
            return self

        return make

    def feed(self):
        self.fed += 1

    def sleep(self, ms):
        self.notes.append("light %d" % ms)
        if self.early:
            self.early -= 1
            ms //= 10
        self.passed += ms


class Board:
    NAME, PORT, NETWORK, WATCHDOG_MS = "TEST", "rp2", None, 8388

    def __init__(self, **facts):
        self.slept = []
        for name in facts:
            setattr(self, name, facts[name])

    def deep_sleep(self, ms):
        self.slept.append(ms)

    def can_deep_sleep(self):
        return True

    def network_interface(self, kind):
        return kind


class Settings:
    def __init__(self, *networks):
        self._networks = list(networks)

    def networks(self):
        return self._networks

    def client_arguments(self):
        return {"device_id": "d", "username": "d", "password": "p", "ssl_params": None, "server": "somewhere"}


class Link:
    kind = "Wi-Fi"
    on_change = None

    def __init__(self, ip=None):
        self.ip = ip
        self.started = self.stopped = self.doubts = 0

    @property
    def connected(self):
        return self.ip is not None

    def start(self):
        self.started += 1

    def stop(self):
        self.stopped += 1

    def doubt(self):
        self.doubts += 1

    def move(self, ip):
        self.ip = ip
        self.on_change(self)


def make(link=None, **arguments):
    arguments.setdefault("board", Board())
    return Device(settings=Settings(), link=link, **arguments)


class Attempts:
    """Stands for the driver's way to the cloud: notes each attempt and raises one of `errors` after the other."""

    def __init__(self, made, *errors):
        self.driver = made.client._run(True)
        self.driver.connect = self._connect
        self.count = 0
        self.ends = []
        self._errors = list(errors)

    async def _connect(self):
        self.count += 1
        driver = self.driver
        driver.error = None
        driver.session.move("ConnectMqttBroker")
        if self._errors:
            raise self._errors.pop(0)
        while driver.running and not driver.error:
            await asyncio.sleep(0.01)
        self.ends.append(str(driver.error))
        if driver.error:
            raise driver.error


async def until(condition, turns=500):
    for _ in range(turns):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("in vain")


async def stop(made, running):
    made.stop()
    await running

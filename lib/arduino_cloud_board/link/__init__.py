"""The common part of Wi-Fi and Ethernet: a task that keeps a connection up, and its state for programs.

Only this stays in memory while connected. The code that makes a connection is unloaded afterwards.
"""

import asyncio

from arduino_iot_cloud import port
from arduino_iot_cloud.port import log, ticks_add, ticks_diff, ticks_ms
from arduino_iot_cloud.stream import event_loop

# MicroPython's own sleep_ms, if it exists, allocates no float.
sleep_ms = getattr(asyncio, "sleep_ms", None) or (lambda ms: asyncio.sleep(ms / 1000))


started: list = []  # the connections that are kept up, or that Ctrl-C has left behind


def forget(*names):
    """Unload modules of this package, as `arduino_iot_cloud.port.forget` does those of the client."""
    port.forget(*["arduino_cloud_board/" + name for name in names])


class Connection:
    """Keeps the connection of one interface up. Subclasses have `kind`, `name`, `_arrive` and `_close`.

    on_change: a function, called with this object when the connection came up, was lost or got another address.
    """

    on_change = None
    state = "off"  # then "scanning", "pausing", "connecting", "connected"
    trouble = ""  # what seems to be wrong, in words; empty once connected
    rssi = None  # dBm; None without a radio
    ip = None  # the board's address (str); None without a connection
    connected_s = 0  # seconds that the connection has lasted
    complaints = ()  # what is wrong with stored networks that cannot be used: a list of str, from `Device`
    drops = address_changes = attempts = failures = power_cycles = 0

    _interface = None
    _task = None
    _loop = None  # the event loop of the task
    _quiet_s = 0  # seconds of connection during which doubts are ignored
    _broken = False  # the connection is dead, whatever the interface says
    _static = False  # the interface has a static address
    _zero_is_silence = False  # an rssi of 0 means that nothing is received

    @property
    def connected(self) -> bool:
        """Whether there is a connection with an address."""
        return self.ip is not None

    def start(self):
        """Connect, and stay connected, in a task of the running event loop. Returns this object at once.

        Takes down what an interrupted event loop has left behind, and another object that drives the same interface.
        Raises ImportError if the port has no module `network`.
        """
        if not self._task or self._task.done() or self._loop is not event_loop():
            from .starting import start

            start(self)
            del start
            forget("link.starting")
        return self

    async def wait(self, timeout=None) -> bool:
        """Wait for a connection, at most `timeout` seconds (None: forever). Returns whether there is one."""
        begin = ticks_ms()
        while not self.ip and (timeout is None or ticks_diff(ticks_ms(), begin) < timeout * 1000):
            await sleep_ms(50)
        return self.connected

    def stop(self):
        """End the task, disconnect, and switch the interface off. Do not call this from `on_change`."""
        task, self._task = self._task, None
        try:
            if task and self._loop is event_loop():
                task.cancel()
                task = None
        except RuntimeError:
            pass  # MicroPython takes the task that ran last before Ctrl-C for the one that asks
        if task:
            from .starting import end

            end(task, self._loop)  # the module is not unloaded: `start` may be the caller
        if self in started:
            started.remove(self)
        self._close()
        self.state = "off"
        self.ip = self.rssi = None

    def stats(self) -> dict:
        """The state and the counters, as a dict: see docs/wifi.md. It has no secrets."""
        from .stats import stats

        return stats(self)

    async def run(self):
        """Keep the connection up until cancelled. `start` runs this as a task."""
        lost = ""
        task = self._task
        try:
            while True:
                try:
                    await self._arrive(lost)
                    self.state = "connected"
                    self.trouble = ""
                    self._moved(self._address())
                    lost = await self._stay()
                    self.drops += 1
                    self.state = "connecting"
                    self._moved(None)
                except Exception as error:  # its text might contain a password
                    lost = ""
                    await self._failed(error)
        finally:
            if self._task is task:
                self._loop = None  # MicroPython calls a task done only if its event loop saw it end, and not by Ctrl-C

    async def _failed(self, error):
        self.state = "off"
        try:
            log(40, "%s: the interface failed (%s)." % (self.kind, type(error).__name__))
            if self.ip:
                self._moved(None)
        except Exception:  # no memory for the report is no reason to end
            self.ip = None
        await sleep_ms(5000)

    # Check the connection each second while it lasts. Returns why it ended: "gone" or "dead".
    async def _stay(self):
        self._broken = False
        self.connected_s = missed = silent = looks = 0
        before = ticks_ms()
        while True:
            await sleep_ms(250 if missed else 1000)
            looks += 1
            passed = ticks_diff(ticks_ms(), before) // 1000
            before = ticks_add(before, passed * 1000)
            self.connected_s += passed
            self._quiet_s = max(0, self._quiet_s - passed)
            up = self.ip
            try:
                if not self._interface.isconnected():
                    up = None
                elif missed or looks % 4 == 0:  # a second look is as thorough as the first, which missed something
                    up = self._address()
                    if looks % 4 == 0:
                        self._measure()
                        if self._zero_is_silence and self.rssi is not None:
                            silent = 0 if self.rssi else silent + 1
            except (OSError, RuntimeError):
                up = None
            missed = 0 if up else missed + 1
            if missed > 1:
                return "gone"
            if silent > 2 or self._broken:
                return "dead"
            if up and up != self.ip:
                self._moved(up)

    # The address of the interface; None if it has none yet, for which some ports return a placeholder.
    def _address(self):
        ip = self._interface.ifconfig()[0]
        return None if ip in ("0.0.0.0", "255.255.255.255", "") else ip

    # Measure the signal.
    def _measure(self):
        pass

    # The address changed, or the interface lost it.
    def _moved(self, ip):
        before, self.ip = self.ip, ip  # first: the rest may fail
        from .change import tell

        tell(self, before)
        del tell
        forget("link.change")

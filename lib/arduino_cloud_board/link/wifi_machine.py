"""The way to a Wi-Fi connection, as a state machine without I/O: it reads the interface's state and says what to do.

Clock, asyncio and `network` are the business of `wifi_radio`. A report of the interface is only a hint, and never a
reason to give up: each network is retried forever, at longer and longer intervals.
"""

from arduino_iot_cloud.port import const, ticks_add, ticks_diff

from .wifi_status import FAILED, JOINED, PASSWORD, WAIT, meaning, words

# The actions that `WiFiMachine.step` returns
NOTHING = const(0)
CONNECT = const(1)  # to `WiFiMachine.chosen`
DISCONNECT = const(2)
OFF = const(3)
ON = const(4)
SCAN = const(5)  # and pass the result to `WiFiMachine.scanned`

_LOOK = const(250)  # ms between steps during an attempt
_LONG = const(1000)  # ms between steps in a pause
_SETTLE = const(1000)  # ms from disconnecting to connecting: earlier, an ESP32 refuses or reports an old reason
_COLD = const(2000)  # ms that the radio stays off
_SCAN_LIMIT = const(15000)  # ms
_OWN = const(10000)  # ms that a driver gets to reconnect by itself
_PATIENCE = const(10000)  # ms that a bad code may last while the driver keeps trying
_PATIENCE_FINAL = const(3000)  # the same for a negative code, after which a driver stops trying
_EVIDENCE = const(3)  # equal failures in a row before they are reported as the reason
_COLD_EVERY = const(5)  # rounds without success before the radio is switched off and on
_PAUSES = b"\x01\x02\x05\x0a\x1e\x3c"  # seconds after each round without success


class WiFiMachine:
    """The way of one station interface to its next connection, as a state machine.

    names: the networks' names (str), the preferred one first. chosen: index of the last connected one.
    attempt: ms that one attempt may take. automatic: the driver reconnects by itself after a loss (ESP32).
    scan: whether `SCAN` may be returned. random: `random()` -> float in [0, 1), which spreads the attempts of many
    boards; None for no jitter. counts: the object whose `attempts`, `failures` and `power_cycles` are incremented.
    """

    state = "off"  # then "scanning", "pausing", "connecting", "connected"
    wait = 0  # ms until the next call of `step`
    trouble = ""  # what seems to be wrong, after three equal failures in a row
    rounds = 0  # through all networks, without success
    scans = 0  # running
    attempts = failures = power_cycles = 0

    _since = None  # when a bad code first appeared in this attempt
    _what = WAIT  # what the last code meant that could be read
    _until = None  # the end of the attempt, pause or scan
    _order = ()  # indexes of the networks left in this round
    _own = False  # the driver is reconnecting by itself
    _refused = 0  # attempts that the interface did not even start
    _cold = False  # the radio is off
    _seen = None  # names, the strongest signal first

    def __init__(self, names, chosen=0, attempt=30000, automatic=False, scan=False, random=None, counts=None):
        self._names = names
        self.chosen = chosen
        self._attempt = attempt
        self._automatic = automatic
        self._scan = scan and len(names) > 1
        self._random = random
        self._counts = counts or self
        self._last = bytearray(len(names))  # how each network failed last
        self._equal = bytearray(len(names))  # how often in a row

    def resume(self, now, lost):
        """Begin after a lost connection. lost: "gone", or "dead" if the interface still claims to be connected."""
        if self._automatic and lost == "gone":
            self._connect(now, True)
        else:
            self._order = list(range(len(self._names)))
            self._until = now
            self.state = "broken"

    def step(self, now, up, code=None):
        """Make a step. now: in ticks. up: whether there is a connection with an address. code: from `status()`.

        Returns the action to take. Call it again after `wait` ms, until `state` is "connected".
        """
        self.wait = 0
        state = self.state
        if state == "broken":
            return self._pause(now, _SETTLE, DISCONNECT)
        if state == "connecting":
            return self._follow(now, up, code)
        if state == "off":
            if up:  # the connection survived a soft reset
                return self._arrive()
            # A cold start needs no clean-up; a driver that is already trying must be stopped first. (True equals 1.)
            if code is None or code is True or code is False or code in (0, 1000):
                self._begin_round()
                return self._next(now)
            return self._pause(now, _SETTLE, DISCONNECT)
        left = ticks_diff(self._until, now)
        if left > 0:
            self.wait = min(left, 100 if state == "scanning" else _LONG)
            return NOTHING
        if self._cold:
            self._cold = False
            return self._pause(now, 200, ON)
        if state == "pausing" and self._order:
            return self._connect(now)
        if state == "scanning":
            self._scanned()
        elif self._due_cold():
            self._cold = True
            self._counts.power_cycles += 1
            self._refused = 0
            self._begin_round()
            return self._pause(now, _COLD, OFF)
        else:
            self._begin_round()
        return self._next(now)

    def scanned(self, names):
        """Take the names (str) that a scan found, the strongest signal first; an empty list if it failed."""
        self._seen = names
        if self.state == "scanning":  # a scan may also end too late
            self._until = ticks_add(self._until, -_SCAN_LIMIT)

    def refused(self, now):
        """Take note that the interface refused to start the attempt. Returns the action to take, as `step` does."""
        self._refused += 1
        return self._fail(now, FAILED)

    # A round: every network once, the preferred ones first.
    def _begin_round(self):
        order = list(range(len(self._names)))
        seen = self._seen
        if seen is not None:
            # A network that was not seen may be hidden, so it is tried after the others.
            order = [i for i in order if self._names[i] in seen] + [i for i in order if self._names[i] not in seen]
        # Doubtful passwords come last.
        doubtful = [i for i in order if self._doubtful(i)]
        self._order = [i for i in order if i not in doubtful] + doubtful

    def _doubtful(self, i):
        return self._equal[i] >= _EVIDENCE and self._last[i] == PASSWORD

    def _next(self, now):
        if self._scan and self._seen is None:
            self.state = "scanning"
            self._until = ticks_add(now, _SCAN_LIMIT)
            self.wait = 100
            return SCAN
        return self._connect(now)

    def _scanned(self):
        if self._seen is None:  # it took too long
            self._seen = ()
        self._begin_round()

    def _pause(self, now, ms, action):
        self.state = "pausing"
        self._until = ticks_add(now, ms)
        self.wait = min(ms, _LONG)
        return action

    def _due_cold(self):
        return self._refused > 1 or (self.rounds and self.rounds % _COLD_EVERY == 0)

    def _connect(self, now, own=False):
        self._own = own
        if not own:
            self.chosen = self._order.pop(0)
            self._counts.attempts += 1
        self.state = "connecting"
        self._since = None
        self._what = WAIT
        self._until = ticks_add(now, _OWN if own else self._attempt)
        self.wait = _LOOK
        return NOTHING if own else CONNECT

    def _follow(self, now, up, code):
        if up:
            return self._arrive()
        if code is not None:  # a status that cannot be read says nothing
            self._what = meaning(code)
            if self._what in (WAIT, JOINED):
                self._since = None
            elif self._since is None:
                self._since = now
        if ticks_diff(now, self._until) >= 0:
            return self._fail(now, self._what)
        if self._since is not None and not self._own:
            patience = _PATIENCE_FINAL if code is not None and code < 0 else _PATIENCE
            if ticks_diff(now, self._since) >= patience:
                return self._fail(now, self._what)
        self.wait = _LOOK
        return NOTHING

    def _fail(self, now, what):
        i = self.chosen
        if self._own:
            self._own = False
            self._begin_round()
            return self._pause(now, _SETTLE, DISCONNECT)
        self._counts.failures += 1
        self._equal[i] = min(self._equal[i] + 1, 255) if self._last[i] == what else 1
        self._last[i] = what
        if self._equal[i] == _EVIDENCE:
            self.trouble = "%s: %s" % (self._names[i], words(what))
        if self._order:
            return self._pause(now, _SETTLE, DISCONNECT)
        seconds = _PAUSES[min(self.rounds, len(_PAUSES) - 1)]
        self.rounds += 1
        self._seen = None
        ms = seconds * 1000
        if self._random:
            ms = int(ms * (0.75 + self._random() / 2))
        return self._pause(now, max(ms, _SETTLE), DISCONNECT)

    def _arrive(self):
        self.state = "connected"
        self.trouble = ""
        return NOTHING

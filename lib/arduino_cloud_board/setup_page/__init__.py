"""A web page on the board's own access point, to enter Wi-Fi and device credentials with a phone.

Anybody in range of the access point can connect, so everything is limited, and a connection takes one request.
"""

import asyncio
import os

from arduino_iot_cloud.port import const, log, ticks_diff, ticks_ms
from arduino_iot_cloud.stream import event_loop

from ..link import sleep_ms
from .form import entered, page, saved
from .request import form_of
from .saving import Saving
from .server import Server, host_of

_TURN = const(20)  # ms between two looks at idle sockets
_LINGER = const(500)  # ms for the last answer to arrive

_held: list = []  # what a page uses, or an interrupted program has left: each has a `stop` that may be called again
_loop = None  # the event loop of that page


class SetupPage:
    """The page, without the radio. One page is served at a time: the start of another one ends it.

    save: a function or coroutine function, called with the entries: a dict with "ssid", "password" and, if they were
      entered, "device_id" and "secret_key". A coroutine is cancelled after `SAVE_LIMIT` seconds. The page shows the
      text that it returns or that a ValueError of it has, so the text must not contain a secret.
    seen: the names of networks to choose from.
    device: whether to ask for the device's credentials too.
    title: the heading of the form.

    Raises ValueError for arguments out of range.
    """

    SAVE_LIMIT = 60  # s

    def __init__(self, save, seen=(), device=True, title="Set up this board"):
        if not callable(save):
            raise ValueError("save: expected a function, got %r" % (save,))
        if not isinstance(title, str):
            raise ValueError("title: expected a text, got %r" % (title,))
        if isinstance(seen, str) or [name for name in seen if not isinstance(name, str)]:
            raise ValueError("seen: expected a list of texts, got %r" % (seen,))
        self._save = save
        self._seen = seen
        self._device = device
        self._title = title
        # A page from elsewhere does not know the token, so it cannot send the form.
        self._token = "".join(["%02x" % byte for byte in os.urandom(16)])
        self._saving = None  # the last one, which goes on or has succeeded
        self._host = ""

    async def serve(self, ip="192.168.4.1", port=80, dns_port=53, timeout=None):
        """Serve until something is saved. Returns the entries (a dict), or None after `timeout` seconds; a save that
        has begun by then is waited for.

        ip: the board's address, on which the page listens.
        dns_port: None for no name server.

        Raises ValueError for arguments out of range, OSError if it cannot listen.
        """
        _check(port, dns_port, timeout)
        _take_down()
        return await self._serve(ip, port, dns_port, timeout)

    async def _serve(self, ip, port, dns_port, timeout, ssid=None):
        self._saving = None
        self._host = host_of(ip, port)
        server = Server(self._respond, ip, port, dns_port)
        _hold(server)
        if ssid:
            log(30, "Set-up page: join the Wi-Fi network %s and open http://%s/" % (ssid, self._host))
        try:
            await self._until_saved(server, timeout)
            return self._saving.entered if self._saving and self._saving.why == "" else None
        finally:
            _release(server)
            if self._saving:
                self._saving.stop()

    async def _until_saved(self, server, timeout):
        before = answered = ticks_ms()  # `answered`: when an answer was last due or on its way
        ended = None  # when the page had done its work, or had no more time for it
        passed = 0
        while True:
            now = ticks_ms()
            passed += ticks_diff(now, before)
            before = now
            welcome = ended is None or ticks_diff(now, ended) < _LINGER
            busy = server.turn(now, welcome)
            if server.answering:
                answered = now
            saving = self._saving
            if saving and saving.why is None and not saving.late:
                saving.poll()
            elif saving and saving.why == "" or timeout is not None and passed >= timeout * 1000:
                if ended is None:
                    ended = now
                # Nobody waits for anything if nothing was sent. An answer has its own limit.
                if not saving or not welcome and ticks_diff(now, answered) >= _LINGER:
                    return
            await sleep_ms(0 if busy else _TURN)
            if server.stopped:  # by the start of another page, or by `sweep`
                raise asyncio.CancelledError

    # What a visit gets: the status, extra header fields, and the pieces of the body; None while it has to wait.
    def _respond(self, visit):
        if visit.saving:
            return self._outcome(visit)
        request = visit.request
        ours = request.host == self._host or request.host == self._host + ":80"
        if request.method == "POST":
            if not ours or request.origin not in ("", "null", "http://" + self._host):
                return 403, "", ()
            if request.path != "/":
                return 404, "", ()
            return self._take(visit, form_of(request.body))
        if not ours or request.path not in ("/", "/favicon.ico"):
            # Phones request a page of their maker to find out whether the network has a login page.
            return 302, "Location: http://%s/\r\n" % self._host, ()
        if request.path != "/":
            return 404, "", ()
        return self._form()

    def _form(self, fields=None, why=""):
        return 200, "", page(self._title, self._seen, self._token, self._device, fields, why)

    def _take(self, visit, fields):
        if fields.get("token") != self._token:
            return 403, "", ()
        try:
            found = entered(fields, self._device)
        except ValueError as error:
            return self._form(fields, str(error))
        saving = self._saving
        if saving and not saving.why and saving.entered != found:
            # The first request counts. A second tap on "Save" sends the same entries.
            if saving.why is None:
                return self._form(fields, "Something else is being saved right now. Try again in a minute.")
            return self._form(fields, "Something else was saved just before.")
        if not saving or saving.why:
            saving = self._saving = Saving(self._save, found, self.SAVE_LIMIT, _held)
        visit.saving = saving
        visit.fields = fields
        return self._outcome(visit)

    def _outcome(self, visit):
        saving = visit.saving
        why = saving.why
        if why is None:
            if not saving.late:
                return None
            why = saving.too_long()
        if why:
            return self._form(visit.fields, why)
        return 200, "", saved(self._title, saving.note)


def _check(port, dns_port, timeout):
    for name, value in (("port", port), ("dns_port", dns_port)):
        if not (isinstance(value, int) and 0 < value < 65536) and (name == "port" or value is not None):
            raise ValueError("%s: expected 1 to 65535, got %r" % (name, value))
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout >= 0):
        raise ValueError("timeout: expected seconds or None, got %r" % (timeout,))


def _hold(thing):
    global _loop
    _loop = event_loop()
    _held.append(thing)


def _release(thing):
    thing.stop()  # first: Ctrl-C may come in between
    if thing in _held:
        _held.remove(thing)


def _take_down():
    while _held:
        _release(_held[-1])


def sweep():
    """Take down what an interrupted program (Ctrl-C) has left of a page: its sockets, its tasks, its access point.

    Does nothing while the running event loop serves a page. The start of another page takes this one down in any case.
    """
    from arduino_iot_cloud.interruption import gone, interrupted  # not at the top: the client unloads it

    if _held and (gone(_loop) or interrupted()):
        _take_down()


async def run(
    save, *, ssid, password=None, device=True, title="Set up this board", timeout=None, scan=True, port=80, dns_port=53
):
    """Start an access point, serve the page on it until something is saved, then switch the access point off.

    ssid, password: of the access point; without a password (8 to 63 characters) everybody in range can listen.
    save, device, title, timeout, port, dns_port: see SetupPage.
    scan: whether to scan for networks first, which blocks everything for up to 10 s.

    Returns the entries (a dict), or None after `timeout` seconds. Raises ValueError for arguments out of range, OSError
    if the interface fails. What an interrupted program has left of a page is taken down first: see `sweep`.
    """
    from .access_point import AccessPoint

    _check(port, dns_port, timeout)
    setup = SetupPage(save, (), device, title)
    point = AccessPoint(ssid, password)
    _take_down()
    if scan:
        setup._seen = point.seen()
    _hold(point)
    try:
        ip = point.start()
        return await setup._serve(ip, port, dns_port, timeout, ssid)
    finally:
        _release(point)

"""The sockets of the set-up page: visits of phones, bounded in number and time, and the name server.

Nothing here waits. `Server.turn` does what can be done at once, and the page's task calls it again and again. So
the page needs no task for each visit, and an interrupted program leaves only sockets behind, which `stop` closes.
"""

import errno
import socket

from arduino_iot_cloud.port import const, log, ticks_diff

from .captive_dns import LONGEST, answer
from .request import BadRequest, Request

_AT_ONCE = const(4)  # visits: an rp2 has five connections, of which one is the next visit
_WAITING = const(8)  # connections that the network keeps until there is room for them
_LIMIT = const(10000)  # ms for a request, and for its answer
_GRACE = const(300)  # ms in which a phone that has connected can begin to speak, or finish what it says
_STALLED = const(1000)  # ms after which a phone that takes nothing of its answer gives way

_REASONS = {200: "OK", 302: "Found", 303: "See Other", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}
_FIELDS = (
    "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close\r\n"
    "Referrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'\r\n"
)


class Visit:
    """A connection of a phone: one request and its answer."""

    spoke = False  # at least one byte has arrived
    saving = None  # what the answer waits for
    fields = None  # of its form
    pieces = None  # the answer, once it has begun
    data = b""  # the piece of it that is being sent

    def __init__(self, s, now):
        self.s = s
        self.request = Request()
        self.since = now  # when the request or the answer began
        self.moved = now  # when the last bytes went either way


class Server:
    """Listens at an address for phones and their questions for names.

    respond: called with a Visit whose request is complete. Returns (status, extra header fields, pieces of the body),
      or None, upon which it is called again in the next turn. Raises BadRequest.

    Raises OSError, in words, if it cannot listen. A name server that cannot is only logged.
    """

    def __init__(self, respond, ip, port, dns_port):
        self.visits = []
        self._respond = respond
        self._sockets = []  # that of the page, and that of the name server
        self._address = bytes([int(part) for part in ip.split(".")])
        why = None
        try:
            self._open(socket.SOCK_STREAM, ip, port).listen(_WAITING)
        except OSError as error:
            self.stop()
            why = error
        if why:
            raise OSError(why.args[0], "the set-up page cannot listen: %s" % _in_words(why, port))
        try:
            if dns_port:
                self._open(socket.SOCK_DGRAM, ip, dns_port)
        except OSError as error:
            self._sockets.pop().close()
            log(
                30,
                "Set-up page: no name server (%s); open http://%s/ by hand."
                % (_in_words(error, dns_port), host_of(ip, port)),
            )

    def _open(self, kind, ip, port):
        s = socket.socket(socket.AF_INET, kind)
        self._sockets.append(s)  # at once: whatever happens, `stop` closes it
        s.setblocking(False)
        if kind == socket.SOCK_STREAM:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(socket.getaddrinfo(ip, port)[0][-1])
        return s

    @property
    def stopped(self) -> bool:
        """Whether the sockets are closed."""
        return not self._sockets

    @property
    def answering(self) -> bool:
        """Whether an answer is due or on its way."""
        return any([visit.request.complete or visit.pieces is not None for visit in self.visits])

    def stop(self):
        """Close all sockets. This may be called again."""
        while self.visits:
            self.visits.pop().s.close()
        while self._sockets:
            self._sockets.pop().close()

    def turn(self, now, welcome=True) -> bool:
        """Do what can be done at once. Returns whether it was anything.

        welcome: whether to accept new visits.
        """
        busy = welcome and self._accept(now)
        for visit in list(self.visits):
            step = -1
            try:
                step = self._step(visit, now)
            except OSError:
                pass
            except Exception as error:  # no memory, say: close this connection, and the next may succeed
                log(30, "Set-up page: no answer (%s)." % type(error).__name__)
            if step < 0:
                self._end(visit)
            busy = busy or step != 0
        if len(self._sockets) > 1:
            self._answer_questions()
        return busy

    def _accept(self, now):
        leaving = None
        if len(self.visits) >= _AT_ONCE:
            leaving = self._dispensable(now)
            if not leaving:
                return False  # the new one waits in the network
        try:
            s = self._sockets[0].accept()[0]
        except OSError as error:
            if _nothing(error):
                return False
            leaving = leaving or self._dispensable(now)  # the port has no socket left
            return bool(leaving) and self._end(leaving)
        self.visits.append(Visit(s, now))
        s.setblocking(False)
        if leaving:
            self._end(leaving)
        return True

    # The visit that gives way to a new one: the oldest of those that have said nothing, else of those that are still
    # asking, else one that takes nothing of its answer, else one whose phone has sent the same form again meanwhile;
    # None if all of them deserve their place.
    def _dispensable(self, now):
        found, most = None, 0
        saving = None
        for visit in reversed(self.visits):
            waited = ticks_diff(now, visit.since)
            if visit.pieces is not None:
                waited = ticks_diff(now, visit.moved)
                rank = 200000 if waited > _STALLED else 0
            elif visit.saving:
                rank = 100000 if saving else 0  # all of them wait for the same save
                saving = visit
            else:
                rank = 0 if waited <= _GRACE else 300000 if visit.spoke else 400000
            if rank and rank + waited >= most:  # of two that came in the same ms, the earlier one
                found, most = visit, rank + waited
        return found

    def _end(self, visit):
        self.visits.remove(visit)
        visit.s.close()
        return True

    # Returns 1 if something happened, 0 if not, -1 if the visit is over.
    def _step(self, visit, now):
        if visit.pieces is None:
            if not visit.request.complete and not self._listen(visit, now):
                return -1 if visit.moved is None or ticks_diff(now, visit.since) > _LIMIT else 0
            if visit.pieces is None and not self._begin(visit):
                return 0
            visit.since = visit.moved = now
        if not visit.data:
            for piece in visit.pieces:
                visit.data = piece.encode()
                break
            else:
                return -1
        try:
            n = visit.s.send(visit.data)
        except OSError as error:
            if not _nothing(error):
                raise
            n = 0
        visit.data = visit.data[n:]
        if n:
            visit.moved = now
        return 1 if n else -1 if ticks_diff(now, visit.since) > _LIMIT else 0

    # Take what has arrived. Returns whether an answer is due. If the phone has gone, `moved` is None.
    def _listen(self, visit, now):
        try:
            data = visit.s.recv(256)
        except OSError as error:
            if not _nothing(error):
                raise
            return False
        visit.spoke = True
        visit.moved = now if data else None
        try:
            visit.request.take(data)
        except BadRequest as error:
            visit.pieces = _whole(visit, error.args[0], "", ())
            return True
        return visit.request.complete

    def _begin(self, visit):
        try:
            found = self._respond(visit)
        except BadRequest as error:
            found = error.args[0], "", ()
        if not found:
            return False
        visit.pieces = _whole(visit, *found)
        return True

    def _answer_questions(self):
        s = self._sockets[1]
        for _ in range(8):
            try:
                query, sender = s.recvfrom(LONGEST + 1)
                reply = answer(query, self._address)
                if reply:
                    s.sendto(reply, sender)
            except (OSError, MemoryError):  # the phone asks again
                return


def host_of(ip, port) -> str:
    """What a browser shows, and sends, for the page's address."""
    return ip if port == 80 else "%s:%d" % (ip, port)


def _whole(visit, status, extra, pieces):
    yield "HTTP/1.1 %d %s\r\n%s%s\r\n" % (status, _REASONS.get(status, "Refused"), _FIELDS, extra)
    if visit.request.method != "HEAD":
        for piece in pieces:
            yield piece


# Whether the error only means that the socket has to be asked again. Some ports say ETIMEDOUT.
def _nothing(error):
    return error.args[0] in (errno.EAGAIN, errno.ETIMEDOUT)


def _in_words(error, port):
    number = error.args[0]
    if number == errno.EADDRINUSE:
        return "port %d is in use" % port
    if number == errno.EACCES:
        return "port %d is not allowed" % port
    if number in (errno.ENOMEM, errno.ENOBUFS, 23, 24):  # ENFILE, EMFILE, for which MicroPython has no names
        return "no socket is left"
    return "error %s" % number

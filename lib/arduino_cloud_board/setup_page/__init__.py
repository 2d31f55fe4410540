"""A web page on the board's own access point, to enter Wi-Fi and device credentials with a phone.

Anybody in range of the access point can connect, so everything is limited, and a connection takes one request.
"""

import asyncio
import os
import socket

from arduino_iot_cloud.port import log

from ..link import sleep_ms
from .captive_dns import LONGEST, answer
from .form import entered, page, saved
from .request import BadRequest, Request, form_of

_AT_ONCE = 4  # connections
_LIMIT = 10  # s for a request, and for its answer
_REASONS = {200: "OK", 302: "Found", 303: "See Other", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}
_FIELDS = (
    "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close\r\n"
    "Referrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'\r\n"
)


class SetupPage:
    """The page, without the radio.

    save: a function or coroutine function, called with the entries: a dict with "ssid", "password" and, if they were
      entered, "device_id" and "secret_key". The page shows the text of a ValueError that it raises, so the text must
      not contain a secret.
    seen: the names of networks to choose from.
    device: whether to ask for the device's credentials too.
    title: the heading of the form.
    """

    def __init__(self, save, seen=(), device=True, title="Set up this board"):
        self._save = save
        self._seen = seen
        self._device = device
        self._title = title
        # A page from elsewhere does not know the token, so it cannot send the form.
        self._token = "".join(["%02x" % byte for byte in os.urandom(16)])
        self._open = 0
        self._entered = None
        self._host = ""

    async def serve(self, ip="192.168.4.1", port=80, dns_port=53, timeout=None):
        """Serve until something is saved. Returns the entries (a dict), or None after `timeout` seconds.

        ip: the board's address, on which the page listens.
        dns_port: None for no name server.
        """
        self._host = ip if port == 80 else "%s:%d" % (ip, port)
        self._saving = asyncio.Lock()
        server = await asyncio.start_server(self._serve_one, ip, port)
        names = asyncio.create_task(self._serve_names(ip, dns_port)) if dns_port else None
        waited = 0
        try:
            while self._entered is None and (timeout is None or waited < timeout * 1000):
                await sleep_ms(100)
                waited += 100
            if self._entered is not None:
                await sleep_ms(500)  # for the last answer to arrive
        finally:
            server.close()
            if names:
                names.cancel()
        return self._entered

    async def _serve_one(self, reader, writer):
        try:
            if self._open < _AT_ONCE:
                self._open += 1
                try:
                    await asyncio.wait_for(self._answer(reader, writer), _LIMIT)
                finally:
                    self._open -= 1
        except (OSError, EOFError, asyncio.TimeoutError):
            pass
        except Exception as error:  # no memory, say: close this connection, and the next may succeed
            log(30, "Set-up page: no answer (%s)." % type(error).__name__)
        try:
            writer.close()
            await writer.wait_closed()
        except OSError:
            pass

    async def _answer(self, reader, writer):
        request = Request()
        try:
            while not request.complete:
                data = await reader.read(256)
                if not data:
                    return
                request.take(data)
            status, extra, pieces = await self._respond(request)
        except BadRequest as error:
            status, extra, pieces = error.args[0], "", ()
        head = "HTTP/1.1 %d %s\r\n%s%s\r\n" % (status, _REASONS.get(status, "Refused"), _FIELDS, extra)
        writer.write(head.encode())
        await writer.drain()
        if request.method != "HEAD":
            for piece in pieces:
                writer.write(piece.encode())
                await writer.drain()

    # Returns the status, extra header fields, and the pieces of the body.
    async def _respond(self, request):
        ours = request.host == self._host
        if request.method == "POST":
            if not ours or request.origin not in ("", "null", "http://" + self._host):
                return 403, "", ()
            return await self._take(form_of(request.body))
        if not ours or request.path not in ("/", "/favicon.ico"):
            # Phones request a page of their maker to find out whether the network has a login page.
            return 302, "Location: http://%s/\r\n" % self._host, ()
        if request.path != "/":
            return 404, "", ()
        return 200, "", page(self._title, self._seen, self._token, self._device)

    async def _take(self, fields):
        if fields.get("token") != self._token:
            return 403, "", ()
        try:
            found = entered(fields, self._device)
            async with self._saving:
                if self._entered is None:
                    done = self._save(found)
                    if hasattr(done, "send"):
                        await done
                    self._entered = found
            # The first request counts; a second tap on "Save" sends the same entries.
            why = "" if found == self._entered else "Something else was saved just before."
        except ValueError as error:
            why = str(error)
        except Exception as error:  # a full file system, say
            why = "This could not be saved (%s)." % type(error).__name__
            log(40, "Set-up page: " + why)
        if why:
            return 200, "", page(self._title, self._seen, self._token, self._device, fields, why)
        return 200, "", saved(self._title)

    async def _serve_names(self, ip, number):
        address = bytes([int(part) for part in ip.split(".")])
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            s.setblocking(False)
            s.bind(socket.getaddrinfo(ip, number)[0][-1])
            while True:
                await sleep_ms(50)
                for _ in range(8):
                    try:
                        query, sender = s.recvfrom(LONGEST + 1)
                        reply = answer(query, address)
                        if reply:
                            s.sendto(reply, sender)
                    except OSError:
                        break
        except OSError as error:
            log(30, "Set-up page: no name server (%s); open http://%s/ by hand." % (error, ip))
        finally:
            s.close()


async def run(
    save, *, ssid, password=None, device=True, title="Set up this board", timeout=None, scan=True, port=80, dns_port=53
):
    """Start an access point, serve the page on it until something is saved, then switch the access point off.

    ssid, password: of the access point; without a password (8 to 63 characters) everybody in range can listen.
    save, device, title, timeout, port, dns_port: see SetupPage.
    scan: whether to scan for networks first, which blocks everything for up to 10 s.

    Returns the entries (a dict), or None after `timeout` seconds. Raises ValueError for arguments out of range, OSError
    if the interface fails.
    """
    from .access_point import AccessPoint

    point = AccessPoint(ssid, password)
    seen = point.seen() if scan else ()
    ip = point.start()
    log(30, "Set-up page: join the Wi-Fi network %s and open http://%s/" % (ssid, ip))
    try:
        return await SetupPage(save, seen, device, title).serve(ip, port, dns_port, timeout)
    finally:
        point.stop()

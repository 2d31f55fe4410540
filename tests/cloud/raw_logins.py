"""Log-ins by MQTT and at the token endpoint, many at once, from any address of this machine, each with its time."""

import asyncio
import struct
import time
from urllib.parse import urlencode

WAIT = 20
ACCEPTED, UNAVAILABLE, REFUSED = 0, 3, 5
TOKEN_PATH = "/iot/v1/clients/token"


def connect_packet(device_id, secret):
    """Return a CONNECT packet. The secret is text or bytes."""
    secret = secret if isinstance(secret, bytes) else secret.encode()
    fields = (b"MQTT", device_id.encode(), device_id.encode(), secret)
    name, client, user, password = (struct.pack("!H", len(field)) + field for field in fields)
    body = name + bytes([4, 0xC2]) + struct.pack("!H", 60) + client + user + password
    return b"\x10" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


class Login:
    """The answer to a log-in and the seconds until it came."""

    def __init__(self, code, seconds):
        self.code = code
        self.seconds = seconds

    def __repr__(self):
        return "%s after %.2f s" % (self.code, self.seconds)


async def device_login(about, device_id, secret, *, source=None, before=b""):
    """Log in by MQTT from the address `source`, which sends `before` first. The code is that of CONNACK."""
    began = time.monotonic()
    local = (source, 0) if source else None
    reader, writer = await asyncio.open_connection(about["host"], about["mqtt_port"], local_addr=local)
    try:
        writer.write(before + connect_packet(device_id, secret))
        answer = await asyncio.wait_for(reader.readexactly(4), WAIT)
        return Login(answer[3], time.monotonic() - began)
    finally:
        writer.close()


async def leave_at_once(about, device_id, secret):
    """Send a CONNECT and close the connection."""
    _, writer = await asyncio.open_connection(about["host"], about["mqtt_port"])
    writer.write(connect_packet(device_id, secret))
    writer.close()


async def token_login(about, key_id, secret, *, source=None, headers=()):
    """Ask for a token. The code is the HTTP status; `headers` of the answer are in the attribute of this name."""
    body = urlencode({"grant_type": "client_credentials", "client_id": key_id, "client_secret": secret}).encode()
    host, _, port = about["http"].removeprefix("http://").partition(":")
    lines = [
        "POST %s HTTP/1.1" % TOKEN_PATH,
        "Host: %s:%s" % (host, port),
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Length: %d" % len(body),
        "Connection: close",
        *headers,
    ]
    began = time.monotonic()
    reader, writer = await asyncio.open_connection(host, int(port), local_addr=(source, 0) if source else None)
    try:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WAIT)
        login = Login(int(head.split()[1]), time.monotonic() - began)
        login.headers = head.decode("latin-1").lower()
        return login
    finally:
        writer.close()

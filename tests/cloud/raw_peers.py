"""Peers of the local cloud that say exactly the bytes that a test wants, on any of its ports."""

import socket
import ssl
import struct

PORTS = ("mqtt", "mqtts", "mtls", "ws", "wss", "http", "https")
WITH_TLS = ("mqtts", "mtls", "wss", "https")
WAIT = 15


def number_of(about, port):
    """Return the number of the port with this name."""
    return int(about[port].rsplit(":", 1)[1]) if port in ("http", "https") else about[port + "_port"]


def open_socket(about, port, receive_buffer=None):
    """Return a TCP connection that has said nothing."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(WAIT)
    sock.connect((about["host"], number_of(about, port)))
    return sock


def open_peer(about, port, receive_buffer=None):
    """Return a connection, with TLS if the port has it, that has said nothing inside of it."""
    sock = open_socket(about, port, receive_buffer)
    if port not in WITH_TLS:
        return sock
    context = ssl.create_default_context(cafile=about["ca_file"])
    if port == "mtls":
        context.load_cert_chain(about["client_cert"], about["client_key"])
    return context.wrap_socket(sock, server_hostname="localhost")


def request(about, port, method, path, *headers, body=b""):
    """Return the bytes of a request to the page's host."""
    host = "Host: 127.0.0.1:%d" % number_of(about, port)
    return ("\r\n".join(("%s %s HTTP/1.1" % (method, path), host, *headers)) + "\r\n\r\n").encode("latin-1") + body


def upgrade(about, port, *headers, path="/mqtt"):
    """Return the bytes that ask for a WebSocket with MQTT."""
    usual = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    more = ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: mqtt")
    return request(about, port, "GET", path, *usual, *more, *headers)


def field(content):
    """Return text or bytes with their length in front, as MQTT has them."""
    content = content.encode() if isinstance(content, str) else content
    return struct.pack("!H", len(content)) + content


def packet(first, body):
    """Return an MQTT packet."""
    size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 0x7F | 0x80, len(body) >> 7])
    return bytes([first]) + size + body


def connect_packet(client_id, username, password, keepalive=30):
    """Return a CONNECT. Texts may be bytes."""
    body = field("MQTT") + b"\x04\xc2" + struct.pack("!H", keepalive) + field(client_id)
    return packet(0x10, body + field(username) + field(password))


def read_head(sock):
    """Return the status line and the headers of an answer."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = sock.recv(1)
        if not part:
            break
        head += part
    return head.decode("latin-1")


def read_to_the_end(sock):
    """Return everything until the cloud ends the connection. Raises TimeoutError if it does not."""
    received = b""
    try:
        while part := sock.recv(65536):
            received += part
    except (ConnectionError, ssl.SSLError):
        pass
    return received

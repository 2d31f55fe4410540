"""The mosquitto broker as a child process."""

import base64
import hashlib
import os
import random
import signal
import socket
from contextlib import suppress
from pathlib import Path

from processes import Process
from toolchain.paths import MOSQUITTO

HOST = "127.0.0.1"


def free_ports(count):
    """Return ports on which nothing listens, and which the system gives to nobody else while a server restarts."""
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    usable = range(10_000, low) if low > 20_000 else range(high + 1, 65_536)
    found = set()
    while len(found) < count:
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, random.choice(usable)))
            found.add(probe.getsockname()[1])
    return list(found)


class Mosquitto:
    """A broker on 127.0.0.1: `port` plain, `tls_port`, `mtls_port` (with client certificate), `ws_port`, `wss_port`.

    users         {name: password}; without users anybody may connect
    certfile, keyfile, cafile   replace the test certificates
    settings      more lines for its configuration file
    """

    def __init__(self, folder, certificates, users=None, certfile=None, keyfile=None, cafile=None, settings=()):
        self.host = HOST
        self.folder = folder
        self.process = None
        self._certificate = (certfile or certificates.server_cert, keyfile or certificates.server_key)
        self._cafile = cafile or certificates.ca_file
        self._users = users or {}
        self._settings = list(settings)
        folder.mkdir()
        self._start_on_free_ports()

    def _start_on_free_ports(self):
        for attempt in range(5):
            self.port, self.tls_port, self.mtls_port, self.ws_port, self.wss_port = free_ports(5)
            self._configure()
            try:
                return self.start()
            except AssertionError:
                # Another process may have taken a port in between.
                self.process.stop()
                said = self.process.stderr
                if attempt == 4 or "in use" not in said and "Unable to create websockets listener" not in said:
                    raise

    def _configure(self):
        lines = ["log_dest stderr", "log_type all", "connection_messages true", "persistence false"]
        if os.getuid() == 0:
            lines.append("user root")
        lines.append("allow_anonymous %s" % ("false" if self._users else "true"))
        if self._users:
            lines.append("password_file %s" % self._write_passwords())
        tls = ["certfile %s" % self._certificate[0], "keyfile %s" % self._certificate[1]]
        mutual = ["cafile %s" % self._cafile, "require_certificate true"]
        websockets = ["protocol websockets"]
        for port, options in (
            (self.port, []),
            (self.tls_port, tls),
            (self.mtls_port, tls + mutual),
            (self.ws_port, websockets),
            (self.wss_port, websockets + tls),
        ):
            lines += ["listener %d %s" % (port, HOST)] + options
        (self.folder / "mosquitto.conf").write_text("\n".join(lines + self._settings) + "\n")

    def _write_passwords(self):
        path = self.folder / "passwords"
        text = ""
        for name, password in self._users.items():
            salt = os.urandom(12)
            hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
            encoded = [base64.b64encode(part).decode() for part in (salt, hashed)]
            text += "%s:$7$101$%s$%s\n" % (name, *encoded)
        path.write_text(text)
        path.chmod(0o600)
        return path

    def start(self):
        """Start it, again on the same ports after `stop`."""
        self.process = Process([MOSQUITTO, "-c", self.folder / "mosquitto.conf"])
        self.process.wait_for(r"mosquitto version \S+ running", stream="stderr")

    def stop(self):
        """Stop it. Clients lose their connections."""
        # mosquitto misses a SIGTERM right after its start, so it may need a second one.
        for _ in range(10):
            if self.process.returncode is None:
                self.process.signal(signal.SIGTERM)
                self.process.ended_within(0.3)
        self.process.stop()

    @property
    def log(self):
        """What it has logged since its start."""
        return self.process.stderr

    def wait_for_log(self, pattern, timeout=10):
        """Wait until its log has a line that matches."""
        return self.process.wait_for(pattern, timeout, stream="stderr")

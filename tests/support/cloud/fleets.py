"""Several workers of the local cloud with mosquitto and PostgreSQL, as child processes."""

import os
import socket
import subprocess
import time

from brokers import HOST, free_ports
from local_clouds import LocalCloud
from processes import Process
from toolchain.parts.mosquitto import dynamic_security
from toolchain.paths import MOSQUITTO, TOOLS


class Fleet:
    """mosquitto as `local-cloud broker-config` configures it, a database, and the workers that `start_worker` starts.

    `port`, `tls_port` and `mtls_port` are mosquitto's.
    """

    def __init__(self, folder, postgres, settings=(), arguments=()):
        """`settings` are further lines of mosquitto.conf, `arguments` those of `local-cloud broker-config`."""
        self.data = folder / "shared"
        self.database = postgres.new_database()
        self.workers = []
        self.broker = None
        self._settings = settings
        self._arguments = arguments
        for attempt in range(5):
            self.port, self.tls_port, self.mtls_port = free_ports(3)
            self._configure()
            try:
                self.start_broker()
                break
            except AssertionError:
                if attempt == 4 or "in use" not in self.broker.stderr:
                    raise

    def _configure(self):
        ports = ["--port", self.port, "--tls-port", self.tls_port, "--mtls-port", self.mtls_port]
        user = ["--user", "root"] if os.getuid() == 0 else []
        command = [TOOLS / "local-cloud", "broker-config", "--data", self.data, "--plugin", dynamic_security()]
        subprocess.run([str(word) for word in [*command, *ports, *user, *self._arguments]], check=True, capture_output=True)
        self.configuration = self.data / "mosquitto" / "mosquitto.conf"
        with open(self.configuration, "a") as file:
            file.write("".join(line + "\n" for line in self._settings))
        self.broker_url = (self.data / "mosquitto" / "address").read_text()

    def start_broker(self):
        """Start mosquitto, again on the same ports after `stop_broker`."""
        self.broker = Process([MOSQUITTO, "-c", self.configuration])
        deadline = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection((HOST, self.mtls_port), 1).close()
            except OSError:
                assert self.broker.returncode is None and time.monotonic() < deadline, self.broker.stderr
                time.sleep(0.01)

    def stop_broker(self):
        """Stop mosquitto, which saves what waits for workers."""
        self.broker.stop()

    def start_worker(self, *arguments):
        """Start a worker and return a local_clouds.LocalCloud."""
        options = ["--broker", self.broker_url, "--database", self.database, *arguments]
        self.workers.append(LocalCloud(self.data, *options))
        return self.workers[-1]

    def stop(self):
        """Stop everything that still runs."""
        for worker in self.workers:
            worker.stop()
        self.broker.stop()

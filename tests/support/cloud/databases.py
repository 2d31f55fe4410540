"""A PostgreSQL server as a child process, with a temporary data folder."""

import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from brokers import HOST, free_ports
from processes import Process
from toolchain.paths import INITDB, POSTGRES

USER = "cloud"
# PostgreSQL refuses to run as root; Debian has this user and group everywhere.
_NOBODY = 65534
_SETTINGS = """
listen_addresses = '%s'
port = %d
unix_socket_directories = ''
max_connections = 60
shared_buffers = 32MB
"""


class Postgres:
    """A server on 127.0.0.1 with a superuser `cloud`. `url()` is its address, `new_database()` makes a database."""

    def __init__(self, settings=()):
        # Not below pytest's folder, which only its user may enter.
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._data = self._folder / "data"
        self._count = 0
        self.password = secrets.token_hex(12)
        self.process = None
        try:
            self._prepare(settings)
            self._start_on_free_port()
        except BaseException:
            self.stop()
            raise

    def _prepare(self, settings):
        password_file = self._folder / "password"
        password_file.write_text(self.password)
        if os.getuid() == 0:
            for path in (self._folder, password_file):
                os.chown(path, _NOBODY, _NOBODY)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        command = [INITDB, "-D", self._data, "-U", USER, "--pwfile", password_file, *options]
        done = subprocess.run(_unprivileged(command), capture_output=True, encoding="utf-8", cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr
        self._more_settings = "\n".join(settings)

    def _start_on_free_port(self):
        for attempt in range(5):
            (self.port,) = free_ports(1)
            text = _SETTINGS % (HOST, self.port) + self._more_settings + "\n"
            (self._data / "postgresql.auto.conf").write_text(text)
            try:
                return self.start()
            except AssertionError:
                if attempt == 4 or "could not bind" not in self.process.stderr:
                    raise

    def start(self):
        """Start it, again on the same port after `stop_server`."""
        self.process = Process(_unprivileged([POSTGRES, "-D", self._data]), cwd="/")
        self.process.wait_for("database system is ready to accept connections", 30, stream="stderr")

    def url(self, database="postgres"):
        """Return the address of a database, with its password."""
        return "postgresql://%s:%s@%s:%d/%s" % (USER, self.password, HOST, self.port, database)

    def new_database(self):
        """Make an empty database and return its address."""
        self._count += 1
        name = "test%d" % self._count
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE %s" % name)
        return self.url(name)

    def stop_server(self):
        """Stop it quickly: clients lose their connections, but data stay."""
        self.process.signal(2)
        self.process.stop()

    def stop(self):
        """Stop it and delete its data."""
        if self.process is not None:
            self.stop_server()
        shutil.rmtree(self._folder, ignore_errors=True)


def _unprivileged(command):
    """Return the command so that it runs as an ordinary user."""
    if os.getuid() != 0:
        return command
    return ["setpriv", "--reuid=%d" % _NOBODY, "--regid=%d" % _NOBODY, "--clear-groups", *map(str, command)]

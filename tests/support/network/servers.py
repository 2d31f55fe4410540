"""Servers that are not brokers: one is silent, one records what a TLS client does, one forwards to a broker."""

import socket
import ssl
import threading

HOST = "127.0.0.1"


class Server:
    """Listens on a free `port` of 127.0.0.1. Each connection gets a thread that runs `serve`. `close` ends it."""

    host = HOST
    _resetting = False

    def __init__(self):
        self._news = threading.Condition()
        self._sockets = []
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._news:
                self._sockets.append(connection)
                self._news.notify_all()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass

    def serve(self, connection):
        """Keep silent."""

    @property
    def connections(self):
        """The number of connections so far."""
        return len(self._sockets)

    def wait(self, condition, timeout=30):
        """Wait until `condition()` is true. It is checked after each connection and each note."""
        with self._news:
            assert self._news.wait_for(condition, timeout), "in vain: %r" % vars(self)

    def close_connections(self, reset=False):
        """End all connections, with a FIN or a RST."""
        self._resetting = reset
        for connection in self._sockets:
            try:
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    connection.shutdown(socket.SHUT_RD)  # wakes the thread that holds it open
                else:
                    connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has already ended
            connection.close()

    def close(self):
        """End everything."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.close_connections()


class TLSServer(Server):
    """Does TLS handshakes, then only reads. It records `names` (SNI), `errors` of handshakes, and `received` data."""

    def __init__(self, certfile, keyfile, version=None):
        self.names, self.errors, self.received = [], [], b""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certfile, keyfile)
        if version:
            self._context.minimum_version = self._context.maximum_version = version
        self._context.sni_callback = lambda connection, name, context: self.names.append(name)
        super().__init__()

    def serve(self, connection):
        """Record what is received."""
        try:
            with self._context.wrap_socket(connection, server_side=True) as stream:
                while True:
                    data = stream.recv(1000)
                    if not data:
                        break
                    with self._news:
                        self.received += data
                        self._news.notify_all()
            error = "end"
        except (OSError, ssl.SSLError) as problem:
            error = str(problem)
        with self._news:
            self.errors.append(error)
            self._news.notify_all()


class Relay(Server):
    """Forwards everything to a broker, and records in `sent` what the client sends."""

    def __init__(self, broker):
        self.sent = b""
        self._target = (broker.host, broker.port)
        super().__init__()

    def serve(self, connection):
        """Forward both ways."""
        upstream = socket.create_connection(self._target)
        self._sockets.append(upstream)
        threading.Thread(target=self._pump, args=(upstream, connection, False), daemon=True).start()
        self._pump(connection, upstream, True)

    def _pump(self, source, target, note):
        try:
            while True:
                data = source.recv(4096)
                if not data:
                    break
                if note:
                    with self._news:
                        self.sent += data
                        self._news.notify_all()
                target.sendall(data)
            if not self._resetting:
                target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

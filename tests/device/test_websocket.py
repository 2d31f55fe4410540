"""MQTT over WebSocket: mosquitto, the local cloud, and a server that pings, fragments and closes at will."""

import socket
import threading

import pytest
from devices import SECRET
from servers import Server
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve as serve_websocket

VARIABLES = """
for name, value in (("number", 1), ("text", "a")):
    client.register(name, value=value, on_write=lambda client, value, name=name: print("wrote", name, repr(value)))
"""
QUICK = {"interval": 0.3}
LONG = "0123456789" * 80  # leaves in several frames and arrives with the long form of a length


@pytest.fixture(params=["ws", "wss"])
def connection(request, broker, certificates):
    """Arguments for mosquitto's WebSocket listeners, plain and verified."""
    if request.param == "ws":
        return {"port": broker.ws_port, "transport": "websocket"}
    params = {"cafile": str(certificates.ca_file_der), "server_hostname": "localhost"}
    return {"port": broker.wss_port, "ssl_params": params, "transport": "websocket"}


def test_values_go_both_ways(connect_device, broker, opposite, connection):
    device = connect_device(VARIABLES, **connection)
    opposite.wait_value("number", 1)
    for value in (-70000, 0, 2**31 - 1):
        device.do("client['number'] = %d" % value)
        opposite.wait_value("number", value)
        opposite.write(number=value - 1)
        device.wait_for("^wrote number %d\n" % (value - 1))
    device.do("client['text'] = %r" % LONG)
    opposite.wait_value("text", LONG)
    opposite.write(text=LONG[::-1])
    device.wait_for("^wrote text '%s'\n" % LONG[::-1])
    device.stop()
    broker.wait_for_log("Received DISCONNECT from %s" % device.id)


def test_many_quick_values_go_both_ways(connect_device, opposite, connection):
    device = connect_device(VARIABLES, **connection)
    device.do("for i in range(500): client['number'] = i")
    opposite.wait_value("number", 499)
    for i in range(300):
        opposite.write(number=i, qos=i & 1)
    device.wait_for("^wrote number 299\n")


def test_the_broker_is_found_again(connect_device, broker, opposite, connection):
    device = connect_device(VARIABLES, run=QUICK, **connection)
    for value in (7, 8):
        opposite.expect_restart()
        broker.process.kill()
        device.wait_until("not client.connected")
        device.do("client['number'] = %d" % value)
        broker.start()
        opposite.wait_online()
        opposite.wait_value("number", value)
        device.wait_until("client.connected")
    opposite.write(number=9)
    device.wait_for("^wrote number 9\n")


def test_a_wrong_password_is_reported(start_device, connection):
    device = start_device(password="wrong", **{"server": "127.0.0.1"}, **connection)
    device.wait_for("wrong device id or secret key")


@pytest.mark.parametrize("port", ["ws_port", "wss_port"])
def test_values_go_both_ways_with_the_local_cloud(start_device, project, local_cloud, port):
    mine = project([("number", "INT", "READ_WRITE"), ("text", "CHARSTRING", "READ_WRITE")])
    params = {"cafile": local_cloud.ca_der_file} if port == "wss_port" else None
    device = start_device(
        VARIABLES,
        device_id=mine.device_id,
        password=mine.secret,
        server=local_cloud.host,
        port=local_cloud.about[port],
        ssl_params=params,
        transport="websocket",
    )
    device.wait_until("client.connected")
    device.do("client['text'] = %r; client['number'] = 5; later(client.flush())" % LONG)
    device.wait_for("^result True")
    assert (mine.value("text"), mine.value("number")) == (LONG, 5)
    mine.write("text", LONG[::-1])
    device.wait_for("^wrote text '%s'\n" % LONG[::-1])


@pytest.mark.parametrize("flaw", ["root", "name"])
def test_a_server_that_is_not_verified_gets_nothing(start_device, broker, certificates, flaw):
    params = {"cafile": str(certificates.ca_file_der), "server_hostname": "elsewhere.example"}
    params = params if flaw == "name" else {"server_hostname": "localhost"}
    device = start_device(broker=broker, port=broker.wss_port, ssl_params=params, transport="websocket")
    device.wait_for("is refused: .*%s" % ("another name" if flaw == "name" else "not trusted"))
    assert SECRET not in broker.log


class Relay:
    """A WebSocket server in front of a broker, independent of ours. It does what brokers seldom do and counts `pongs`.

    cut     bytes of each fragment that it sends; each piece from the broker is one message
    ping    payload of a ping between the pieces
    """

    def __init__(self, broker, cut=None, ping=None):
        self.host = "127.0.0.1"
        self.broker, self.cut, self.ping = broker, cut, ping
        self.requests, self.connections, self.pongs = [], [], 0
        self._server = serve_websocket(
            self._serve, self.host, 0, subprotocols=["mqtt"], ping_interval=None, compression=None
        )
        self.port = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _serve(self, connection):
        self.requests.append(connection.request)
        self.connections.append(connection)
        with socket.create_connection((self.broker.host, self.broker.port)) as upstream:
            threading.Thread(target=self._down, args=(upstream, connection), daemon=True).start()
            for message in connection:
                upstream.sendall(message)

    def _down(self, upstream, connection):
        try:
            while True:
                data = upstream.recv(4096)
                if not data:
                    return connection.close()
                if self.ping is not None:
                    # wait for the pong, so that it comes before anything else from the device
                    assert connection.ping(self.ping).wait(5)
                    self.pongs += 1
                step = self.cut or len(data)
                pieces = [data[i : i + step] for i in range(0, len(data), step)]
                connection.send(pieces[0] if len(pieces) == 1 else pieces)
        except (OSError, ConnectionClosed):
            pass

    def close(self):
        """End everything."""
        self._server.shutdown()


@pytest.mark.parametrize("cut, ping", [(None, b"p" * 125), (1, b""), (7, b"ping"), (126, None)])
def test_pings_and_fragments(connect_device, broker, opposite, serve, cut, ping):
    relay = serve(Relay, broker, cut=cut, ping=ping)
    device = connect_device(VARIABLES, port=relay.port, transport="websocket")
    request = relay.requests[0]
    assert request.path == "/mqtt" and request.headers["Host"] == "127.0.0.1:%d" % relay.port
    assert request.headers["Sec-WebSocket-Protocol"] == "mqtt"
    for i in range(20):
        opposite.write(number=i, text=LONG[: 40 * i])
        device.wait_for("^wrote text '%s'\n" % LONG[: 40 * i])
        device.do("client['number'] = %d; client['text'] = %r" % (-i, LONG[: 37 * i]))
        opposite.wait_value("text", LONG[: 37 * i])
    if ping is not None:
        assert relay.pongs > 20
    assert len(relay.connections) == 1


def test_many_pings_disturb_nothing(connect_device, broker, opposite, serve):
    relay = serve(Relay, broker)
    device = connect_device(VARIABLES, port=relay.port, transport="websocket")
    for _ in range(200):
        assert relay.connections[0].ping().wait(5)
    device.do("client['number'] = 5")
    opposite.wait_value("number", 5)


def test_a_server_that_says_goodbye_is_found_again(connect_device, broker, opposite, serve):
    relay = serve(Relay, broker)
    device = connect_device(VARIABLES, port=relay.port, transport="websocket", run=QUICK)
    relay.connections[0].close(1001, "going away")
    device.wait_for("closed the connection")
    device.wait_until("client.stats()['connections'] == 2 and client.connected")
    device.do("client['number'] = 5")
    opposite.wait_value("number", 5)


def test_a_text_message_ends_the_connection(connect_device, broker, serve):
    relay = serve(Relay, broker)
    device = connect_device(VARIABLES, port=relay.port, transport="websocket", run=QUICK)
    relay.connections[0].send("text")
    device.wait_for("malformed WebSocket frame")
    device.wait_until("client.stats()['connections'] == 2 and client.connected")


class Answering(Server):
    """Answers a request with given bytes."""

    def __init__(self, answer):
        self.answer = answer
        super().__init__()

    def serve(self, connection):
        """Answer and keep the connection."""
        connection.recv(4096)
        connection.sendall(self.answer)
        connection.recv(1)


@pytest.mark.parametrize(
    "answer, words",
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "HTTP 403 instead of a WebSocket"),
        (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "sec-websocket-"),
        (b"HTTP/1.1 101 x\r\n" + b"X: y\r\n" * 5000, "too long"),
    ],
)
def test_a_server_of_another_kind_is_reported(start_device, serve, answer, words):
    server = serve(Answering, answer)
    device = start_device(broker=server, transport="websocket")
    device.wait_for("127.0.0.1:%d.*%s" % (server.port, words))


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("transport='carrier pigeon'", "transport is 'tcp' or 'websocket', not 'carrier pigeon'"),
        ("transport='websocket', sync_mode=True", "needs sync_mode=False"),
    ],
)
def test_a_wrong_transport_is_named_at_once(interpreter, arguments, words):
    code = "from arduino_iot_cloud import ArduinoCloudClient as C\ntry: C('d', 'd', 's', %s)\nexcept ValueError as e: print(e)"
    assert words in interpreter.run(code=code % arguments, check=True).stdout


def test_the_real_clouds_address(interpreter):
    code = "from arduino_iot_cloud import ArduinoCloudClient as C\nc = C('d', 'd', 's', transport='websocket')\nprint(c.server, c.port)"
    assert interpreter.run(code=code, check=True).stdout.split() == ["wss.iot.arduino.cc", "8443"]

"""A local cloud for the command line's tests, an account at its API, and a proxy that counts requests."""

import json
import os
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from local_clouds import LocalCloud
from processes import Process
from toolchain.paths import LIB, TOOLS, VENV_PYTHON


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    """A local cloud that all tests of a worker share. They use different names."""
    cloud = LocalCloud(tmp_path_factory.mktemp("cli-cloud"))
    yield cloud
    cloud.stop()


@pytest.fixture
def name():
    """A word that no other test uses."""
    return "t" + uuid.uuid4().hex[:8]


class Account:
    """The Application API, called without our clients."""

    def __init__(self, cloud):
        self._url = cloud.http
        form = {"grant_type": "client_credentials", "client_id": cloud.api_key_id}
        form.update(client_secret=cloud.api_key_secret, audience="https://api2.arduino.cc/iot")
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(cloud.token_url, data) as answer:
            self._token = json.load(answer)["access_token"]

    def __call__(self, method, path, body=None, version="v2"):
        """Return the answer. Raises urllib.error.HTTPError if it is refused."""
        headers = {"Authorization": "Bearer " + self._token, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = "%s/iot/%s/%s" % (self._url, version, path)
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
            return json.loads(content) if content else None

    def named(self, kind, name):
        """Return those whose names begin with this, by name."""
        query = "?show_properties=true" if kind == "things" else ""
        found = [each for each in self("GET", kind + query) if each["name"].startswith(name)]
        return {each["name"]: each for each in found}

    def accepts(self, device_id, secret):
        """Return whether this is the device's secret."""
        try:
            self("POST", "devices/%s/pass" % device_id, {"password": secret})
        except urllib.error.HTTPError as error:
            assert error.code == 400
            return False
        return True


@pytest.fixture
def account(cloud):
    return Account(cloud)


@pytest.fixture
def account_of():
    """`account_of(cloud)`: an account at another cloud."""
    return Account


class Proxy:
    """A proxy between the command and the cloud. It notes requests, and holds back, refuses or loses some on demand."""

    def __init__(self, cloud):
        self.requests = []
        self.held = threading.Event()
        self.hold = lambda method, path: False
        self.refuse = lambda method, path: False
        self.lose = lambda method, path: False
        self._release = threading.Event()
        target = urllib.parse.urlsplit(cloud.http)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy.requests.append((self.command, self.path))
                if proxy.hold(self.command, self.path):
                    proxy.held.set()
                    proxy._release.wait()
                    return
                if proxy.refuse(self.command, self.path):
                    self.answer(403, b'{"code": "forbidden", "detail": "not today"}')
                    return
                onward = HTTPConnection(target.hostname, target.port)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                onward.request(self.command, self.path, body, headers)
                answer = onward.getresponse()
                content = answer.read()
                onward.close()
                if proxy.lose(self.command, self.path):
                    self.close_connection = True
                    return
                self.answer(answer.status, content)

            def answer(self, status, content):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def writes(self):
        """The requests that change something: all but GETs and those for a token."""
        return [each for each in self.requests if each[0] != "GET" and not each[1].endswith("/token")]

    def stop(self):
        self._release.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def proxy(cloud):
    proxy = Proxy(cloud)
    yield proxy
    proxy.stop()


class CommandLine:
    """`local-cloud` as a process, with the tests' cloud and none that may run on this machine."""

    def __init__(self, cloud, folder):
        self.cloud = cloud
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ARDUINO_CLOUD")},
            "PYTHONPATH": os.pathsep.join((str(TOOLS), str(LIB))),
            "XDG_DATA_HOME": str(folder / "no-cloud-here"),
            "TZ": "UTC",
        }
        self.words = [str(VENV_PYTHON), "-m", "localcloud"]
        self._processes = []

    def start(self, *arguments, **environment):
        """Start it and return a processes.Process."""
        environment = {**self.environment, **environment}
        self._processes.append(Process([*self.words, *arguments], env=environment, cwd=self.folder))
        return self._processes[-1]

    def __call__(self, *arguments, code=0, **environment):
        """Run it to its end with this exit code, and return processes.Finished."""
        finished = self.start(*arguments, **environment).wait(30)
        assert finished.returncode == code, finished
        assert "Traceback" not in finished.stderr, finished.stderr
        return finished

    def local(self, *arguments, code=0):
        """Run it with the tests' cloud."""
        return self(*arguments, "--data", self.cloud.data, code=code)

    def key(self):
        """The environment with the cloud's API key."""
        return {
            "ARDUINO_CLOUD_CLIENT": self.cloud.api_key_id,
            "ARDUINO_CLOUD_SECRET": self.cloud.api_key_secret,
        }

    def through(self, proxy, *arguments, code=0):
        """Run it with the cloud behind the proxy."""
        return self(*arguments, "--url", proxy.url, code=code, **self.key())

    def stop(self):
        for process in self._processes:
            process.stop()


@pytest.fixture
def command(cloud, tmp_path):
    command = CommandLine(cloud, tmp_path)
    yield command
    command.stop()


@pytest.fixture
def thing(account, name):
    """`thing(("temperature", "TEMPERATURE"), …)` -> a new thing, as the API describes it."""

    def make(*variables, called=name):
        properties = [
            {"name": variable, "type": kind, "permission": "READ_WRITE", "update_strategy": "ON_CHANGE"}
            for variable, kind in variables
        ]
        return account("PUT", "things", {"name": called, "properties": properties, "timezone": "UTC"})

    return make


@pytest.fixture
def fill(account):
    """`fill(thing, "temperature", [(time, value), …])` writes past values."""

    def publish(thing, variable, points):
        pid = next(each["id"] for each in thing["properties"] if each["name"] == variable)
        for begin in range(0, len(points), 500):
            batch = [
                {"timestamp": time.isoformat(), "value": value} for time, value in points[begin : begin + 500]
            ]
            account("PUT", "things/%s/properties/%s/publish_batch" % (thing["id"], pid), batch)

    return publish

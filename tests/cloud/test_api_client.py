"""arduino_cloud_api against the local cloud, on CPython and MicroPython: a project's life, its tokens, a rate limit.

The memory that a list of 200 things takes is measured in tests/tools/test_footprint.py.
"""

import http.client
import json
import re
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from arduino_cloud_api import APIError, CloudAPI
from arduino_cloud_api.operations import _MODULES
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from localcloud.web.api.endpoints import ENDPOINTS

HERE = Path(__file__).parent


def connect(about, **options):
    """Return a CloudAPI for the local cloud's first user, over verified HTTPS."""
    options = {"ssl_params": {"cafile": about["ca_der_file"]}, "base_url": about["https"], **options}
    return CloudAPI(about["api_key_id"], about["api_key_secret"], **options)


def test_a_projects_life(interpreter, local_cloud, tmp_path):
    about = tmp_path / "about.json"
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    csr = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM)
    about.write_text(json.dumps({**local_cloud.about, "widget": str(uuid.uuid4()), "csr": csr.decode()}))
    done = interpreter.run(HERE / "api_life.py", about)
    assert done.returncode == 0 and done.stdout.endswith("the end\n"), done.stdout + done.stderr
    assert "never" not in done.stderr, done.stderr


def test_every_operation_of_the_official_api_is_there():
    ours = []
    for line in filter(None, _MODULES.split("\n")):
        module, *resources = line.split(" ")
        module = __import__("arduino_cloud_api." + module, None, None, ("OPERATIONS",))
        assert list(module.OPERATIONS) == resources
        for table in module.OPERATIONS.values():
            ours += ["%s /iot/%s" % tuple(row.split(" ")[1:3]) for row in table.split("\n") if row]
    theirs = ["%s /iot%s" % (endpoint.method, endpoint.path) for endpoint in ENDPOINTS]
    assert len(ours) == 94

    def shape(names):
        return sorted(re.sub(r"{\w+}", "{}", name) for name in names)

    assert shape(ours) == shape(theirs)


MANY = """
import asyncio, sys
from arduino_cloud_api import CloudAPI
async def main():
    made = set()
    async with CloudAPI(*sys.argv[1:4]) as api:
        for i in range(8):
            made.add((await api.things.create({"name": "t%d" % i}))["id"])
        for thing in await api.things.list():
            made.discard(thing["id"])
    print("missing", made or None)
asyncio.run(main())
"""


def test_a_rate_limit_is_waited_out(micropython, start_local_cloud, tmp_path):
    cloud = start_local_cloud("--rate-limit", "5")
    script = tmp_path / "many.py"
    script.write_text(MANY)
    begin = time.monotonic()
    done = micropython(32).run(script, cloud.api_key_id, cloud.api_key_secret, cloud.http)
    assert done.stdout.endswith("missing None\n"), done.stdout + done.stderr
    assert time.monotonic() - begin > 1  # five at once, then the pause that the server demands


class Between(BaseHTTPRequestHandler):
    """Passes requests for tokens on to the local cloud, and changes its answers as the test wants them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        cloud = self.server.cloud
        base = urllib.parse.urlsplit(cloud.http)
        connection = http.client.HTTPConnection(base.hostname, base.port)
        connection.request("POST", self.path, body, {"Content-Type": self.headers["content-type"]})
        answer = json.load(connection.getresponse())
        connection.close()
        self.server.tokens += 1
        answer.update(self.server.changes.pop(0) if self.server.changes else {})
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def between(local_cloud):
    """The server above. `changes` are the changes to its answers, one after the other."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    server.cloud, server.tokens, server.changes = local_cloud, 0, []
    server.url = "http://127.0.0.1:%d/iot/v1/clients/token" % server.server_port
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


RENEWING = """
import asyncio, sys
from arduino_cloud_api import CloudAPI
key, secret, url, tokens, root, pause = sys.argv[1:]
async def main():
    async with CloudAPI(key, secret, url, tokens, ssl_params={"cafile": root}) as api:
        for _ in range(3):
            await asyncio.gather(*[api.things.list().all() for _ in range(3)])
            await asyncio.sleep(float(pause))
    print("done")
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("changes", "pause", "tokens"),
    [
        ([], 0, 1),  # one token is enough
        ([{"expires_in": 0.3}, {"expires_in": 0.3}], 0.25, 3),  # renewed at 80 % of its lifetime
        ([{"access_token": "stale"}], 0, 2),  # refused: renewed once, however many calls ran into it
    ],
)
def test_tokens_are_renewed(changes, pause, tokens, interpreter, between, tmp_path):
    between.changes = list(changes)
    script = tmp_path / "renewing.py"
    script.write_text(RENEWING)
    cloud = between.cloud
    words = [cloud.api_key_id, cloud.api_key_secret, cloud.https, between.url, cloud.ca_der_file, pause]
    done = interpreter.run(script, *words)
    assert done.stdout.endswith("done\n"), done.stdout + done.stderr
    assert between.tokens == tokens


async def test_a_token_that_is_refused_again_ends_it(between):
    between.changes = [{"access_token": "stale"}, {"access_token": "staler"}]
    async with connect(between.cloud.about, token_url=between.url) as api:
        with pytest.raises(APIError) as caught:
            await api.things.list()
    assert caught.value.status == 401 and between.tokens == 2


async def test_a_list_that_is_left_early_gives_its_connection_back(local_cloud):
    async with connect(local_cloud.about) as api:
        for _ in range(3):
            call = api.things.list()
            async for _ in call:
                break
            call.close()
            assert await api.things.list()
        assert len(api._open) == 1


async def test_one_client_after_close_and_in_another_event_loop(local_cloud):
    api = connect(local_cloud.about)
    assert await api.things.list()
    await api.close()
    assert await api.things.list()
    api.close()

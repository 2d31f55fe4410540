"""An impostor gets no byte of a secret, unless `ssl_params` plainly turns verification off."""

import ssl

import pytest
import throwaway_certificates as certificate_maker
from devices import DEVICE_ID
from servers import TLSServer
from toolchain.paths import PEERS

SECRET = "a-secret-for-the-true-server"
VERIFIED = ({}, *({key: value} for key in ("verify_mode", "cert_reqs") for value in (None, True, 1, 2)))

# Each connects to an impostor on port %(port)d until it has failed once and prints why. `params`: the ssl_params.
_HEAD = """
import asyncio, sys
params = %(params)r
params["cafile"] = %(cafile)r
params["server_hostname"] = "localhost"
SECRET = %(secret)r
"""
_DEVICE = """
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient(%(id)r, %(id)r, SECRET, ssl_params=params, server="127.0.0.1", port=%(port)d, **%(mode)r)
"""
_ASYNC = """
async def main():
    running = asyncio.create_task(client.run())
    while not client.error and not running.done():
        await asyncio.sleep(0.01)
    client.stop()
    await running
asyncio.run(main())
print("failed:", client.error)
"""
_SYNC = """
while not client.error:
    client.update()
client.stop()
print("failed:", client.error)
"""
_USER = """
from arduino_iot_cloud.user import ArduinoIoTCloud
async def main():
    try:
        await ArduinoIoTCloud.connect(server="127.0.0.1", port=%(port)d, ssl_params=params, %(login)s)
    except Exception as error:
        print("failed:", error)
asyncio.run(main())
"""
_API = """
from arduino_cloud_api import CloudAPI
async def main():
    async with CloudAPI("id", SECRET, base_url="https://localhost:%(port)d", ssl_params=params, attempts=1) as api:
        try:
            await api.things.list()
        except Exception as error:
            print("failed:", error)
asyncio.run(main())
"""
PROGRAMS = {
    "async": (_DEVICE + _ASYNC, {}),
    "websocket": (_DEVICE + _ASYNC, {"mode": {"transport": "websocket"}}),
    "sync": (_DEVICE + _SYNC, {"mode": {"sync_mode": True}}),
    "user, as a device": (_USER, {"login": "device_id=%r, secret_key=SECRET" % DEVICE_ID}),
    "user, with a token": (_USER, {"login": "token='e30.eyJodHRwOi8vYXJkdWluby5jYy9pZCI6InUifQ.' + SECRET"}),
    "user, with an API key": (
        _USER,
        {"login": "client_id='i', client_secret=SECRET, token_url='https://localhost:PORT/t'"},
    ),
    "API": (_API, {}),
}


@pytest.fixture(scope="session")
def impostor(tmp_path_factory, certificates):
    """{flaw: (certificate, key)}: issued by another authority, or by the right one but for another name."""
    stranger = certificate_maker.Certificates(tmp_path_factory.mktemp("impostor"))
    return {
        "unknown root": (stranger.server_cert, stranger.server_key),
        "wrong name": certificates.make_server("impostor", name="elsewhere.example"),
    }


def start(interpreter, server, certificates, program, params):
    """Start one of PROGRAMS against a server."""
    code, options = PROGRAMS[program]
    values = {
        "port": server.port,
        "params": params,
        "cafile": str(certificates.ca_file_der),
        "secret": SECRET,
        "id": DEVICE_ID,
        "mode": options.get("mode", {}),
    }
    values["login"] = options.get("login", "").replace("PORT", str(server.port))
    path = [PEERS / "umqtt"] if interpreter.name != "cpython" else []
    return interpreter.start(code=(_HEAD + code) % values, path=path)


def attempt(*arguments):
    """Run one of PROGRAMS to its end and return what it printed."""
    done = start(*arguments).wait(30)
    return done.stdout + done.stderr


@pytest.mark.parametrize("flaw", ["unknown root", "wrong name"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_an_impostor_gets_nothing(interpreter, serve, certificates, impostor, program, flaw):
    server = serve(TLSServer, *impostor[flaw])
    tried = VERIFIED if program == "async" and flaw == "unknown root" else ({"verify_mode": True}, {"cert_reqs": 1})
    for params in tried:
        said = attempt(interpreter, server, certificates, program, params)
        assert "failed: " in said and "is refused" in said, (params, said)
        assert "Traceback" not in said and SECRET not in said
    server.wait(lambda: len(server.errors) >= len(tried))
    assert server.received == b""


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_true_server_gets_something(interpreter, serve, certificates, program):
    """The same programs do send the secret. Otherwise the tests above would prove nothing."""
    server = serve(TLSServer, certificates.server_cert, certificates.server_key)
    start(interpreter, server, certificates, program, {"verify_mode": 1})
    server.wait(lambda: server.received)


@pytest.mark.parametrize("program", PROGRAMS)
def test_nonsense_connects_to_nobody(interpreter, serve, certificates, impostor, program):
    server = serve(TLSServer, *impostor["unknown root"])
    for params in ({"verify_mode": 3}, {"verify_mode": "CERT_NONE"}, {"verify_mode": 2, "cert_reqs": 0}, {"verify": 0}):
        said = attempt(interpreter, server, certificates, program, params)
        assert "ValueError" in said or "failed: " in said, said
        assert SECRET not in said
    assert server.connections == 0


def test_suites_that_verify_nobody_are_not_offered(interpreter, serve, certificates):
    """With these OpenSSL would silently connect to anybody."""
    if interpreter.name != "cpython":
        pytest.skip("mbedtls has no such suites")

    class Anonymous(TLSServer):
        def __init__(self):
            super().__init__(certificates.server_cert, certificates.server_key, version=ssl.TLSVersion.TLSv1_2)
            self._context.set_ciphers("aNULL:@SECLEVEL=0")

    server = serve(Anonymous)
    for ciphers in ("aNULL:@SECLEVEL=0", "ALL:@SECLEVEL=0", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"):
        attempt(interpreter, server, certificates, "async", {"ciphers": ciphers})
    assert server.received == b""

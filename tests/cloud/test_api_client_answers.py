"""arduino_cloud_api and unusual answers: redirects, compressed ones, byte order marks, more than fits into memory."""

import asyncio
import gzip
import json
import random
import time

import pytest
from arduino_cloud_api import APIError, CloudAPI
from arduino_iot_cloud.http.client import HTTP
from arduino_iot_cloud.user.connection import CloudError
from arduino_iot_cloud.user.token import fetch
from scripted_api import THING, Server

PROGRAM = """
import asyncio, sys
from arduino_cloud_api import APIError, CloudAPI
async def told(awaitable):
    try:
        print("got", await awaitable)
    except APIError as error:
        print(error.status, error.code, error.detail)
async def main():
    async with CloudAPI("id", "s3cret", sys.argv[1], backoff=0.005, timeout=%r) as api:
        api._token, api._life = "t0ken", api._life
        from arduino_iot_cloud.port import ticks_add, ticks_ms
        from time import time
        api._life, api._got = ticks_add(ticks_ms(), 1000000), time()
%s
asyncio.run(main())
"""


@pytest.fixture
def told(interpreter, server, tmp_path):
    """`told(*lines, heap=None)` -> the output of a program that makes these calls. Its token is t0ken."""

    def run(*lines, heap=None, timeout=5):
        script = tmp_path / "program.py"
        script.write_text(PROGRAM % (timeout, "".join("        %s\n" % line for line in lines)))
        done = interpreter.run(script, server.url, heap=heap if interpreter.name != "cpython" else None)
        assert done.returncode == 0, done.stdout + done.stderr
        return [line for line in done.stdout.replace("'", '"').splitlines() if "neither encrypted" not in line]

    return run


def to(location, status=302, body=b"elsewhere"):
    return (status, {"Location": location}, body)


SHOW = 'await told(api.things.show("a"))'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_same_server_is_followed(status, told, server):
    server.script = [to("/iot/v2/things/b?x=y", status), to(server.url + "/iot/" + "z" * 500, status), 200, 200]
    lines = told(SHOW, "await told(api.things.list())")
    assert lines[0].startswith("got {"), lines
    assert [asked[1] for asked in server.asked[:3]] == [
        "/iot/v2/things/a", "/iot/v2/things/b?x=y", "/iot/" + "z" * 500
    ]  # fmt: skip
    assert server.headers["Authorization"] == "Bearer t0ken" and len(server.asked) == 4


def test_a_list_that_is_gone_through_is_followed_too(told, server):
    server.script = [to("../v9/things"), (200, {}, b'[{"id":1},{"id":2}]')]
    assert told("async for thing in api.things.list(): print(thing)") == ['{"id": 1}', '{"id": 2}']
    assert server.asked[1][1] == "/iot/v9/things"


def test_a_token_goes_to_its_own_server_only(told, server):
    other = Server()
    elsewhere = (
        other.url + "/iot/v2/things/a",
        "//127.0.0.1:%d/iot" % other.server_port,
        server.url.replace("http", "https") + "/iot",
        server.url.replace("127.0.0.1", "localhost") + "/iot",
        "%s/?token=t0ken" % other.url,
        "http://127.0.0.1:x/", "", "x" * 2000,
    )  # fmt: skip
    try:
        server.script = [to(location) for location in elsewhere]
        lines = told(*[SHOW] * len(elsewhere), SHOW)
        assert other.asked == [] and len(server.asked) == len(elsewhere) + 1
        for line, location in zip(lines, elsewhere):
            assert line.startswith("302 redirected the server redirects to "), line
            assert "not followed" in line and "t0ken" not in line
            if len(location) < 100 and location:
                assert location.replace("t0ken", "***") in line
        assert lines[-1].startswith("got {")
    finally:
        other.close()


def test_a_redirect_without_end_and_one_of_what_changes_something_are_told(told, server):
    server.script = [to("/iot/loop")] * 6 + [to("/iot/v2/things", 307)] * 3
    lines = told(
        SHOW, "await told(api.things.create({}))", 'await told(api.things.update("a", {}))', 'await told(api.things.delete("a"))'
    )  # fmt: skip
    assert "after 5 redirects" in lines[0]
    assert [line.split(" ")[:2] for line in lines[1:]] == [["307", "redirected"]] * 3
    assert "a PUT does not follow" in lines[1] and "base_url" in lines[1]
    assert len(server.asked) == 9


def test_the_key_goes_to_its_own_server_only(told, server):
    server.script = [to("http://127.0.0.1:9/token", 307)]
    lines = told("api._token = None", SHOW, SHOW)
    assert "a POST does not follow" in lines[0] and "token_url" in lines[0] and "s3cret" not in lines[0]
    assert "127.0.0.1:9" in lines[0] and len(server.asked) == 2


def test_a_compressed_answer_is_not_asked_for_and_named(told, server):
    body = gzip.compress(json.dumps([THING]).encode())
    packed = (200, {"Content-Encoding": "gzip"}, body)
    server.script = [packed, packed, (404, {"Content-Encoding": "gzip"}, body), 200]
    lines = told(
        SHOW, "async def walk():", "    async for _ in api.things.list(): pass", "await told(walk())", SHOW, SHOW
    )  # fmt: skip
    for line in lines[:2]:
        assert line.startswith("200 unexpected") and "compressed (gzip)" in line, line
    assert lines[2] == "404 http_404 no reason given" and lines[3].startswith("got {")
    assert len(server.asked) == 4 and server.headers["Accept-Encoding"] == "identity"


def test_a_byte_order_mark_is_taken(told, server):
    mark = b"\xef\xbb\xbf"
    points = b'{"responses":[{"query":"q","times":["1970-01-01T00:00:01Z"],"values":[5]}]}'
    server.script = [
        (200, {}, mark + b'{"id":"a"}'), (200, {}, mark + b'[{"id":"a"}]'), (200, {}, mark + points),
        (404, {}, mark + b'{"code":"c","detail":"d"}'), (200, {}, mark), (200, {}, mark + b'{"access_token":"new"}'), 200,
    ]  # fmt: skip
    lines = told(
        SHOW, "async for one in api.things.list(): print(one)",
        "async for one in api.series.batch_query({}): print(one[1:])", SHOW, SHOW, "api._token = None", SHOW,
    )  # fmt: skip
    assert lines[:4] == ['got {"id": "a"}', '{"id": "a"}', "(1000, 5)", "404 c d"]
    assert lines[4].startswith("200 unexpected") and lines[5].startswith("got {")
    assert server.headers["Authorization"] == "Bearer new"


BIG = json.dumps([{"id": "thing %d" % i, "name": "a name of some length", "n": [i] * 20} for i in range(2000)]).encode()


@pytest.mark.parametrize("interpreter", ["mp64", "mp32"], indirect=True)  # CPython's memory has no such limit
def test_out_of_memory_is_told_as_memory_and_leaves_the_client_usable(told, server, interpreter):
    one = b'[{"id":1},{"id":"' + b"x" * 200000 + b'"}]'
    server.script = [(200, {}, BIG), 200, (200, {}, BIG), (200, {}, one), (200, {}, b"{" + BIG[2:]), 200]
    lines = told(
        "await told(api.things.list())", SHOW,
        "n = 0", "async for _ in api.things.list(): n += 1", "print(n)",
        "async def walk():", "    async for thing in api.things.list(): print(thing)", "await told(walk())",
        SHOW, SHOW, "print(len(api._open))",
        heap="100k" if interpreter.bits == 32 else "200k",
    )  # fmt: skip
    assert lines[0].startswith("200 memory out of memory after ") and "`async for`" in lines[0], lines
    assert int(lines[0].split(" ")[6]) > 5000  # the bytes received by then
    assert lines[1].startswith("got {") and lines[2] == "2000" and lines[3] == '{"id": 1}'
    assert lines[4].startswith("200 memory out of memory after ") and "ask for less" in lines[4]
    assert lines[5].split(" ")[1] in ("memory", "unexpected") and lines[6].startswith("got {") and lines[7] == "1"
    assert len(server.asked) == 6  # no request was repeated


@pytest.mark.parametrize("error", [OSError(12, "ENOMEM"), OSError(-0x7F00, "MBEDTLS_ERR_SSL_ALLOC_FAILED"), MemoryError()])
async def test_no_memory_for_a_connection_is_told_as_that(error, server, monkeypatch):
    async def none(self, response):
        raise error

    async with CloudAPI(token="t", base_url=server.url, backoff=0.005) as api:
        monkeypatch.setattr(HTTP, "_open", none)
        with pytest.raises(APIError, match="out of memory before there was an answer: iterate") as caught:
            await api.things.list()
        assert (caught.value.status, caught.value.code) == (0, "memory") and api._open == []
        monkeypatch.undo()
        assert await api.things.show("a") == THING


def test_a_server_that_sends_byte_by_byte_has_an_end(told, server):
    server.script = ["drip", "drip", 200]
    begin = time.monotonic()
    lines = told(
        "api.attempts = 1", "async def walk():", "    async for _ in api.things.list(): pass",
        "await told(walk())", "await told(api.things.list())", SHOW, timeout=0.5,
    )  # fmt: skip
    assert lines[0].startswith("0 connection") and "does not answer" in lines[0]
    assert lines[1].startswith("0 connection") and lines[2].startswith("got {")
    assert time.monotonic() - begin < 8


def test_a_loop_that_takes_its_time_has_it(told, server):
    chunks = b"5\r\n[1,2,\r\n4\r\n3,4]\r\n0\r\n\r\n"
    server.script = [(200, {"Transfer-Encoding": "chunked"}, chunks)]
    lines = told("async for n in api.things.list():", "    print(n)", "    await asyncio.sleep(0.3)", timeout=0.5)
    assert lines == ["1", "2", "3", "4"]


def test_calls_side_by_side_and_one_that_is_cancelled(told, server):
    server.script = ["silence"]
    lines = told(
        'task = asyncio.create_task(api.things.show("a").all())',
        "while not (api._open and api._open[0].sent): await asyncio.sleep(0.01)",
        'others = await asyncio.gather(*[asyncio.create_task(api.things.show("a").all()) for _ in range(3)])',
        "print(others)", "task.cancel()",
        "try: await task",
        'except asyncio.CancelledError: print("cancelled")',
        SHOW, "print(len(api._open))",
    )  # fmt: skip
    assert lines[0].count('"id": "a"') == 3 and lines[1] == "cancelled" and lines[2].startswith("got {")
    assert int(lines[3]) <= 3


def test_a_call_that_is_cancelled_in_any_place_leaves_nothing_behind(told, server):
    # While waiting for a token, for an answer, for the rest of an error's text, and between two attempts
    server.script = ["silence", "silence", "half_error", (503, {"Retry-After": "30"}, b"")]
    lines = told(
        "asked = lambda: api._open and api._open[-1].sent",
        "begun = lambda: asked() and api._open[-1]._last.begun",
        "paused = lambda: call._response and not call._server",
        "for there in (asked, asked, begun, paused):",
        "    if there is asked: api._token = None if api._token == 't0ken' else 't0ken'",
        "    call = api.things.show('a')",
        "    task = asyncio.create_task(call.all())",
        "    while not there(): await asyncio.sleep(0.01)",
        "    task.cancel()",
        "    try: await task",
        "    except asyncio.CancelledError: print(len(api._open) - len(api._idle))",
        SHOW,
    )  # fmt: skip
    assert lines[:4] == ["0"] * 4 and lines[4].startswith("got {")
    assert [asked[0] for asked in server.asked] == ["POST"] + ["GET"] * 4


def test_close_during_a_call_is_told(told, server):
    server.script = ["silence", "half_list"]
    lines = told(
        "task = asyncio.create_task(told(api.things.show('a')))",
        "while not (api._open and api._open[0].sent): await asyncio.sleep(0.01)",
        "api.close()", "await task",  # and the request is not repeated
        "call = api.things.list()",
        "async for thing in call:", "    print(thing)", "    call.close()",
        'print("the end")', SHOW,
    )  # fmt: skip
    assert lines[0] == "0 connection it was closed here before the answer came" and len(server.asked) == 3
    assert lines[1:3] == ['{"id": "a"}', "the end"] and lines[3].startswith("got {")


def test_one_client_in_one_event_loop_after_the_other(server):
    api = CloudAPI("id", "key", base_url=server.url, backoff=0.005)
    server.script = [(200, {}, b'{"access_token":"t"}')]

    async def calls():
        return await asyncio.gather(*[api.things.show("a").all() for _ in range(3)])

    for _ in range(3):
        assert asyncio.run(calls()) == [THING] * 3  # without close: the last loop's connections are useless now
    api.close()


INTERRUPTED = """
import asyncio, sys
from arduino_cloud_api import CloudAPI
api = CloudAPI("id", "key", sys.argv[1], backoff=0.005)
async def interrupt():
    while not (api._open and api._open[0].sent): await asyncio.sleep(0.01)
    raise KeyboardInterrupt
async def first():
    asyncio.create_task(interrupt())
    await api.things.show("a")
try:
    asyncio.run(first())
except KeyboardInterrupt:
    print("interrupted")
asyncio.new_event_loop()
async def second():
    print(await asyncio.wait_for(api.things.show("a").all(), 5))
asyncio.run(second())
"""


def test_after_an_interrupt_while_a_token_is_fetched_the_next_call_works(interpreter, server, tmp_path):
    server.script = ["silence", (200, {}, b'{"access_token":"t"}')]
    script = tmp_path / "program.py"
    script.write_text(INTERRUPTED)
    done = interpreter.run(script, server.url)
    assert "interrupted" in done.stdout and '"id": "a"' in done.stdout.replace("'", '"'), done.stdout + done.stderr


GOOD = (
    b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n[{"id":"a"}]',
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[{"i\r\n8\r\nd":"a"}]\r\n0\r\n\r\n',
    b'HTTP/1.1 404 Not Found\r\nContent-Length: 25\r\n\r\n{"code":"c","detail":"d"}',
    b"HTTP/1.1 302 Found\r\nLocation: /iot/x\r\nContent-Length: 0\r\n\r\n",
    b'HTTP/1.1 503 x\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: x\r\nContent-Length: 2\r\n\r\n{}',
    b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"responses":[{"query":"q","times":[{"0":1}],"values":[5]}]}',
    b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"access_token":"t","expires_in":1e999}',
)  # fmt: skip
DEEP = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b'{"a":[' * 20000
FUZZ = [
    "from arduino_cloud_api.errors import APIError",
    "good = 0",
    "api.attempts = 2",
    "async def walk(call):",
    "    async for _ in call: pass",
    "for _ in range(%d):",
    '    for make in (lambda: api.things.show("a").all(), lambda: api.things.list().all(), lambda: walk(api.things.list()),',
    "                 lambda: walk(api.series.batch_query({})), lambda: api.things.create({}).all()):",
    "        try:",
    "            await make()",
    "            good += 1",
    "        except APIError as error:",
    "            str(error)",
    'print("good", good)',
]


def mutated(data, source):
    data = bytearray(data)
    for _ in range(source.randrange(4)):
        at = source.randrange(len(data) + 1)
        data[at : at + source.randrange(3)] = source.randbytes(source.randrange(3))
    return bytes(data)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_the_server_sends_costs_that_call_alone(seed, told, server):
    source = random.Random(seed)
    server.script = [DEEP, DEEP, DEEP] + [mutated(source.choice(GOOD), source) for _ in range(800)]
    lines = told("api._fixed = 't'", *[line % 20 if "%d" in line else line for line in FUZZ])
    assert lines[-1].startswith("good ") and 0 < int(lines[-1].split(" ")[1]) < 100


async def test_whatever_the_server_of_tokens_sends_is_a_cloud_error(server):
    source = random.Random(5)
    token = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"access_token":"t"}'
    server.script = [DEEP, DEEP[:8000]] + [mutated(source.choice((*GOOD, token)), source) for _ in range(200)]
    good = 0
    while server.script:
        try:
            got = await fetch(server.url + "/token", "id", "s3cret", "a", {})
            assert got.isprintable()
            good += 1
        except CloudError as error:
            assert "s3cret" not in str(error) and "\n" not in str(error)
    assert good


USER = """
import asyncio, sys
from arduino_iot_cloud.user.connection import CloudError
from arduino_iot_cloud.user.token import fetch
async def main():
    for _ in range(int(sys.argv[2])):
        try:
            print("got", await fetch(sys.argv[1] + "/token", "id", "s3cret", "a", {}))
        except CloudError as error:
            print(error.args[1], error.heals, error.args[0])
asyncio.run(main())
"""


def test_tokens_of_users(interpreter, server, tmp_path):
    mark = b"\xef\xbb\xbf"
    server.script = [
        (200, {}, b'{"access_token":"t"}'), (200, {}, mark + b'{"access_token":"u"}'), to("http://h/x", 307),
        (200, {"Content-Encoding": "gzip"}, gzip.compress(b"{}")), (200, {}, b"[" * 8000), (200, {}, b"{}" + b" " * 9000),
        (200, {}, b'{"access_token":"a\\nb"}'), (200, {}, b"\xff"), (401, {}, b""),
    ]  # fmt: skip
    script = tmp_path / "program.py"
    script.write_text(USER)
    done = interpreter.run(script, server.url, len(server.script), check=True)
    lines = [line for line in done.stdout.splitlines() if "neither encrypted" not in line]
    assert lines[:2] == ["got t", "got u"]
    assert lines[2].startswith("307 False") and "http://h/x" in lines[2] and "token_url" in lines[2]
    assert lines[3].startswith("200 False") and "compressed (gzip)" in lines[3]
    assert lines[4].startswith("200 True No token in the answer") and "8192 bytes" in lines[5]
    assert lines[6].startswith("200 True No token in") and lines[7].startswith("200 True No token in")
    assert lines[8].startswith("401 False %s/token refused the API key" % server.url)
    assert len(server.asked) == 9

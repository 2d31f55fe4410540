"""arduino_cloud_api and a server that fails: what is repeated, what never is, and how long it waits."""

import asyncio
import json
import socket
import time
from email.utils import formatdate

import pytest
from arduino_cloud_api import APIError, CloudAPI
from scripted_api import THING


def client(server, **options):
    return CloudAPI(token="tok", base_url=server.url, **{"backoff": 0.005, **options})


PROGRAM = """
import asyncio, sys
from arduino_cloud_api import APIError, CloudAPI
async def main():
    async with CloudAPI(token="tok", base_url=sys.argv[1], backoff=0.005) as api:
        for call in (api.things.show("a"), api.things.update("a", {}), api.things.create({}), api.things.list()):
            try:
                print(await call)
            except APIError as error:
                print(error.status, error.code)
asyncio.run(main())
"""


@pytest.mark.parametrize("trouble", [500, 503, "hangup", "half", (503, {"Retry-After": "0"}, b"")])
def test_on_each_interpreter(trouble, interpreter, server, tmp_path):
    listing = (200, {"Transfer-Encoding": "chunked"}, b'1\r\n[\r\n8\r\n{"id":"a\r\n2\r\n"}\r\n1\r\n]\r\n0\r\n\r\n')
    seen = not isinstance(trouble, tuple)  # otherwise the server says that it has done nothing
    server.script = [trouble, 200, trouble, trouble, 200, trouble, *([] if seen else [200]), listing]
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    done = interpreter.run(script, server.url)
    shown = done.stdout.replace("'", '"').splitlines()[-4:]
    assert len(shown) == 4, done.stdout + done.stderr
    created = "%d %s" % ((trouble, "c%d" % trouble) if isinstance(trouble, int) else (0, "connection"))
    assert shown[2] == created if seen else json.loads(shown[2]) == THING
    assert json.loads(shown[0]) == json.loads(shown[1]) == THING and json.loads(shown[3]) == [{"id": "a"}]
    # A creation is not repeated if it may have been done.
    assert methods(server) == ["GET"] * 2 + ["POST"] * 3 + ["PUT"] * (1 if seen else 2) + ["GET"]


async def refusal(awaitable):
    with pytest.raises(APIError) as caught:
        await awaitable
    return caught.value


def methods(server):
    return [asked[0] for asked in server.asked]


@pytest.mark.parametrize("trouble", [500, 502, 503, 504, 429, "hangup", "half"])
async def test_what_may_be_repeated_is(trouble, server):
    server.script = [trouble] * 3
    async with client(server) as api:
        assert await api.things.show("a") == THING
        server.script = [trouble] * 4
        assert await api.things.update("a", {"name": "b"}) == THING  # a POST, but doing it twice changes nothing
        assert await api.series.batch_query({"requests": []}) == THING
    assert methods(server) == ["GET"] * 4 + ["POST"] * 6


DELETIONS = """
import asyncio, sys
from arduino_cloud_api import APIError, CloudAPI
async def main():
    async with CloudAPI(token="tok", base_url=sys.argv[1], backoff=0.005) as api:
        for call in (api.things.delete("a"), api.things.show("b"), api.things.delete("b"), api.things.delete("c")):
            try:
                print(await call)
            except APIError as error:
                print(error.status)
asyncio.run(main())
"""
NOT_FOUND = (404, {}, b"<html>" + b"x" * 5000)  # as a proxy in front of the API writes it


@pytest.mark.parametrize("trouble", [500, 503, "hangup", "half"])
def test_what_was_deleted_without_an_answer_is_deleted(trouble, interpreter, server, tmp_path):
    # The second deletion uses a connection again. The third is of something that never existed.
    server.script = [trouble, NOT_FOUND, 200, trouble, trouble, 404, 404]
    script = tmp_path / "program.py"
    script.write_text(DELETIONS)
    done = interpreter.run(script, server.url)
    lines = done.stdout.splitlines()[-4:]
    assert [lines[0], lines[2], lines[3]] == ["None", "None", "404"], done.stdout + done.stderr
    assert methods(server) == ["DELETE"] * 2 + ["GET"] + ["DELETE"] * 4


@pytest.mark.parametrize("refused", [(429, {}, None), (503, {"Retry-After": "0"}, None)])
async def test_what_was_refused_unseen_had_not_been_deleted(refused, server):
    server.script = [refused, 404]
    async with client(server) as api:
        assert (await refusal(api.things.delete("a"))).status == 404
        server.script = ["hangup", 404]
        assert (await refusal(api.things.show("a"))).status == 404


@pytest.mark.parametrize("trouble", [500, 502, 503, 504, "hangup", "half", "silence"])
async def test_what_may_have_been_done_is_not_done_again(trouble, server):
    async with client(server, timeout=0.5) as api:
        for make in (api.things.create, api.dashboards.create, api.devices.create):
            server.script = [trouble]
            error = await refusal(make({"name": "x"}))
            assert error.status == (trouble if isinstance(trouble, int) else 0)
        server.script = [trouble]
        assert (await refusal(api.properties.publish("t", "p", {"value": 1}))).operation == "properties.publish"
    assert methods(server) == ["PUT", "POST", "PUT", "PUT"]


@pytest.mark.parametrize(
    "refused", [(429, {}, None), (429, {"Retry-After": "0"}, b"later"), (503, {"Retry-After": "0"}, None)]
)
async def test_what_was_refused_unseen_is_repeated(refused, server):
    server.script = [refused] * 2
    async with client(server) as api:
        assert await api.things.create({"name": "x"}) == THING
    assert methods(server) == ["PUT"] * 3 and len({asked[2] for asked in server.asked}) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 501])
async def test_what_waiting_does_not_heal_is_told_at_once(status, server):
    server.script = [status]
    async with client(server) as api:
        error = await refusal(api.things.show("a"))
    assert (error.status, error.code, error.detail, error.id) == (status, "c%d" % status, "d", "i")
    assert len(server.asked) == 1


async def test_the_servers_pause_is_kept(server):
    server.script = [(429, {"Retry-After": "1"}, b"")]
    async with client(server) as api:
        await api.things.show("a")
        before = int(time.time())
        dates = [formatdate(at, usegmt=True) for at in (before, before + 1)]
        server.script = [(503, {"Date": dates[0], "Retry-After": dates[1]}, b"")]
        await api.things.show("a")
    times = [asked[3] for asked in server.asked]
    assert 1 <= times[1] - times[0] < 2 and 1 <= times[3] - times[2] < 2


async def test_a_call_is_made_once(server):
    async with client(server) as api:
        call = api.things.list()
        server.script = [(200, {}, b"[1,2]")] * 2
        assert await call == [1, 2]
        with pytest.raises(RuntimeError, match="once"):
            await call
        with pytest.raises(RuntimeError, match="once"):
            async for _ in call:
                pass
    assert len(server.asked) == 1


async def test_a_call_that_is_cancelled_leaves_nothing_behind(server):
    server.script = ["silence"]
    async with client(server) as api:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(api.things.show("a").all(), 0.1)
        assert not api._open and await api.things.show("a") == THING


async def test_pauses_grow_and_end(server):
    server.script = [500] * 9
    async with client(server, attempts=4, backoff=0.1) as api:
        assert (await refusal(api.things.show("a"))).status == 500
    times = [asked[3] for asked in server.asked]
    pauses = [after - before for before, after in zip(times, times[1:])]
    assert len(pauses) == 3 and pauses[0] >= 0.1 and pauses[1] >= 0.2 and pauses[2] >= 0.4


async def test_nobody_waits_for_hours(server):
    server.script = [(429, {"Retry-After": "3600"}, b"come back tomorrow")]
    async with client(server) as api:
        error = await refusal(api.things.show("a"))
    assert (error.status, error.detail) == (429, "come back tomorrow")


async def test_a_server_that_is_not_there_is_tried_again():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    async with CloudAPI(token="t", base_url="http://127.0.0.1:%d" % port, attempts=2, backoff=0.02) as api:
        error = await refusal(api.things.create({}))
    assert (error.status, error.code) == (0, "connection")
    assert error.detail == "127.0.0.1:%d refused the connection. The service may be down." % port


@pytest.mark.parametrize("listing", [b"<html>", b'{"a":1}', b'[{"id":"a"},', b"[1]]", b"7", b"\xff", b"[" * 50, b""])
async def test_a_list_that_is_none(listing, server):
    server.script = [(200, {}, listing)]
    async with client(server) as api:
        error = await refusal(api.things.list())
        assert (error.status, error.code) == (200, "unexpected"), error
        server.script = [(200, {}, b"null"), (200, {}, b'{"data":null}')]
        assert await api.things.list() == []
        async for _ in api.properties.timeseries("t", "p"):
            raise AssertionError("there is none")


async def test_a_list_in_chunks_and_one_that_breaks_off(server):
    chunks = b'1\r\n[\r\n8\r\n{"id":"a\r\n9\r\n"},{"id":\r\n6\r\n"b"}] \r\n0\r\n\r\n'
    server.script = [(200, {"Transfer-Encoding": "chunked"}, chunks), 200, "half"]
    async with client(server) as api:
        assert await api.things.list() == [{"id": "a"}, {"id": "b"}]
        assert await api.things.show("a") == THING and len(api._open) == 1
        found = []
        with pytest.raises(APIError) as caught:
            async for thing in api.things.list():
                found.append(thing)
        assert found == [{"id": "a"}] and caught.value.code == "connection"
        assert await api.things.show("a") == THING and len(api._open) == 1


SERIES = b'{"resp_version":1,"responses":[{"query":"q",%s}]}'


async def points(api):
    found = []
    call = api.series.batch_query({"requests": [], "resp_version": 1})
    async for response, at, value in call:
        found.append((response["query"], at, value))
    return found, call.responses


async def test_times_and_values_in_either_order(server):
    times, values = b'"times":["1970-01-01T00:00:01Z","1970-01-01T00:00:02.5Z"]', b'"values":[1,{"hue":2}]'
    server.script = [(200, {}, SERIES % (times + b"," + values)), (200, {}, SERIES % (values + b',"x":[{}],' + times))]
    wanted = [("q", 1000, 1), ("q", 2500, {"hue": 2})]
    async with client(server) as api:
        assert await points(api) == (wanted, [{"query": "q"}])
        assert await points(api) == (wanted, [{"query": "q", "x": [{}]}])


@pytest.mark.parametrize(
    "inside",
    [b'"times":["1970-01-01T00:00:01Z"],"values":[]', b'"values":[1],"times":[]', b'"times":["soon"],"values":[1]',
     b'"times":[5],"values":[1]', b'"values":[1],"times":[null]', b'"times":["1970-01-01T00:00:01Z"]', b'"values":[1]'],
)  # fmt: skip
async def test_historical_data_that_do_not_fit_together(inside, server):
    server.script = [(200, {}, SERIES % inside)]
    async with client(server) as api:
        assert (await refusal(points(api))).code == "unexpected"


async def test_secrets_stay_out_of_errors(server):
    server.script = [(400, {}, b'{"detail":"tok and pa55word"}'), (401, {}, b'{"detail":"Bearer tok"}')]
    async with client(server) as api:
        error = await refusal(api.devices.pass_set("d", {"password": "pa55word"}))
        assert error.detail == "*** and ***"
        assert "tok" not in str(await refusal(api.things.show("a"))).replace("token", "")


async def test_a_token_that_is_none(server):
    for body in (b"{}", b"[]", b'{"access_token":5}', b'{"access_token":"a\\nb"}', b""):
        server.script = [(200, {}, body)]
        async with CloudAPI("id", "s3cret", server.url) as api:
            error = await refusal(api.things.list())
            assert error.operation == "token" and error.code == "unexpected" and "s3cret" not in str(error)
    assert {asked[1] for asked in server.asked} == {"/iot/v1/clients/token"}


async def test_calls_side_by_side_keep_their_answers_apart(server):
    async with client(server) as api:
        answers = await asyncio.gather(*[api.things.show("a") for _ in range(20)])
        assert answers == [THING] * 20 and len(api._open) <= 8
    assert not api._open

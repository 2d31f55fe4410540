"""The local API's client for programs, and servers that are not what they should be."""

import json
import socket
import time

import pytest
from localcloud.remote import NoAnswerError, RemoteCloud, RemoteError
from websockets.exceptions import InvalidStatus


@pytest.fixture
def remote(server):
    """A RemoteCloud for the scripted server, with a short timeout."""
    return RemoteCloud({"http": server.url, "api_token": "t0ken"}, timeout=0.5)


def test_answers_and_refusals(remote, server):
    mark = b"\xef\xbb\xbf"
    server.script = [(200, {}, mark + b'[{"id":"a"}]'), (404, {}, b'{"detail":"no such thing"}'), (500, {}, b"<html>"),
                     (500, {}, b"[1]"), (503, {}, b"")]  # fmt: skip
    assert remote.request("GET", "/things") == [{"id": "a"}]
    for status, text in ((404, "no such thing"), (500, "<html>"), (500, "[1]"), (503, "HTTP 503")):
        with pytest.raises(RemoteError) as refusal:
            remote.request("PUT", "/x", {"a": 1})
        assert (refusal.value.status, str(refusal.value)) == (status, text)
    assert server.asked[1][:3] == ("PUT", "/local/v1/x", json.dumps({"a": 1}).encode())
    assert server.headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:9/x", "/local/v1/things"])
def test_a_token_goes_nowhere_else(elsewhere, remote, server):
    server.script = [(302, {"Location": elsewhere}, b"")]
    with pytest.raises(RemoteError, match="302"):
        remote.request("GET", "/things")
    assert len(server.asked) == 1


@pytest.mark.parametrize("elsewhere", ["ws://localhost:%d/x", "wss://localhost:%d/x", "/local/v1/things"])
async def test_a_token_for_live_values_goes_nowhere_else(elsewhere, remote, server):
    port = int(server.url.rpartition(":")[2])
    server.script = [(302, {"Location": elsewhere.replace("%d", str(port))}, b"")]
    with pytest.raises(InvalidStatus, match="302"):
        async with remote.live():
            pass
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [("silence", "in time"), ("drip", "in time"), ("hangup", "disconnected"), ("half", "disconnected"), (b"SSH-2.0\r\n", "disconnected"),
     ((200, {}, b"<html>"), "not JSON"), ((200, {}, b"[" * 100000), "not JSON"), ((200, {}, b"\xff"), "not JSON"),
     (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "disconnected")],
)  # fmt: skip
def test_what_is_no_answer_is_told_in_time(answer, words, remote, server):
    server.script = [answer]
    begin = time.monotonic()
    with pytest.raises(NoAnswerError, match=words):
        remote.request("GET", "/things")
    assert time.monotonic() - begin < 5
    assert remote.request("GET", "/things") == {"id": "a", "name": "b"}


def test_a_cloud_that_is_not_there(remote):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        about = {"http": "http://127.0.0.1:%d" % listener.getsockname()[1], "api_token": "t"}
        with pytest.raises(OSError, match="is not running"):
            RemoteCloud(about).request("GET", "/things")

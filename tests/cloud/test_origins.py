"""Which web pages may use the cloud: its own and those that `--cors-origin` names, and programs, which name no page."""

import pytest
from local_clouds import LocalCloud
from processes import Process
from raw_peers import number_of, open_peer, read_head, request, upgrade
from toolchain.paths import TOOLS

NAMED, FOREIGN = "https://page.example:8080", "https://other.example"


@pytest.fixture(scope="module")
def open_cloud(tmp_path_factory):
    """A cloud that lets two pages in."""
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud"), "--cors-origin", NAMED, "--cors-origin", "http://10.0.0.9:80")
    yield cloud
    cloud.stop()


def status_of(cloud, port, *headers):
    with open_peer(cloud.about, port) as sock:
        sock.sendall(upgrade(cloud.about, port, *headers))
        return int(read_head(sock).split()[1])


@pytest.mark.parametrize("port", ["ws", "wss"])
@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://127.0.0.1", "http://127.0.0.1.example:18000", ""])
def test_mqtt_over_web_socket_refuses_foreign_pages(local_cloud, port, origin):
    assert status_of(local_cloud, port, "Origin: " + origin) == 403


@pytest.mark.parametrize("port", ["ws", "wss"])
def test_mqtt_over_web_socket_takes_those_that_name_no_page(local_cloud, port):
    assert status_of(local_cloud, port) == 101


@pytest.mark.parametrize("port", ["ws", "wss"])
@pytest.mark.parametrize("own", ["http", "https"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_mqtt_over_web_socket_takes_our_own_page(local_cloud, port, own, name):
    origin = "%s://%s:%d" % (own, name, number_of(local_cloud.about, own))
    assert status_of(local_cloud, port, "Origin: " + origin) == 101


def test_a_named_page_may_use_mqtt_over_web_socket(open_cloud):
    assert status_of(open_cloud, "wss", "Origin: " + NAMED) == 101
    assert status_of(open_cloud, "wss", "Origin: http://10.0.0.9") == 101
    assert status_of(open_cloud, "wss", "Origin: " + FOREIGN) == 403


def ask(cloud, origin, method, path, *headers):
    with open_peer(cloud.about, "https") as sock:
        sock.sendall(request(cloud.about, "https", method, path, "Origin: " + origin, *headers, "Connection: close"))
        head = read_head(sock).lower()
    lines = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
    return int(head.split()[1]), lines


WISH = ("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization, content-type")


@pytest.mark.parametrize("path", ["/iot/v2/things", "/iot/v1/clients/token", "/v2/things"])
def test_a_named_page_may_use_the_application_api(open_cloud, path):
    code, headers = ask(open_cloud, NAMED, "OPTIONS", path, *WISH)
    assert code == 200
    assert headers["access-control-allow-origin"] == NAMED
    assert "authorization" in headers["access-control-allow-headers"]
    assert "put" in headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in headers
    assert ask(open_cloud, NAMED, "GET", path)[1]["access-control-allow-origin"] == NAMED


@pytest.mark.parametrize("path", ["/local/v1/things", "/local/v1/status", "/"])
def test_no_other_page_may_use_the_local_api(open_cloud, path):
    assert "access-control-allow-origin" not in ask(open_cloud, NAMED, "OPTIONS", path, *WISH)[1]
    assert "access-control-allow-origin" not in ask(open_cloud, NAMED, "GET", path)[1]


def test_a_foreign_page_may_not_use_the_application_api(open_cloud, local_cloud):
    for cloud, origin in ((open_cloud, FOREIGN), (local_cloud, NAMED)):
        code, headers = ask(cloud, origin, "OPTIONS", "/iot/v2/things", *WISH)
        assert code >= 400
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("text", ["*", "page.example", "https://page.example/path"])
def test_what_is_no_origin_is_refused_at_the_start(tmp_path, text):
    process = Process([TOOLS / "local-cloud", "serve", "--ephemeral", "--data", tmp_path, "--cors-origin=" + text])
    ended = process.wait()
    assert ended.returncode == 1
    assert ended.stderr == (
        "local-cloud: --cors-origin needs the origin of a page, such as https://example.com:8080, got %r\n" % text
    )

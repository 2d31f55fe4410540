"""The set-up page over real sockets on every interpreter, as a phone uses it and as an attacker would."""

import http.client
import json
import random
import re
import socket
import threading

import pytest
from browsing import Browser
from setup_boards import Board

DEVICE_ID = "0123abcd-0000-4000-8000-00000000beef"


@pytest.fixture
def board(interpreter):
    return Board(interpreter)


def test_a_phone_is_led_to_the_page_and_enters_credentials(board):
    query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07captive\x05apple\x03com\x00\x00\x01\x00\x01"
    assert board.ask(query)[-4:] == bytes((127, 0, 0, 1))
    for path in ("/generate_204", "/hotspot-detect.html", "/connecttest.txt", "/ncsi.txt"):
        status, headers, _ = board.request("GET", path, Host="captive.apple.com")
        assert (status, headers["Location"]) == (302, "http://%s/" % board.host)
    status, headers, text = board.request("GET")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store" and "default-src 'none'" in headers["Content-Security-Policy"]
    assert "<h1>Greenhouse &amp; co</h1>" in text and "café &lt;&amp;&quot;&#39;&gt;" in text
    fields = {"seen": "café <&\"'>", "password": "pässword +&=%", "device_id": DEVICE_ID, "secret_key": "k3y!"}
    saved, _ = board.end(fields)
    assert saved == {
        "ssid": "café <&\"'>", "password": "pässword +&=%", "device_id": DEVICE_ID, "secret_key": "k3y!",
    }  # fmt: skip


def test_mistakes_are_told_and_secrets_are_not_shown_again(board):
    token = board.token()
    for fields, told in (
        ({"seen": "home", "password": "short"}, "expected 8 to 63 characters"),
        ({"seen": "home", "password": "my password", "device_id": "x"}, "A device ID has 36 characters"),
        ({"seen": "home", "password": "my password", "device_id": DEVICE_ID}, "needs its secret key"),
        ({"ssid": "refuse me", "password": "my password"}, "No more room for networks."),
        ({"ssid": "break", "password": "my password"}, "could not be saved: the board&#39;s storage is full."),
        ({"ssid": "mistake", "password": "my password"}, "could not be saved: the program failed (KeyError)."),
        ({"seen": "", "ssid": ""}, "Which network?"),
    ):
        status, _, text = board.request("POST", fields=dict(fields, token=token))
        assert status == 200 and told in text and "my password" not in text, text
    saved, done = board.end({"ssid": "cellar"})
    assert saved == {"ssid": "cellar", "password": None}
    assert "my password" not in done.stdout + done.stderr


def test_another_site_cannot_send_the_form(board):
    fields = {"ssid": "evil", "password": "evil password"}
    token = board.token()
    good = dict(fields, token=token)
    for sent, headers in (
        (fields, {}),
        (dict(fields, token=""), {}),
        (dict(fields, token=token[:-1]), {}),
        (dict(fields, token="0" * 32), {}),
        (good, {"Origin": "http://evil.example"}),
        (good, {"Host": "evil.example"}),  # an attacker's name that resolves to this address
        (good, {"Origin": "http://" + board.host + ".evil.example"}),
    ):
        assert board.request("POST", fields=sent, **headers)[0] == 403, (sent, headers)
    assert board.request("GET", Host="evil.example")[0] == 302  # without the token
    assert board.end({"ssid": "home", "password": "a password"})[0]["ssid"] == "home"


def test_hostile_requests_do_not_keep_others_from_the_page(board):
    choice = random.Random(5)
    for data, status in (
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", b" 400 "),
        (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b""),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n", b" 413 "),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b" 501 "),
        (b"DELETE / HTTP/1.1\r\n\r\n", b" 405 "),
        (b"GET / HTTP/1.1\r\n", b""),
        (b"", b""),
    ):
        assert status in board.send(data)[:20], data[:40]
    for _ in range(60):
        board.send(bytes(choice.randrange(256) for _ in range(choice.randrange(1, 300))))
    # The name server still answers after nonsense.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(100):
            s.sendto(bytes(choice.randrange(256) for _ in range(choice.randrange(600))), ("127.0.0.1", board.dns_port))
    assert board.ask(b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01")[:2] == b"\x00\x01"
    assert board.end({"seen": "home", "password": "a password"})[0]["ssid"] == "home"


def test_a_request_that_memory_does_not_suffice_for_is_closed_and_the_next_one_answered(board):
    fields = {"ssid": "large", "password": "short", "token": board.token()}
    for _ in range(6):  # more than are served at the same time
        with pytest.raises((http.client.BadStatusLine, ConnectionError)):
            board.request("POST", fields=fields)
    _, done = board.end({"ssid": "home"})
    assert done.stdout.count("no answer (MemoryError)") + done.stderr.count("no answer (MemoryError)") == 6


def test_several_phones_at_once_and_the_first_one_counts(interpreter):
    board = Board(interpreter)
    token = board.token()
    answers = {}

    def send(name):
        fields = {"ssid": name, "password": "a password", "token": token}
        status, _, text = board.request("POST", fields=fields)
        refused = re.search("Something else (is being saved right now|was saved just before)", text)
        answers[name] = status, "Saved." in text, bool(refused)

    threads = [threading.Thread(target=send, args=("phone %d" % number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = board.process.wait(10)
    told = dict(re.findall(r"^(\w+) (.*)$", done.stdout, re.M))
    assert done.stdout.count("saved {") == 1 and told["saved"] == told["returned"], done
    first = json.loads(told["saved"])["ssid"]
    assert answers == {name: (200, name == first, name != first) for name in ("phone 0", "phone 1", "phone 2")}


def test_in_a_browser(micropython):
    board = Board(micropython(32))
    browser = Browser()
    try:
        browser.resize(390, 800)
        browser.command("Page.navigate", url="http://%s/" % board.host)
        browser.wait("document.querySelector('form button')")
        assert browser.evaluate("[...document.querySelectorAll('option')].map((one) => one.value).join('|')") == (
            "home|café <&\"'>"
        )
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
        inputs = "[...document.querySelectorAll('input:not([type=hidden])')]"
        assert browser.evaluate(inputs + ".every((one) => one.labels.length)")
        browser.evaluate("document.querySelector('#password').value = 'short'; document.forms[0].submit()")
        browser.wait("document.querySelector('[role=alert]')")
        browser.evaluate("document.querySelector('#seen').selectedIndex = 1")
        browser.evaluate("document.querySelector('#password').value = 'pässword'")
        browser.evaluate("document.querySelector('button').click()")
        browser.wait("document.body && document.body.textContent.includes('Saved')")
    finally:
        browser.close()
    done = board.process.wait(10)
    assert json.loads(re.search("^returned (.*)$", done.stdout, re.M)[1]) == {
        "ssid": "café <&\"'>", "password": "pässword",
    }  # fmt: skip

"""Many connections to the set-up page at once: of browsers that connect ahead, of crowds, of an attacker."""

import re
import socket
import threading

import pytest
from setup_boards import Board


@pytest.fixture
def board(interpreter, tmp_path):
    return Board(interpreter, tmp_path / "go")


def connected(board, count):
    """Return so many connections, which say nothing."""
    return [board.connect() for _ in range(count)]


def close(connections):
    for one in connections:
        one.close()


def test_the_page_opens_at_once_on_a_phone_that_connects_ahead(board):
    request = b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % board.host.encode()
    for count in (4, 6, 8):
        ahead = connected(board, count)
        status, _, text = board.request("GET", timeout=5)
        assert status == 200 and "</html>" in text
        # The phone may as well take one of those that it has, such as the last one.
        ahead[-1].sendall(request)
        assert ahead[-1].recv(12) == b"HTTP/1.1 200"
        close(ahead)


def test_of_twelve_phones_at_once_all_get_the_page(board):
    answers = []

    def ask():
        status, _, text = board.request("GET", timeout=20)
        answers.append((status, text[-7:]))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(200, "</html>")] * 12


def test_an_attacker_who_holds_connections_does_not_keep_a_phone_from_the_page(board):
    # Each of them says a little, and as soon as one is closed, the next one takes its place.
    attacking = True

    def hold():
        while attacking:
            one = socket.socket()
            try:
                one.connect(("127.0.0.1", board.port))
                one.settimeout(0.1)
                while attacking:
                    try:
                        if not one.recv(1):
                            break
                    except TimeoutError:
                        one.sendall(b"E")
            except OSError:  # closed by the board, which may have finished
                pass
            finally:
                one.close()

    threads = [threading.Thread(target=hold) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            assert board.request("GET", timeout=10)[0] == 200
        saved, _ = board.end({"ssid": "home"})
        assert saved["ssid"] == "home"
    finally:
        attacking = False
        for thread in threads:
            thread.join()


def test_a_save_goes_on_and_counts_though_the_phone_has_gone(board, tmp_path):
    board.post({"ssid": "waiting"})
    board.process.wait_for("^saving", 10)
    other = board.request("POST", fields={"ssid": "home", "token": board.token()})
    assert "Something else is being saved right now" in other[2]
    (tmp_path / "go").touch()
    done = board.process.wait(10)
    assert done.stdout.count("saved {") == 1 and re.search('^returned .*"waiting"', done.stdout, re.M), done

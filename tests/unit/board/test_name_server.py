"""Whether the name server answers, over real sockets."""

import asyncio
import socket
import time

from arduino_cloud_board.link.name_server import answers, question, silent
from portable_assert import raises_async
from wifi_rig import port_of


class Server:
    """A name server that answers after so many questions, with what `answer` makes of the question."""

    def __init__(self, after=0, answer=lambda query: query[:2] + b"\x81\x82" + query[4:]):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = port_of(self.socket)
        self.socket.setblocking(False)
        self.questions = []
        self.after = after
        self.answer = answer

    async def serve(self):
        while True:
            await asyncio.sleep(0.01)
            try:
                query, sender = self.socket.recvfrom(300)
            except OSError:
                continue
            self.questions.append(query)
            if len(self.questions) > self.after:
                self.socket.sendto(self.answer(query), sender)


async def asked(server, limit=4000):
    """Whether it answers, while the event loop keeps running."""
    task = asyncio.create_task(server.serve())
    try:
        return await answers("127.0.0.1", "iot.arduino.cc", server.port, limit)
    finally:
        task.cancel()
        server.socket.close()


def test_the_question_is_for_an_address():
    packet = question("iot.arduino.cc")
    assert packet[2:] == b"\x01\0\0\x01\0\0\0\0\0\0\x03iot\x07arduino\x02cc\0\0\x01\0\x01"
    assert question("cc.")[12:] == question("cc")[12:] == b"\x02cc\0\0\x01\0\x01"


async def test_any_answer_counts_also_a_failure():
    server = Server()
    assert await asked(server)
    assert len(server.questions) == 1 and b"arduino" in server.questions[0]


async def test_a_question_that_is_lost_is_asked_again():
    server = Server(after=1)
    assert await asked(server)
    assert len(server.questions) == 2 and server.questions[0] == server.questions[1]


async def test_silence_and_answers_to_others_do_not_count_and_nothing_else_waits():
    turns = 0

    async def turn():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    task = asyncio.create_task(turn())
    assert not await asked(Server(after=99), 300)
    assert not await asked(Server(answer=lambda query: bytes((query[0] ^ 1,)) + query[1:]), 300)
    task.cancel()
    assert turns > 10


async def test_a_server_that_is_not_there_is_silent():
    server = Server()
    server.socket.close()
    assert not await answers("127.0.0.1", "iot.arduino.cc", server.port, 300)


class Interface:
    def __init__(self, server):
        self.server = server

    def ifconfig(self):
        if isinstance(self.server, Exception):
            raise self.server
        return ("192.0.2.7", "255.255.255.0", "192.0.2.1", self.server)


class Link:
    def __init__(self, server):
        self._interface = Interface(server)


async def test_nothing_is_asked_where_nothing_is_looked_up_or_nobody_can_be_asked():
    begin = time.time()
    assert await silent(Link("192.0.2.53"), "192.0.2.9") == ""
    for server in ("0.0.0.0", ""):
        assert await silent(Link(server), "iot.arduino.cc") == ""
    assert await silent(object(), "iot.arduino.cc") == ""
    assert time.time() - begin < 3


async def test_an_interface_that_does_not_tell_is_no_proof_and_its_words_are_not_passed_on():
    for kind in (OSError, RuntimeError):
        asked = silent(Link(kind("could not connect to ssid=home, key=a password")), "iot.arduino.cc")
        assert "password" not in str(await raises_async(OSError, asked))

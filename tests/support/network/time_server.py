"""An NTP server on loopback whose answers a test can choose."""

import socket
import struct
import threading
import time

FROM_1900 = 2208988800


def answer(question, now, mode=4, version=4, stratum=2, leap=0, originate=None, fraction=0):
    """Return an answer (RFC 4330, section 4) with a Unix time."""
    first = leap << 6 | version << 3 | mode
    originate = question[40:48] if originate is None else originate
    seconds = (now + FROM_1900) & 0xFFFFFFFF
    return struct.pack("!BBBb", first, stratum, 4, -20) + bytes(20) + originate + bytes(8) + struct.pack("!II", seconds, fraction)


class TimeServer:
    """Answers each question, after `delay` seconds, with the list of packets that `answers(question)` returns."""

    def __init__(self, now=None, delay=0.0, answers=None):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.name = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self.questions = []
        self._delay = delay
        self._answers = answers or (lambda question: [answer(question, now)])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        """Close its socket."""
        self._socket.close()

    def _serve(self):
        while True:
            try:
                question, peer = self._socket.recvfrom(512)
                self.questions.append(question)
                time.sleep(self._delay)
                for packet in self._answers(question):
                    self._socket.sendto(packet, peer)
            except OSError:
                return

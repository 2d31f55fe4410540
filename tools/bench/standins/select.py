"""`select.select`, which the official client calls but Debian's MicroPython lacks."""

from uselect import *
from uselect import POLLIN, poll


def select(readable, writable, exceptional, timeout):
    poller = poll()
    for stream in readable:
        poller.register(stream, POLLIN)
    return [event[0] for event in poller.ipoll(int(timeout * 1000))], [], []

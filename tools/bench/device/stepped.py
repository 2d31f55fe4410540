"""Like `latency`, but in sync mode: the program calls update() and pauses, again and again.

One more argument: the pause in ms.
"""

import random
import sys
import time

from connection import connect

count, low, high, pause = map(int, sys.argv[4:])
begun = False


def start(client, value):
    global begun
    begun = True


def received(client, value):
    print("got", value, time.time_ns())


client = connect(sync_mode=True)
client.register("led", value=False, on_write=start)
client.register("count", value=0)
client.register("level", value=0, on_write=received)
client.start(0.1, 2)
i = 0
due = None
while True:
    client.update()
    time.sleep_ms(pause)
    if begun and i < count:
        now = time.ticks_ms()
        if due is None:
            due = time.ticks_add(now, random.randint(low, high))
        elif time.ticks_diff(now, due) >= 0:
            due = None
            i += 1
            set_at = time.time_ns()
            client["count"] = i
            print("set", i, set_at)

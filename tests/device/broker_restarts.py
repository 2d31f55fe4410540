"""Kill a broker and start it again, for device programs that reconnect soon."""

import time

QUICK = {"interval": 0.3}


def restart(broker, opposite, while_away=lambda: None):
    """Kill it with SIGKILL, then start it again on the same ports."""
    opposite.expect_restart()
    broker.process.kill()
    while_away()
    start_again(broker)
    opposite.wait_online()


def start_again(broker):
    """Start it on the same ports. Another process may use one of them for a moment."""
    for attempt in range(10):
        try:
            return broker.start()
        except AssertionError:
            if attempt == 9:
                raise
            time.sleep(0.2)


def settle(device):
    """Wait until nothing is under way, so that the next change leaves in a packet of its own."""
    device.do("later(client.flush())")
    device.wait_for_next("^result True\n")

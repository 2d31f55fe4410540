"""A broker that is killed and starts again, and device programs that are back soon."""

import time

QUICK = {"interval": 0.3}


def restart(broker, opposite, while_away=lambda: None):
    """SIGKILL, then the same ports again."""
    opposite.expect_restart()
    broker.process.kill()
    while_away()
    start_again(broker)
    opposite.wait_online()


def start_again(broker):
    """Start on the same ports; one may be somebody's for a moment."""
    for attempt in range(10):
        try:
            return broker.start()
        except AssertionError:
            if attempt == 9:
                raise
            time.sleep(0.2)


def settle(device):
    """Wait until nothing is under way: then the next change leaves in a packet of its own."""
    device.do("later(client.flush())")
    device.wait_for_next("^result True\n")

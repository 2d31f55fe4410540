"""Many devices that publish numbers at a fleet's broker, and which numbers are stored."""

import asyncio
import time

from brokers import HOST
from publishers import Publisher

VARIABLES = (
    ("count", "INT", "READ_WRITE"),
    ("temperature", "TEMPERATURE", "READ_ONLY"),
    ("led", "STATUS", "READ_WRITE"),
)


def at_broker(about, fleet):
    """Return what a device needs to connect to the fleet's broker."""
    return {**about, "mqtt_port": fleet.port, "mqtts_port": fleet.tls_port, "mtls_port": fleet.mtls_port}


class Load:
    """Devices that all publish 1, 2, 3 … as `count`, at the same time."""

    def __init__(self, abouts, fleet):
        self._fleet = fleet
        self.publishers = [Publisher(each["device_id"], each["secret"], each["thing_id"]) for each in abouts]

    async def __aenter__(self):
        await asyncio.gather(*(each.connect(HOST, self._fleet.port) for each in self.publishers))
        return self

    async def __aexit__(self, *error):
        for each in self.publishers:
            each.close()

    async def publish(self, first, last, pause=0):
        """Have each publish all numbers from `first` to `last`, and wait for the broker's acknowledgements."""

        async def one(publisher):
            for number in range(first, last + 1):
                await publisher.publish(("count", number))
                if pause:
                    await asyncio.sleep(pause)
            await asyncio.wait_for(publisher.done.wait(), 30)

        await asyncio.gather(*map(one, self.publishers))


def stored_numbers(api, about, last, within=20):
    """Return the history of `count` once it ends with `last`."""
    return wait_for(
        lambda: [sample["value"] for sample in api.history("count", about["thing_id"], limit=10_000)],
        lambda numbers: numbers[-1:] == [last],
        within,
    )


def wait_for(read, is_right, within=10):
    """Return the result of `read` once it is right. It is polled, because no event announces that."""
    deadline = time.monotonic() + within
    while True:
        found = read()
        if is_right(found):
            return found
        assert time.monotonic() < deadline, "still %r" % (found if len(str(found)) < 500 else str(found)[-500:])
        time.sleep(0.05)

"""An account in a local cloud with many things, and runs of a program that lists them."""

import asyncio
import contextlib
import sys
from pathlib import Path

from toolchain.paths import LIB, SUPPORT

sys.path.extend(map(str, (LIB, *SUPPORT)))
from arduino_cloud_api import CloudAPI  # noqa: E402
from local_clouds import LocalCloud  # noqa: E402

THINGS = 200
_AT_ONCE = 8
_WAIT = 20  # s
VARIABLES = [
    {"name": name, "type": kind, "permission": "READ_ONLY", "update_strategy": "ON_CHANGE"}
    for name, kind in (("temperature", "TEMPERATURE"), ("humidity", "PERCENTAGE"), ("lamp", "STATUS"))
]


@contextlib.contextmanager
def account(folder: Path):
    """Yield a local cloud whose user has THINGS things, each with a device and three variables."""
    cloud = LocalCloud(folder)
    try:
        asyncio.run(_fill(cloud))
        yield cloud
    finally:
        cloud.stop()


async def _fill(cloud):
    numbers = iter(range(THINGS))

    async def fill(api):
        for number in numbers:
            device = await api.devices.create({"name": "board %d" % number, "type": "login_and_secretkey_wifi"})
            thing = {"name": "thing %d" % number, "device_id": device["id"], "properties": VARIABLES}
            await api.things.create(thing)

    ssl_params = {"cafile": cloud.ca_der_file}
    async with CloudAPI(cloud.api_key_id, cloud.api_key_secret, cloud.https, ssl_params=ssl_params) as api:
        await asyncio.gather(*[fill(api) for _ in range(_AT_ONCE)])


class Listings:
    """Runs of the program `listing`, which lists all things with their variables over verified HTTPS."""

    def __init__(self, builds, cloud, name, image=None):
        self._builds = builds
        self._arguments = [cloud.api_key_id, cloud.api_key_secret, cloud.https, cloud.ca_der_file]
        self._name = "" if image else name
        self._program = ["from_rom", image, "listing"] if image else ["listing"]

    def complete(self, heap: int) -> bool:
        """Return whether it completes in a heap of so many KB."""
        process = self._builds.start(self._name, *self._program, *self._arguments, heap=heap)
        try:
            done = process.wait(_WAIT)
            return done.returncode == 0 and done.stdout == "things %d\n" % THINGS
        except AssertionError:  # it spends its time collecting garbage
            return False
        finally:
            process.kill()

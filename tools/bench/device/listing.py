"""List the account's things with their properties. Arguments: API key, its secret, URL, root certificate."""

import asyncio
import sys

from arduino_cloud_api import CloudAPI


async def main():
    things = 0
    async with CloudAPI(*sys.argv[1:4], ssl_params={"cafile": sys.argv[4]}) as api:
        async for thing in api.things.list(show_properties=True):
            things += len(thing["properties"]) == 3
    print("things %d" % things)


asyncio.run(main())

"""Runs the Python blocks of one page, in order and in one namespace: page_blocks.py BLOCKS.json.

It runs on CPython and MicroPython and provides what a page takes for granted: an account's keys, the local cloud
instead of Arduino Cloud, a client, a board's lamp and sensor. A client that a block runs is stopped soon after it has
connected. If a page has run none, its `client` is connected at the end. The program prints `block N` before each block
and `the end` after the last.
"""

import asyncio
import json
import sys

with open(sys.argv[1]) as file:
    PAGE = json.load(file)
CLOUD = PAGE["cloud"]  # the local cloud's description of itself
ENOUGH_S = 0.4  # for callbacks, once everything is acknowledged
ENOUGH_UPDATES = 50

if sys.implementation.name != "micropython":
    import logging

    sys.stderr = sys.stdout
    logging.basicConfig(stream=sys.stdout, format="%(message)s")

import arduino_iot_cloud  # noqa: E402
from arduino_iot_cloud import ArduinoCloudClient  # noqa: E402

PORTS = {None: CLOUD["mqtts_port"], 18830: CLOUD["mqtt_port"], 18884: CLOUD["mqtts_port"], 18885: CLOUD["mtls_port"],
         18080: CLOUD["ws_port"], 18443: CLOUD["wss_port"], 443: CLOUD["wss_port"]}  # fmt: skip
been_connected = []


class Enough(BaseException):
    """Ends a block that would run forever."""


class Client(ArduinoCloudClient):
    """An ArduinoCloudClient of the local cloud."""

    ROOTS = ((CLOUD["ca_der_file"],), (CLOUD["ca_der_file"],))

    def __init__(self, device_id, username=None, password=None, ssl_params={}, **options):
        for_websocket = options.get("transport") == "websocket"
        port = PORTS[options.get("port")]
        if options.get("port") is None:
            port = CLOUD["mtls_port" if password is None else "wss_port" if for_websocket else "mqtts_port"]
        if ssl_params is None:
            port = CLOUD["ws_port" if for_websocket else "mqtt_port"]
        options.update({"server": CLOUD["host"], "port": port, "ntp_server": "127.0.0.1:9", "ntp_timeout": 0.2})
        super().__init__(device_id, username, password, ssl_params, **options)
        self._updates = 0

    async def run(self, *arguments):
        """Run the client until it has been connected for a moment."""
        stopper = asyncio.create_task(self._stop_soon())
        try:
            await super().run(*arguments)
        finally:
            stopper.cancel()
        been_connected.append(self)

    async def _stop_soon(self):
        if not await self.wait_synced(10) or not await self.flush(10):
            print("not connected, or not acknowledged: raised")
        await asyncio.sleep(ENOUGH_S)
        self.stop()
        await asyncio.sleep(1)
        for task in others:  # the program's own tasks, which may run forever
            task.cancel()

    def update(self):
        """Update the client, but not forever."""
        super().update()
        self._updates += 1
        if self._updates == ENOUGH_UPDATES:
            assert self.connected
            been_connected.append(self)
            raise Enough()


others = []
run_to_the_end = asyncio.run


def run(coroutine):
    """Like asyncio.run, but end a second after a client in it has ended."""

    async def main():
        task = asyncio.create_task(coroutine)
        others.append(task)
        try:
            return await task
        except asyncio.CancelledError:
            print("(ended by the test)")
        finally:
            others.remove(task)

    return run_to_the_end(main())


asyncio.run = run
arduino_iot_cloud.ArduinoCloudClient = Client


def redirect_users():
    """Direct the users' side to the local cloud."""
    from arduino_iot_cloud import user

    class Cloud(user.ArduinoIoTCloud):
        ROOTS = Client.ROOTS
        TOKEN_URL = CLOUD["token_url"]

        def __init__(self, **options):
            port = "mqtts_port" if "device_id" in options and options.get("transport") != "websocket" else "wss_port"
            options.update({"server": CLOUD["host"], "port": CLOUD[port]})
            super().__init__(**options)

    user.ArduinoIoTCloud = Cloud


def redirect_api():
    """Direct the client of the Application API to the local cloud."""
    import arduino_cloud_api

    class API(arduino_cloud_api.CloudAPI):
        def __init__(self, client_id, client_secret, base_url=None, ssl_params={}, **options):
            ssl_params = {"cafile": CLOUD["ca_der_file"]}
            super().__init__(client_id, client_secret, CLOUD["https"], ssl_params=ssl_params, **options)

    arduino_cloud_api.CloudAPI = API


class Lamp:
    """An LED."""

    def value(self, value):
        """Switch it on or off."""


if any(["arduino_iot_cloud.user" in block for block in PAGE["blocks"]]):
    redirect_users()
if any(["arduino_cloud_api" in block for block in PAGE["blocks"]]):
    redirect_api()
keys = {"DEVICE_ID": CLOUD["device_id"], "SECRET_KEY": CLOUD["secret"], "THING_ID": CLOUD["thing_id"],
        "CLIENT_ID": CLOUD["api_key_id"], "CLIENT_SECRET": CLOUD["api_key_secret"]}  # fmt: skip
names = {"__name__": "page", "read_sensor": lambda: 21.5, "led": Lamp()}
names.update(keys)
client = Client(CLOUD["device_id"], CLOUD["device_id"], CLOUD["secret"])
names["client"] = client
with open("secrets.py", "w") as file:
    for name in keys:
        file.write("%s = %r\n" % (name, keys[name]))
    file.write("CLOUD = {}\nWIFI_SSID = 'net'\nWIFI_PASS = 'password'\n")

for number, block in enumerate(PAGE["blocks"]):
    print("block %d" % (number + 1))
    try:
        exec(block, names)
    except Enough:
        print("(ended by the test)")
if not been_connected:
    names["client"].start()
    assert been_connected
print("the end")

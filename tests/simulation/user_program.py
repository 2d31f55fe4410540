"""The users' side of a simulated program: an ArduinoIoTCloud that listens to a device and writes to it."""

import asyncio
from binascii import b2a_base64

from .clock import clock
from .variables import COMPOSITES

_PROBE_S = 20


def token(name):
    """Return a JSON Web Token of this user, with only what the client reads."""
    claims = b2a_base64(b'{"http://arduino.cc/id": "%s"}' % name.encode())[:-1].decode().rstrip("=")
    return "e30." + claims.replace("+", "-").replace("/", "_") + ".c2ln"


class User:
    """A user who watches one device and sets its variables."""

    def __init__(self, program, name, device, host, port):
        self.program = program
        self.name = name
        self.device = device
        self.token = token(name)
        self.arguments = {
            "token": program.chance.choice((self.token, self._token, self._token_later)),
            "server": host,
            "port": port,
            "ssl_params": None,
            "transport": program.chance.choice(("tcp", "websocket")),
            "keepalive": program.chance.choice((30,) if program.world.pace == 1 else (30, 120, 600)),
        }
        if self.arguments["transport"] == "tcp":
            self.arguments["port"] = 8883
        self.cloud = None
        self.heard = {}
        self.tried = 0

    def _token(self):
        return self.token

    async def _token_later(self):
        await asyncio.sleep(self.program.chance.below(1000) / 1000)
        return self.token

    @property
    def online(self):
        """Return whether the user is connected."""
        return self.cloud is not None and self.cloud.connected

    async def main(self, generation):
        """Connect, listen, and write now and then."""
        from arduino_iot_cloud.user import ArduinoIoTCloud
        from arduino_iot_cloud.user.connection import CloudError

        program = self.program
        self.cloud = None
        while self.cloud is None:
            if generation != program.generation or not program.running:
                return
            program.check.by_hand(self.name)
            program.traffic += 1
            try:
                cloud = await ArduinoIoTCloud.connect(**self.arguments)
            except (CloudError, OSError, MemoryError):
                await asyncio.sleep(5)
                continue
            self.cloud = cloud
        self._listen()
        while generation == program.generation and program.running:
            await asyncio.sleep(program.chance.wide(1, 120 * program.world.pace))
            if generation == program.generation and program.running and not program.calm:
                await self._write()

    def _listen(self):
        for thing in self.device.identity.things:
            for variable in self.device.variables:
                self.cloud.property(thing.thing_id, variable.name).subscribe(self._hear(thing, variable))

    def _hear(self, thing, variable):
        def hear(value):
            self.program.traffic += 1
            self.heard[(thing.thing_id, variable.name)] = value

        return hear

    async def _write(self):
        thing = self.device.identity.thing
        writable = [one for one in self.device.variables if one.writable and one.kind not in COMPOSITES]
        if not thing or not writable:
            return
        variable = self.program.chance.choice(writable)
        value = variable.from_dashboard(self.program.chance)
        before = thing.stored[variable.name].writes
        arrived = await self.cloud.property(thing.thing_id, variable.name).publish(value, timeout=_PROBE_S)
        if arrived and thing.stored[variable.name].writes == before:
            clock.fail("publish() of %s is true, and nothing has arrived" % self.name)

    async def stop(self):
        """Disconnect."""
        if self.cloud:
            cloud, self.cloud = self.cloud, None
            await cloud.disconnect()

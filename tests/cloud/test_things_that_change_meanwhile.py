"""Things that change while their devices connect: the last change counts."""

import asyncio
from collections import Counter

import pytest
from localcloud.broker.gatekeeper import Credentials
from localcloud.embedded.devices import ConnectedDevices
from localcloud.identity.failures import Failures
from localcloud.identity.hashed_secrets import hash_secret, new_secret
from localcloud.identity.verification import Verifier
from localcloud.store import catalogue
from localcloud.store.database import Store
from localcloud.traffic.exchange import Exchange
from localcloud.traffic.live import Live


class Client:
    """A connection without any subscriptions yet."""

    def __init__(self, device_id):
        self.device_id = device_id

    def deliver(self, topic, payload):
        return False


class SlowStore:
    """A store in which something happens once, between reading a device's thing and returning it."""

    def __init__(self, store, meanwhile):
        self._store = store
        self._meanwhile = [meanwhile]

    async def read(self, work):
        found = await self._store.read(work)
        if (found is None or isinstance(found, catalogue.Thing)) and self._meanwhile:
            await self._meanwhile.pop()()
        return found


@pytest.mark.parametrize("attached", [True, False])
def test_a_thing_that_is_attached_or_taken_off_while_the_device_connects(tmp_path, attached):
    async def run():
        store = Store("sqlite:///%s" % (tmp_path / "store.sqlite3"))
        await store.open()
        exchange = Exchange(store, Live())
        secret = new_secret()

        def make(session):
            device = catalogue.create_device(session, name="board", secret_hash=hash_secret(secret))
            thing = catalogue.create_thing(session, name="thing")
            catalogue.attach_device(session, thing.id, None if attached else device.id)
            return device.id, thing.id

        device_id, thing_id = await store.write(make)
        now = thing_id if attached else None
        slow = SlowStore(store, lambda: exchange.attach(thing_id, now and device_id))
        verifier = Verifier(Failures(Counter(), lambda *arguments, **more: None))
        devices = ConnectedDevices(slow, exchange, verifier, {})
        try:
            credentials = Credentials(device_id, device_id, secret, None, None, False)
            assert await devices.connected(Client(device_id), credentials)
            assert devices.conversation(device_id).thing_id == now
        finally:
            verifier.close()
            await exchange.close()
            await store.close()

    asyncio.run(run())

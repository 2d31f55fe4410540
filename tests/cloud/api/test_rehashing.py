"""Old hashes of generated secrets give way to fast ones, on SQLite and on PostgreSQL."""

import asyncio

from localcloud.identity.hashed_secrets import is_fast, new_secret
from localcloud.identity.rehashing import Rehashing
from localcloud.identity.verification import API_KEY, DEVICE
from localcloud.store import catalogue
from localcloud.store.database import Store
from localcloud.store.models import ApiKey, Device
from old_hashes import old_hash


def test_only_the_hash_that_was_right_is_replaced(url):
    old, new = old_hash(new_secret()), "hmac-sha256$AA==$AA=="

    def make(session):
        user = catalogue.create_user(session, name="somebody")
        key = catalogue.create_api_key(session, user.id, name="key", secret_hash=old)
        devices = [catalogue.create_device(session, name="board", secret_hash=old) for _ in range(2)]
        return key.id, [device.id for device in devices]

    async def run():
        store = Store(url)
        await store.open()
        key, (device, changed) = await store.write(make)
        rehashing = Rehashing(store)
        rehashing.note(API_KEY, key, old, new)
        rehashing.note(DEVICE, device, old, new)
        # This one gets another secret before the new hash is written.
        rehashing.note(DEVICE, changed, old, new)

        def change(session):
            session.get(Device, changed).secret_hash = "another"

        await store.write(change)
        await rehashing.close()

        def read(session):
            ids = ((ApiKey, key), (Device, device), (Device, changed))
            return [session.get(table, id).secret_hash for table, id in ids]

        stored = await store.read(read)
        await store.close()
        return stored

    assert asyncio.run(run()) == [new, new, "another"]
    assert is_fast(new)

"""A device is not told a value that was outdated while it was read for the device."""

import asyncio

import pytest
from localcloud.protocol.lateness import Place
from localcloud.store import catalogue
from localcloud.store.database import Store
from localcloud.store.values import ValueWrite
from localcloud.traffic import agreement
from localcloud.traffic.agreement import Agreement


class Overtaken:
    """A store of which a read takes so long that something else happens before its result is there."""

    def __init__(self, store, meanwhile):
        self._store = store
        self._meanwhile = meanwhile

    async def read(self, work):
        result = await self._store.read(work)
        await self._meanwhile()
        return result


@pytest.mark.parametrize("by_device", [True, False])
def test_what_is_newer_than_the_value_that_was_read_stands(tmp_path, monkeypatch, by_device):
    monkeypatch.setattr(agreement, "SETTLE_S", 0.01)
    sent = []

    async def run():
        store = Store("sqlite:///%s" % (tmp_path / "store"))
        await store.open()

        def make(session):
            thing = catalogue.create_thing(session, name="thing")
            device = catalogue.create_device(session, name="device", secret_hash=None)
            catalogue.attach_device(session, thing.id, device.id)
            catalogue.create_variable(session, thing.id, name="count", type="INT")
            return thing.id, device.id

        thing_id, device_id = await store.write(make)

        async def append(value, place, by_device):
            write = ValueWrite(thing_id, "count", value, 1_000_000, place, by_device=by_device)
            (stored,) = await store.append([write])
            return stored

        async def meanwhile():
            newer = await append(3, Place.LIVE, by_device)
            assert newer.is_last
            if by_device:
                told.stored(newer)
            else:
                told.send_value(device_id, newer, newer.value, newer.number)
            read.set()

        read = asyncio.Event()
        told = Agreement(Overtaken(store, meanwhile), lambda device_id, send: sent.append(send.payload) or True)
        await append(2, Place.LIVE, False)
        late = await append(1, Place.LATE, True)
        assert late.is_overruled
        told.stored(late)
        await asyncio.wait_for(read.wait(), 10)
        await told.close()
        await store.close()

    asyncio.run(run())
    assert len(sent) == (0 if by_device else 1)

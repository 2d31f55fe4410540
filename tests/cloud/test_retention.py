"""Old values are removed or thinned as the operator says, in small steps; nothing else is."""

import asyncio
import time

from localcloud import clock
from localcloud.store import catalogue, device_events, retention
from localcloud.store.database import Store
from localcloud.store.keeping import Keeping, Thinning, keep_of
from localcloud.store.models import DeviceEvent, Sample, SenderMemory, Thing, ThinnedUntil, Variable
from localcloud.store.values import ValueWrite
from localcloud.traffic.live import Live
from localcloud.watch.condition import Condition
from localcloud.watch.room import Room
from localcloud.watch.upkeep import Upkeep
from sqlalchemy import func, insert, select

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
TYPES = {"f": "FLOAT", "n": "INT", "b": "STATUS", "s": "CHARSTRING"}


class Rig:
    """A store with a thing, and its upkeep."""

    def __init__(self, store, folder, ids):
        self.store, self.folder, self.ids = store, folder, ids
        self.now = clock.now_us()

    def upkeep(self, keep=None, thin=None):
        async def nothing():
            pass

        usual = Keeping(keep_of(keep) if keep else None, thin)
        room = Room(self.store, Condition(Live()), self.folder, usual.keep_us)
        return Upkeep(self.store, usual, room, nothing)

    async def fill(self, name, samples):
        """Store samples: (age, value) or (age, value, None) if it is no number."""
        rows = [
            {
                "variable_id": self.ids[name],
                "time_us": self.now - age,
                "value": value,
                "number": float(value) if isinstance(value, (bool, int, float)) else None,
            }
            for age, value in samples
        ]
        await self.store.write(lambda session: session.execute(insert(Sample), rows))

    async def ages(self, name):
        query = select(Sample.time_us).where(Sample.variable_id == self.ids[name]).order_by(Sample.time_us.desc())
        times = await self.store.read(lambda session: list(session.scalars(query)))
        return [self.now - each for each in times]

    async def values(self, name):
        query = select(Sample.value, Sample.number).where(Sample.variable_id == self.ids[name])
        query = query.order_by(Sample.time_us)
        return await self.store.read(lambda session: [tuple(row) for row in session.execute(query)])

    async def tag(self, **tags):
        def write(session):
            session.get(Thing, self.ids["thing"]).tags = {
                key.replace("__", ".").replace("_", "-"): value for key, value in tags.items()
            }

        await self.store.write(write)


def with_rig(url, folder, work):
    async def run():
        store = Store(url)
        await store.open()

        def create(session):
            thing = catalogue.create_thing(session, name="thing")
            ids = {name: catalogue.create_variable(session, thing.id, name=name, type=kind).id
                   for name, kind in TYPES.items()}  # fmt: skip
            return {"thing": thing.id, **ids}

        try:
            return await work(Rig(store, folder, await store.write(create)))
        finally:
            await store.close()

    return asyncio.run(run())


def test_without_an_order_nothing_is_removed(url, tmp_path):
    async def work(rig):
        await rig.fill("f", [(9999 * DAY, 1.0), (0, 2.0)])
        await rig.upkeep().once()
        assert await rig.ages("f") == [0, 9999 * DAY]

    with_rig(url, tmp_path, work)


def test_what_is_older_than_is_kept_is_removed_and_the_last_value_stays(url, tmp_path):
    async def work(rig):
        await rig.store.append([ValueWrite(rig.ids["thing"], "f", 21.5, rig.now - 30 * DAY)])
        await rig.store.append([ValueWrite(rig.ids["thing"], "n", 7, rig.now)])
        await rig.fill("f", [(age * HOUR + SECOND, 1.0) for age in range(0, 5000)])
        await rig.upkeep("90d").once()
        ages = await rig.ages("f")
        assert len(ages) == 90 * 24 + 1 and max(ages) < 90 * DAY
        assert await rig.ages("n") == [0]
        before = await rig.store.read(lambda session: session.get(Variable, rig.ids["f"]).last_value)
        await rig.upkeep("1h").once()
        assert await rig.ages("f") == [SECOND]
        assert await rig.store.read(lambda session: session.get(Variable, rig.ids["f"]).last_value) == before == 21.5

    with_rig(url, tmp_path, work)


def test_things_and_variables_may_have_times_of_their_own(url, tmp_path):
    async def work(rig):
        for name in "fnb":
            await rig.fill(name, [(age * DAY, 1) for age in range(40)])
        await rig.tag(local_cloud_keep="10d", local_cloud_keep__n="forever", local_cloud_keep__b="36h")
        await rig.upkeep("2d").once()
        assert [len(await rig.ages(name)) for name in "fnb"] == [10, 40, 2]
        await rig.tag(local_cloud_keep="nonsense")
        await rig.upkeep("2d").once()
        assert [len(await rig.ages(name)) for name in "fnb"] == [10, 40, 2]

    with_rig(url, tmp_path, work)


def test_thinning_leaves_a_mean_for_each_interval(url, tmp_path):
    async def work(rig):
        rig.now = rig.now // HOUR * HOUR  # so that the intervals are known
        for name, value in (("f", float), ("n", int), ("b", lambda n: n % 4 == 0), ("s", str)):
            await rig.fill(name, [(2 * DAY - n * 20 * SECOND, value(n)) for n in range(12)])
            await rig.fill(name, [(SECOND, value(5)), (2 * SECOND, value(6))])
        thin = Thinning(DAY, 60 * SECOND)
        await rig.upkeep(thin=thin).once()
        expected = {
            "f": [(1.0, 1.0), (4.0, 4.0), (7.0, 7.0), (10.0, 10.0), (6.0, 6.0), (5.0, 5.0)],
            "n": [(1, 1.0), (4, 4.0), (7, 7.0), (10, 10.0), (6, 6.0), (5, 5.0)],
            "b": [(False, 0.0), (False, 0.0), (True, 1.0), (False, 0.0), (False, 0.0), (False, 0.0)],
            "s": [(each, None) for each in ("2", "5", "8", "11", "6", "5")],
        }
        found = {name: await rig.values(name) for name in TYPES}
        assert found == expected
        # A second time, and after one with another interval, which begins anew.
        await rig.upkeep(thin=thin).once()
        assert {name: await rig.values(name) for name in TYPES} == expected
        await rig.upkeep(thin=Thinning(DAY, 120 * SECOND)).once()
        assert (await rig.values("f"))[:3] == [(2.5, 2.5), (8.5, 8.5), (6.0, 6.0)]

    with_rig(url, tmp_path, work)


def test_thinning_goes_on_where_it_was(url, tmp_path):
    async def work(rig):
        await rig.fill("f", [(3 * DAY - n * SECOND, 1.0) for n in range(5000)])
        await rig.fill("n", [(3 * DAY, n) for n in range(2000)])  # all at one time
        before = rig.now // HOUR * HOUR - DAY
        await rig.upkeep(thin=Thinning(DAY, 60 * SECOND)).once()
        assert 5000 // 60 <= len(await rig.ages("f")) <= 5000 // 60 + 2
        assert await rig.values("n") == [(1000, 1000.0)]
        until = await rig.store.read(lambda session: session.get(ThinnedUntil, rig.ids["f"]).until_us)
        assert until >= before

    with_rig(url, tmp_path, work)


def test_both_at_once(url, tmp_path):
    async def work(rig):
        await rig.fill("f", [(n * HOUR // 4, 1.0) for n in range(4 * 24 * 5)])
        await rig.upkeep("3d", Thinning(DAY, HOUR)).once()
        ages = await rig.ages("f")
        assert max(ages) < 3 * DAY
        assert 46 <= len([age for age in ages if age >= DAY]) <= 53
        assert abs(len([age for age in ages if age < DAY]) - 96) <= 4

    with_rig(url, tmp_path, work)


def test_values_are_stored_meanwhile(url, tmp_path):
    async def work(rig):
        count = 40_000
        await rig.fill("f", [(20 * DAY + n * SECOND, float(n)) for n in range(count)])
        removing = asyncio.create_task(rig.upkeep("1d").once())
        waits, statements = [], 0
        while not removing.done():
            began = time.perf_counter()
            await rig.store.append([ValueWrite(rig.ids["thing"], "n", statements, clock.now_us())])
            waits.append(time.perf_counter() - began)
            statements += 1
        await removing
        assert await rig.ages("f") == []
        # Not in one piece: many values came between. How long each waited is measured by tools/bench.
        assert statements >= 20, (statements, waits)

    with_rig(url, tmp_path, work)


def test_a_leap_of_the_clock_removes_nothing_for_an_hour(tmp_path, monkeypatch):
    async def work(rig):
        await rig.store.append([ValueWrite(rig.ids["thing"], "n", 7, rig.now)])
        await rig.fill("f", [(HOUR, 1.0)])
        keeper = rig.upkeep("90d")
        await keeper.once()
        ahead = 0
        monkeypatch.setattr(clock, "_now_ns", lambda: time.time_ns() + ahead)
        ahead = 365 * DAY * 1000
        await keeper.once()
        assert await rig.ages("f") == [HOUR]
        # A cloud that starts with the wrong time does the same.
        await rig.upkeep("90d").once()
        assert await rig.ages("f") == [HOUR]
        # After an hour it is believed.
        counted = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: counted() + 3601)
        ahead += 3601 * 10**9
        await keeper.once()
        assert await rig.ages("f") == []

    with_rig("sqlite:///%s" % (tmp_path / "store.sqlite3"), tmp_path, work)


def test_what_was_deleted_long_ago_is_forgotten_with_its_values(url, tmp_path):
    async def work(rig):
        def delete(session):
            device = catalogue.create_device(session, name="old", secret_hash=None)
            device.deleted_at = session.get(Thing, rig.ids["thing"]).deleted_at = rig.now - 3 * DAY
            device_events.add(session, device.id, "x", 1)
            session.execute(insert(SenderMemory).values(sender=device.id, recent=b""))
            session.execute(insert(SenderMemory).values(sender="local-cloud-partition-3", recent=b""))

        await rig.fill("f", [(0, 1.0), (HOUR, 2.0)])
        await rig.store.write(delete)
        await rig.upkeep("4d").once()
        assert await rig.ages("f") == [0, HOUR]
        await rig.upkeep("2d").once()

        def left(session):
            kinds = (Thing.id, Variable.id, Sample.id, DeviceEvent.id, SenderMemory.sender)
            return [session.scalar(select(func.count(kind))) for kind in kinds]

        assert await rig.store.read(left) == [0, 0, 0, 0, 1]

    with_rig(url, tmp_path, work)


def test_of_each_device_the_newest_events_are_kept(url, tmp_path):
    async def work(rig):
        def fill(session):
            ids = [catalogue.create_device(session, name=name, secret_hash=None).id for name in "ab"]
            for n in range(3 * device_events.MOST // 2):
                for id in ids:
                    device_events.add(session, id, "x", n)
                if n < 20:
                    catalogue.record_connection(session, ids[0], n % 2 == 0)
            return ids

        ids = await rig.store.write(fill)

        def left(session):
            query = select(func.count(), func.max(DeviceEvent.id)).group_by(DeviceEvent.name)
            return [[row[0] for row in session.execute(query.where(DeviceEvent.device_id == id)
                     .order_by(DeviceEvent.name))] for id in ids]  # fmt: skip

        (connections, others), (others_of_b,) = await rig.store.read(left)
        assert connections == 20
        for count in (others, others_of_b):
            assert device_events.MOST <= count < device_events.MOST + 300

    with_rig(url, tmp_path, work)


def test_only_one_worker_removes_at_a_time(postgres, tmp_path):
    url = postgres.new_database()

    async def work(rig):
        other = Store(url)
        await other.open()
        await rig.fill("f", [(20 * DAY, 1.0)])
        begun, may_end = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        (due,) = await rig.store.read(
            lambda session: [each for each in retention.dues(session, Keeping(DAY), rig.now)
                             if each.variable_id == rig.ids["f"]])  # fmt: skip

        def slowly(session):
            removed = retention.remove(session, [due], 10)
            loop.call_soon_threadsafe(begun.set)
            asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result(10)
            return removed

        try:
            removing = asyncio.create_task(rig.store.write(slowly))
            await asyncio.wait_for(begun.wait(), 10)
            assert await other.write(lambda session: retention.remove(session, [due], 10)) is None
            assert await other.write(lambda session: retention.thin(session, [due], rig.now, 10)) is None
            may_end.set()
            assert await removing == 1
            assert await other.write(lambda session: retention.remove(session, [due], 10)) == 0
        finally:
            may_end.set()
            await other.close()

    with_rig(url, tmp_path, work)


def test_the_file_becomes_smaller_again(tmp_path):
    path = tmp_path / "store.sqlite3"

    async def work(rig):
        await rig.fill("s", [(20 * DAY + n * SECOND, "x" * 1000) for n in range(20_000)])
        full = (await rig.store.look_at_space()).used
        await rig.upkeep("1d").once()
        space = await rig.store.look_at_space()
        assert space.can_shrink and space.used + space.free < full / 3

    with_rig("sqlite:///%s" % path, tmp_path, work)
    assert path.stat().st_size < 7_000_000

"""The store behaves the same on SQLite and PostgreSQL."""

import asyncio
import uuid

import pytest
from localcloud.store import catalogue, series
from localcloud.store.database import BadAddress, Store, is_final
from localcloud.store.models import DeviceEvent
from localcloud.store.redelivery import LATEST, Delivery, NotTheOwner, digest
from localcloud.store.values import RefusedValue, StoredValue, ValueWrite
from sqlalchemy import select

TYPES = {"n": "INT", "f": "FLOAT", "s": "CHARSTRING", "b": "STATUS", "light": "HOME_COLORED_LIGHT"}


def with_store(url, work, stores=1, at_once=False):
    """Run `work(*stores)` with stores on the same database, opened one after the other or all at once."""

    async def run():
        opened = [Store(url) for _ in range(stores)]
        if at_once:
            await asyncio.gather(*(store.open() for store in opened))
        else:
            for store in opened:
                await store.open()
        try:
            return await work(*opened)
        finally:
            for store in opened:
                await store.close()

    return asyncio.run(run())


async def make_thing(store):
    """Make a thing with one variable of each of several types, and return its id."""

    def create(session):
        thing = catalogue.create_thing(session, name="thing")
        for name, kind in TYPES.items():
            catalogue.create_variable(session, thing.id, name=name, type=kind)
        return thing.id

    return await store.write(create)


async def history(store, thing_id, name="n"):
    """Return the values of a variable, oldest first."""

    def read(session):
        variable = catalogue.get_variable(session, thing_id, name)
        return [value for _, value in catalogue.history(session, variable.id, limit=10_000)]

    return await store.read(read)


def message(thing_id, packet_id, value, again=False, sender="device", owner=None):
    """Return the arguments of `Store.append` for a message with one value."""
    delivery = Delivery(sender, packet_id, digest("t", b"%d" % value), again, owner)
    return [ValueWrite(thing_id, "n", value, 1_000_000 * value)], delivery


def test_values_of_all_kinds_come_back_as_they_were(url):
    values = {
        "n": [0, -(2**31), 2**31 - 1],
        "f": [0.1, -1e300, 5e-324, 3],
        "s": ["", "grüezi \U0001f600", 'quotes " \' \\ %s', "line\nfeed"],
        "b": [True, False],
        "light": [{"swi": True, "hue": 10.5, "sat": 20.0, "bri": 30.0}],
    }

    async def work(store):
        thing_id = await make_thing(store)
        for name, listed in values.items():
            for number, value in enumerate(listed):
                (outcome,) = await store.append([ValueWrite(thing_id, name, value, 1_000_000 * (number + 1))])
                assert isinstance(outcome, StoredValue), outcome
        return {name: await history(store, thing_id, name) for name in values}

    assert with_store(url, work) == values


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**70, "x" * 5000, "nul \0", "\ud800"])
def test_odd_values_are_refused_or_kept_and_harm_no_others(url, value):
    async def work(store):
        thing_id = await make_thing(store)
        name = "s" if isinstance(value, str) else "f"
        odd = store.append([ValueWrite(thing_id, name, value, 1), ValueWrite(thing_id, "no\0name", 1, 1)])
        good = store.append([ValueWrite(thing_id, "n", 1, 1)])
        first, second = await odd
        kept = await history(store, thing_id, name)
        assert kept == ([first.value] if isinstance(first, StoredValue) else [])
        assert isinstance(second, RefusedValue)
        (stored,) = await good
        assert isinstance(stored, StoredValue)

    with_store(url, work)


def test_values_in_one_transaction_keep_their_order_and_parts_are_put_together(url):
    async def work(store):
        thing_id = await make_thing(store)
        await asyncio.gather(*(store.append([ValueWrite(thing_id, "n", i, 5)]) for i in range(500)))
        await asyncio.gather(
            store.append([ValueWrite(thing_id, "light", {"swi": True, "hue": 1.0}, 7)]),
            store.append([ValueWrite(thing_id, "light", {"bri": 2.0}, 8)]),
        )
        return await history(store, thing_id), (await history(store, thing_id, "light"))[-1]

    numbers, light = with_store(url, work)
    assert numbers == list(range(500))
    assert (light["swi"], light["hue"], light["bri"]) == (True, 1.0, 2.0)


def test_a_message_that_the_database_refuses_takes_no_other_with_it(url):
    async def work(store):
        thing_id = await make_thing(store)
        good = [store.append(*message(thing_id, number, number)) for number in (1, 2)]
        # No database has room for this time.
        bad = store.append([ValueWrite(thing_id, "n", 3, 2**70)], Delivery("device", 3, digest("t", b"3"), False))
        good += [store.append(*message(thing_id, 4, 4)), store.append(*message(thing_id, 1, 1, again=True))]
        with pytest.raises(Exception) as caught:
            await bad
        outcomes = await asyncio.gather(*good)
        return is_final(caught.value), [len(each) for each in outcomes], await history(store, thing_id)

    assert with_store(url, work) == (True, [1, 1, 1, 0], [1, 2, 4])


def test_what_a_device_states_of_itself_is_kept_as_the_database_takes_it(url):
    facts = {"LIB_VERSION": "1.0\0", "rssi": float("nan"), "key": b"\1\2", "at": {"lat": float("inf"), "lon": 5.5}}

    async def work(store):
        def record(session):
            device = catalogue.create_device(session, name="board", secret_hash=None)
            catalogue.record_facts(session, device.id, "DeviceEvents", facts)
            return device.id

        device_id = await store.write(record)

        def read(session):
            (event,) = session.scalars(select(DeviceEvent).where(DeviceEvent.device_id == device_id))
            return catalogue.get_device(session, device_id).lib_version, event.value

        return await store.read(read)

    version, kept = with_store(url, work)
    assert version == "1.0"
    assert kept == {"LIB_VERSION": "1.0\0", "rssi": None, "key": "0102", "at": {"lat": None, "lon": 5.5}}


def test_a_message_that_comes_again_is_stored_once_also_after_a_restart(url):
    async def first(store):
        thing_id = await make_thing(store)
        for number in (1, 2, 3):
            await store.append(*message(thing_id, number, number))
        assert await store.append(*message(thing_id, 3, 3, again=True)) == []
        return thing_id

    thing_id = with_store(url, first)

    async def second(store):
        for number in (2, 3, 4):
            await store.append(*message(thing_id, number, number, again=True))
        await store.append(*message(thing_id, 4, 4, again=True, sender="another"))
        return await history(store, thing_id)

    assert with_store(url, second) == [1, 2, 3, 4, 4]


def test_the_latest_messages_are_remembered_and_what_only_looks_alike_is_stored(url):
    async def work(store):
        thing_id = await make_thing(store)
        for number in range(1, LATEST + 11):
            store.append(*message(thing_id, number, number))
        await store.append(*message(thing_id, 11, 11, again=True))
        # One is so old that nobody would send it again. The other has a known identifier but different bytes.
        await store.append(*message(thing_id, 10, 10, again=True))
        await store.append(*message(thing_id, 50, 51, again=True))
        return await history(store, thing_id)

    assert sorted(with_store(url, work)) == sorted([*range(1, LATEST + 11), 10, 51])


def test_only_the_owner_stores_what_a_session_receives(url):
    async def work(store, other):
        thing_id = await make_thing(store)
        old, new = str(uuid.uuid4()), str(uuid.uuid4())
        await store.claim("session", old)
        await store.append(*message(thing_id, 1, 1, sender="session", owner=old))
        await other.claim("session", new)
        late = store.append(*message(thing_id, 2, 2, sender="session", owner=old))
        unconcerned = store.append([ValueWrite(thing_id, "b", True, 1)])
        with pytest.raises(NotTheOwner):
            await late
        assert len(await unconcerned) == 1
        for number in (1, 2):
            await other.append(*message(thing_id, number, number, again=True, sender="session", owner=new))
        await store.claim("session", old)
        assert await store.append(*message(thing_id, 2, 2, again=True, sender="session", owner=old)) == []
        return await history(store, thing_id)

    assert with_store(url, work, stores=2) == [1, 2]


def test_two_that_write_the_same_variables_do_not_stop_each_other(postgres):
    async def work(*stores):
        thing_id = await make_thing(stores[0])
        names = ["n", "f"]

        async def one(store, order):
            for number in range(100):
                await store.append([ValueWrite(thing_id, name, number, now(number)) for name in order])

        def now(number):
            return 1_000_000 * number

        await asyncio.gather(one(stores[0], names), one(stores[1], names[::-1]))
        return [sorted(await history(stores[0], thing_id, name)) for name in names]

    expected = sorted([*range(100)] * 2)
    assert with_store(postgres.new_database(), work, stores=2) == [expected, expected]


def test_questions_about_a_history_have_the_same_answers(url):
    async def work(store):
        thing_id = await make_thing(store)
        writes = [ValueWrite(thing_id, "n", i % 7, i * 10_000_000) for i in range(60)]
        await store.append(writes)

        def read(session):
            variable = catalogue.get_variable(session, thing_id, "n")
            span = series.Span(variable.id, 0, 10**12)
            answers = [
                series.aggregated(session, span, interval=100, aggregation=name, limit=100)
                for name in series.AGGREGATIONS
            ]
            answers.append(series.raw(session, span, limit=5, newest_first=True))
            answers.append(series.sampled(session, span, interval=100, limit=100))
            return answers

        return await store.read(read)

    answers = with_store(url, work)
    by_name = dict(zip(series.AGGREGATIONS, answers))
    assert by_name["AVG"][0] == (0, pytest.approx(2.4)) and len(by_name["AVG"]) == 6
    assert by_name["MAX"] == [(i * 100_000_000, 6) for i in range(6)]
    assert by_name["PCT_50"][0] == (0, 2) and by_name["COUNT"][5] == (500_000_000, 10)
    assert answers[-2] == [(i * 10_000_000, i % 7) for i in (59, 58, 57, 56, 55)]
    assert answers[-1][0] == (0, 9 % 7)


def test_several_may_make_the_tables_at_once(postgres):
    async def work(*stores):
        return await make_thing(stores[0])

    assert with_store(postgres.new_database(), work, stores=4, at_once=True)


@pytest.mark.parametrize(
    "bad", ["nonsense", "x:/mistaken@", "postgresql://u:mistaken@h:port/x", "nosuch://u:mistaken@h/x"]
)
def test_an_address_of_no_use_is_refused_without_being_repeated(bad):
    with pytest.raises(BadAddress) as caught:
        Store(bad)
    assert "mistaken" not in str(caught.value) and "postgresql://user" in str(caught.value)

"""Aggregates of long histories are right however they are computed, and come from the index alone."""

import asyncio
import math
import random
import statistics

import pytest
from localcloud.store import catalogue, percentiles, series
from localcloud.store.database import Store
from localcloud.store.models import Sample
from sqlalchemy import insert, select, text

SECOND = 1_000_000
DAY = 86400 * SECOND
SHARES = {"PCT_%d" % percent: percent for percent in (99, 95, 90, 75, 50, 15, 5)}


def with_samples(url, samples, work):
    """Run `work(session, id)` with a variable that has samples (time, number)."""

    async def run():
        store = Store(url)
        await store.open()

        def fill(session):
            thing = catalogue.create_thing(session, name="thing")
            ids = [catalogue.create_variable(session, thing.id, name=name, type="FLOAT").id for name in "ab"]
            for id in ids:
                rows = [{"variable_id": id, "time_us": t, "value": n, "number": n} for t, n in samples]
                session.execute(insert(Sample), rows)
            return ids[0]

        try:
            id = await store.write(fill)
            return await store.read_series(lambda session: work(session, id))
        finally:
            await store.close()

    return asyncio.run(run())


def by_hand(samples, start, end, interval, aggregation):
    """Return the aggregates, worked out in the plainest way."""
    bins = {}
    for time, number in samples:
        if start <= time < end:
            bins.setdefault(time // (interval * SECOND) * interval * SECOND, []).append(number)
    do = {"MIN": min, "MAX": max, "COUNT": len, "SUM": math.fsum, "AVG": statistics.fmean}.get(aggregation)
    if do is None:
        percent = SHARES[aggregation]

        def do(numbers):
            return sorted(numbers)[max(1, math.ceil(percent / 100 * len(numbers))) - 1]

    return [(time, do(numbers)) for time, numbers in sorted(bins.items())]


def test_every_aggregation_with_few_and_many_intervals(url):
    rng = random.Random(7)
    samples = [(rng.randrange(-DAY, DAY), rng.choice((0.0, 1.5, rng.gauss(20, 5)))) for _ in range(3000)]
    spans = [(-DAY, DAY), (-DAY // 2 + 17, DAY // 3 + 5), (5, 5), (DAY, 2 * DAY)]

    def work(session, id):
        for start, end in spans:
            for interval in (30, 300, 7919, 86400, 10**9):
                for aggregation in ("AVG", "SUM", "MIN", "MAX", "COUNT", *SHARES):
                    span = series.Span(id, start, end)
                    asked = {"interval": interval, "aggregation": aggregation}
                    expected = by_hand(samples, start, end, interval, aggregation)
                    found = series.aggregated(session, span, limit=10_000, **asked)
                    assert [time for time, _ in found] == [time for time, _ in expected], asked
                    numbers = [number for _, number in expected]
                    assert [number for _, number in found] == pytest.approx(numbers, rel=1e-12), asked
                    newest = series.aggregated(session, span, limit=7, newest_first=True, **asked)
                    assert newest == found[::-1][:7], asked

    with_samples(url, samples, work)


def test_samples_by_intervals(url):
    rng = random.Random(8)
    samples = [(rng.randrange(-DAY, DAY), float(n)) for n in range(500)]

    def work(session, id):
        for interval in (60, 7919):
            latest = {}
            for time, number in sorted(samples):
                if -DAY // 2 <= time < DAY // 2:
                    latest[time // (interval * SECOND) * interval * SECOND] = number
            span = series.Span(id, -DAY // 2, DAY // 2)
            assert series.sampled(session, span, interval=interval, limit=1000) == sorted(latest.items())
            assert series.sampled(session, span, interval=interval, limit=3) == sorted(latest.items())[:3]

    with_samples(url, samples, work)


@pytest.mark.parametrize("shape", ["normal", "two values", "rising"])
def test_percentiles_of_very_many_numbers_in_one_interval(url, shape):
    rng = random.Random(9)
    number = {
        "normal": lambda n: rng.gauss(20, 5),
        "two values": lambda n: float(n % 2),
        "rising": lambda n: n / 3,
    }[shape]
    samples = [(n * SECOND, number(n)) for n in range(60_000)]

    def work(session, id):
        span = series.Span(id, 0, 60_000 * SECOND)
        for aggregation in SHARES:
            found = series.aggregated(session, span, interval=10**6, aggregation=aggregation, limit=10)
            assert found == by_hand(samples, 0, 60_000 * SECOND, 10**6, aggregation), aggregation

    with_samples(url, samples, work)


def test_very_many_numbers_are_not_all_sorted(tmp_path):
    rng = random.Random(9)
    samples = [(n * SECOND, rng.gauss(20, 5)) for n in range(60_000)]

    def work(session, id):
        query = series._within(series.Span(id, 0, DAY), select()).where(Sample.number.is_not(None))
        for rank in (1, 500, 30_000, 59_999, 60_000):
            found = percentiles._narrowed(session, query, {"low": 0, "high": DAY}, 60_000, rank)
            assert found == sorted(number for _, number in samples)[rank - 1]

    with_samples("sqlite:///%s" % (tmp_path / "store.sqlite3"), samples, work)


def test_a_chart_reads_the_index_alone(tmp_path):
    # Without that, a million values are a million rows in a million places of the file.
    plans = []

    def work(session, id):
        query = series.Span(id, 0, DAY).where(select(Sample.number, Sample.id))
        compiled = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plans.extend(row[-1] for row in session.execute(text("EXPLAIN QUERY PLAN %s" % compiled)))

    with_samples("sqlite:///%s" % (tmp_path / "store.sqlite3"), [(1, 1.0)], work)
    assert len(plans) == 1 and "COVERING INDEX samples_by_time" in plans[0], plans


def test_charts_leave_other_reads_their_threads(tmp_path):
    async def run():
        store = Store("sqlite:///%s" % (tmp_path / "store.sqlite3"))
        await store.open()
        begun, may_end = asyncio.Semaphore(0), asyncio.Event()
        loop = asyncio.get_running_loop()

        def long(session):
            loop.call_soon_threadsafe(begun.release)
            asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result(10)

        try:
            charts = [asyncio.create_task(store.read_series(long)) for _ in range(6)]
            await asyncio.wait_for(begun.acquire(), 5)
            await asyncio.wait_for(begun.acquire(), 5)
            assert await asyncio.wait_for(store.read(lambda session: "read"), 5) == "read"
            assert await asyncio.wait_for(store.write(lambda session: "written"), 5) == "written"
        finally:
            may_end.set()
            await asyncio.gather(*charts)
            await store.close()

    asyncio.run(run())

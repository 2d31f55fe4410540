"""tools/bench/history: what long histories cost: bytes, charts, percentiles, and the removal of a day beside a device.

The values are written directly into the database, as devices would have sent them: all variables at each moment.
"""

import asyncio
import contextlib
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from statistics import median

import cbor2
import paho.mqtt.client as mqtt

from .report import command, print_figures
from .setting import Process  # noqa: F401  also finds what the tests share

from databases import Postgres  # noqa: E402  isort: skip
from local_clouds import LocalCloud  # noqa: E402  isort: skip
from localcloud.store import models, series, space  # noqa: E402
from localcloud.store.database import Store, engine_of  # noqa: E402
from sqlalchemy import event, insert, text  # noqa: E402

DAY_US = 86400 * 10**6
DAYS = 5
VARIABLES = 200
CHARTS = 6
VALUES_A_DAY = VARIABLES * 86400
POINTS = 300
WAIT = 1800


def _make_variables(url, count):
    """Add a thing with variables. Return their ids."""
    engine = engine_of(url)
    thing, ids = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(count)]
    with engine.begin() as connection:
        connection.execute(insert(models.Thing), [{"id": thing, "name": "bench"}])
        same = {"thing_id": thing, "type": "FLOAT", "permission": "READ_ONLY", "value_updated_at": models.now_us()}
        connection.execute(
            insert(models.Variable),
            [{"id": id, "name": "n%d" % n, "variable_name": "n%d" % n, **same} for n, id in enumerate(ids)],
        )
    engine.dispose()
    return ids


def _fill(url, ids, count, span_us):
    """Write `count` values, up to now, of all variables in turn."""
    engine = engine_of(url)
    is_sqlite = engine.dialect.name == "sqlite"
    start, step = models.now_us() - span_us, span_us / (count / len(ids))
    if is_sqlite:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE ids (n INTEGER, id TEXT)"))
        connection.execute(text("INSERT INTO ids VALUES (:n, :id)"), [{"n": n, "id": id} for n, id in enumerate(ids)])
        numbers = "SELECT value AS n FROM generate_series(CAST(0 AS BIGINT), :count - 1) AS value"
        if is_sqlite:
            counted = "SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < :count - 1"
            numbers = "WITH RECURSIVE c(n) AS (%s) SELECT n FROM c" % counted
        value = "15 + (n * 7919 % 1000) / 100.0"
        as_json = value if is_sqlite else "to_json(%s)" % value
        # The order is that of the arrival.
        connection.execute(
            text(
                "INSERT INTO samples (variable_id, time_us, value, number)"
                " SELECT i.id, :start + CAST(t.n * CAST(:step AS FLOAT) AS BIGINT), %s, %s"
                " FROM (%s) AS t CROSS JOIN ids AS i ORDER BY t.n"
                % (as_json.replace("n *", "(t.n + i.n) *"), value.replace("n *", "(t.n + i.n) *"), numbers)
            ),
            {"count": count // len(ids), "start": start, "step": step},
        )
    if is_sqlite:
        with engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE samples"))
    engine.dispose()


def _size(url):
    engine = engine_of(url)
    try:
        return space.look(engine).used
    finally:
        engine.dispose()


async def _charts(url, ids):
    """Return seconds for six charts of a year at once, and for a percentile in many intervals and in one."""
    store = Store(url)
    await store.open()
    end = models.now_us()
    interval = series.fitting_interval(end - 365 * DAY_US, end, POINTS)

    async def ask(id, aggregation, interval):
        span = series.Span(id, end - 365 * DAY_US, end)
        return await store.read_series(
            lambda session: series.aggregated(
                session, span, interval=interval, aggregation=aggregation, limit=POINTS
            )
        )

    async def timed(*asked):
        times = []
        for _ in range(3):
            began = time.perf_counter()
            await asyncio.gather(*asked_again(asked))
            times.append(time.perf_counter() - began)
        return median(times)

    def asked_again(asked):
        return [ask(*each) for each in asked]

    try:
        return {
            "six_charts_s": await timed(*((id, "AVG", interval) for id in ids)),
            "percentile_s": await timed((ids[0], "PCT_95", interval)),
            "percentile_in_one_s": await timed((ids[0], "PCT_50", 10**9)),
        }
    finally:
        await store.close()


class _Device(threading.Thread):
    """Publishes a value as soon as the one before is acknowledged, and notes how long that took."""

    def __init__(self, cloud):
        super().__init__(daemon=True)
        self.waits, self._ended = [], threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=cloud.device_id)
        self._client.username_pw_set(cloud.device_id, cloud.secret)
        self._topic = "/a/t/%s/e/o" % cloud.thing_id
        self._client.connect(cloud.host, cloud.mqtt_port)
        self._client.loop_start()

    def run(self):
        while not self._ended.wait(0.01):
            began = time.perf_counter()
            payload = cbor2.dumps([{0: "temperature", 2: 20.5}])
            self._client.publish(self._topic, payload, qos=1).wait_for_publish(60)
            self.waits.append(time.perf_counter() - began)

    def end(self):
        self._ended.set()
        self.join()
        self._client.disconnect()
        self._client.loop_stop()
        return sorted(self.waits)


def _removal(folder, database, count):
    """Return seconds until the oldest day is gone, and what a device's PUBACKs took meanwhile, in ms."""
    arguments = ["--database", database] if database else []
    cloud = LocalCloud(folder, "--keep", "%dd" % (DAYS - 1), *arguments, timeout=120)
    began = time.perf_counter()
    device = _Device(cloud)
    device.start()
    try:
        found = cloud.process.wait_for(r"(\d+) old values removed", WAIT, stream="stderr")
        took = time.perf_counter() - began
        waits = device.end()
    finally:
        cloud.stop()
    assert waits, "the device published nothing"
    return {
        "removed": int(found.group(1)),
        "removal_s": took,
        "puback_ms": 1000 * median(waits),
        "puback_99_ms": 1000 * waits[len(waits) * 99 // 100],
        "puback_longest_ms": 1000 * waits[-1],
    }


def _measure(folder, database, count):
    arguments = ["--database", database] if database else []
    LocalCloud(folder, *arguments).stop()
    url = database or "sqlite:///%s" % (folder / "cloud.sqlite3")
    empty = _size(url)
    _fill(url, _make_variables(url, VARIABLES), count, DAYS * DAY_US)
    bytes_per_value = (_size(url) - empty) / count
    return {
        "bytes_per_value": bytes_per_value,
        "gb_a_day": bytes_per_value * VALUES_A_DAY / 1e9,
        **_removal(folder, database, count),
    }


def _measure_charts(folder, database, count):
    arguments = ["--database", database] if database else []
    LocalCloud(folder, *arguments).stop()
    url = database or "sqlite:///%s" % (folder / "cloud.sqlite3")
    ids = _make_variables(url, CHARTS)
    _fill(url, ids, CHARTS * count, 365 * DAY_US)
    return asyncio.run(_charts(url, ids))


def measure(values, charted, databases):
    """Measure each of the databases."""
    postgres = Postgres(["synchronous_commit = on", "max_wal_size = 4GB", "shared_buffers = 256MB"])
    figures = {}
    try:
        for name in databases.split(","):
            print("measuring: " + name, file=sys.stderr)
            with contextlib.ExitStack() as stack:
                folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
                urls = [postgres.new_database() if name == "PostgreSQL" else None for _ in range(2)]
                figures[name] = _measure_charts(folders[0], urls[0], charted)
                print(figures[name], file=sys.stderr)
                figures[name].update(_measure(folders[1], urls[1], values))
    finally:
        postgres.stop()
    return figures


def show(figures):
    """Print the figures as tables."""
    print_figures(
        "Charts of a year, in seconds",
        ["six at once", "a percentile", "in one interval"],
        [
            (name, found["six_charts_s"], found["percentile_s"], found["percentile_in_one_s"])
            for name, found in figures.items()
        ],
    )
    print_figures(
        "Values of %d variables" % VARIABLES,
        ["bytes each", "GB a day", "removed", "in s", "PUBACK ms", "99 %", "longest"],
        [
            (
                name,
                *(found[each] for each in ("bytes_per_value", "gb_a_day", "removed", "removal_s")),
                *(found[each] for each in ("puback_ms", "puback_99_ms", "puback_longest_ms")),
            )
            for name, found in figures.items()
        ],
        ["GB a day: each variable once a second. PUBACK: of a device that publishes while a day is removed"],
    )


if __name__ == "__main__":
    options = [
        ("--values", 10_000_000, "values from which a day is removed"),
        ("--charted", 1_000_000, "values of each chart"),
        ("--databases", "SQLite,PostgreSQL", "databases to measure"),
    ]
    command(__doc__, measure, show, options)

"""Two workers share what devices send. Nothing is lost, stored twice or reordered, whichever is killed or restarted."""

import asyncio
import queue
import signal
import threading

import cbor2
import psycopg
from loads import VARIABLES, Load, at_broker, stored_numbers, wait_for
from localcloud.remote import RemoteCloud


def _counts(apis):
    return [api.request("GET", "/status")["counts"].get("stored", 0) for api in apis]


def test_each_value_is_stored_once_and_in_order_though_a_worker_is_killed(start_fleet, api_of):
    fleet = start_fleet(workers=2)
    apis = [api_of(worker.about) for worker in fleet.workers]
    abouts = [apis[number % 2].make_project(*VARIABLES) for number in range(14)]

    async def run():
        async with Load(abouts, fleet) as load:
            await load.publish(1, 60)
            going_on = asyncio.create_task(load.publish(61, 200, pause=0.01))
            await asyncio.to_thread(wait_for, lambda: _counts(apis), all)
            fleet.workers[0].process.kill()
            await going_on
            # Another worker joins: the survivor hands over part of what it took over.
            joining = asyncio.create_task(asyncio.to_thread(fleet.start_worker))
            await load.publish(201, 300, pause=0.01)
            await joining
            await load.publish(301, 400)

    asyncio.run(run())
    for about in abouts:
        assert stored_numbers(apis[1], about, 400) == list(range(1, 401))
    assert "taken" in fleet.workers[2].process.stderr


def test_what_comes_while_no_worker_is_there_is_stored_once_though_the_next_one_is_killed(start_fleet, api_of):
    fleet = start_fleet(workers=1)
    about = api_of(fleet.workers[0].about).make_project(*VARIABLES)
    fleet.workers[0].stop()

    async def run():
        async with Load([about], fleet) as load:
            await load.publish(1, 1500)

    asyncio.run(run())
    # The broker has it on disk.
    fleet.stop_broker()
    fleet.start_broker()
    killed = fleet.start_worker()
    wait_for(lambda: api_of(killed.about).variable("count", about["thing_id"])["value"], bool)
    killed.process.kill()
    api = api_of(fleet.start_worker().about)
    assert stored_numbers(api, about, 1500) == list(range(1, 1501))


def _ask_for_the_thing(device):
    device.publish(device.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(0x010300, [""])), qos=0)


def test_what_comes_with_qos_0_while_no_worker_is_there_is_taken_by_the_next(start_fleet, api_of, make_device):
    fleet = start_fleet(workers=1)
    about = at_broker(api_of(fleet.workers[0].about).make_project(*VARIABLES), fleet)
    device = make_device(about)
    assert device.connect() == "Success"
    device.subscribe(device.device_topic("c/dw"))
    fleet.workers[0].process.kill()
    device.publish_records([{0: "count", 2: 7}], qos=0)
    _ask_for_the_thing(device)
    api = api_of(fleet.start_worker().about)
    assert device.command() == (0x010400, (about["thing_id"],))
    assert stored_numbers(api, about, 7) == [7]


def test_what_came_with_qos_0_is_answered_by_a_worker_that_is_told_to_end(start_fleet, api_of, make_device):
    fleet = start_fleet(workers=1)
    about = at_broker(api_of(fleet.workers[0].about).make_project(*VARIABLES), fleet)
    device = make_device(about)
    assert device.connect() == "Success"
    device.subscribe(device.device_topic("c/dw"))
    with psycopg.connect(fleet.database) as lock:
        lock.execute("LOCK TABLE things IN ACCESS EXCLUSIVE MODE")
        _ask_for_the_thing(device)
        # It has the question and waits for the lock when it is told to end.
        wait_for(lambda: lock.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone(), lambda n: n[0])
        fleet.workers[0].process.signal(signal.SIGTERM)
        assert not fleet.workers[0].process.ended_within(0.3)
    assert device.command() == (0x010400, (about["thing_id"],))


def test_values_survive_a_database_that_is_away_for_a_moment(start_fleet, postgres, api_of):
    fleet = start_fleet(workers=2)
    api = api_of(fleet.workers[1].about)
    abouts = [api.make_project(*VARIABLES) for _ in range(6)]

    async def run():
        async with Load(abouts, fleet) as load:
            going_on = asyncio.create_task(load.publish(1, 150, pause=0.01))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(postgres.stop_server)
            await asyncio.to_thread(postgres.start)
            await going_on

    asyncio.run(run())
    for about in abouts:
        assert stored_numbers(api, about, 150) == list(range(1, 151))


def test_a_device_made_at_one_worker_is_attached_at_the_other_and_works_at_once(fleet, apis, make_device):
    made = apis[0].make_project(*VARIABLES, attached=False)
    device = make_device(at_broker(made, fleet))
    assert device.connect() == "Success"
    assert device.subscribe(device.device_topic("e/i")) == 1
    assert device.subscribe(device.device_topic("c/dw")) == 1
    assert device.records() == (device.device_topic("e/i"), [{0: "thing_id", 3: ""}])
    apis[1].request("PUT", "/things/%s/device" % made["thing_id"], {"device_id": made["device_id"]})
    assert device.command() == (0x010400, (made["thing_id"],))
    assert device.records() == (device.device_topic("e/i"), [{0: "thing_id", 3: made["thing_id"]}])
    assert device.subscribe(device.thing_topic("e/i")) == 1
    device.publish_records([{0: "count", 2: 5}])
    wait_for(lambda: apis[0].variable("count", made["thing_id"])["value"], lambda value: value == 5)
    apis[0].request("DELETE", "/things/%s/device" % made["thing_id"])
    assert device.command() == (0x011000, (made["thing_id"],))
    assert device.records() == (device.device_topic("e/i"), [{0: "thing_id", 3: ""}])


def test_what_any_worker_sets_reaches_the_device(apis, project, device):
    assert device.subscribe(device.thing_topic("e/i")) == 1
    for number, api in enumerate(apis):
        api.set_value("count", number, project["thing_id"])
        assert device.records() == (device.thing_topic("e/i"), [{0: "count", 2: number}])
        assert apis[1 - number].variable("count", project["thing_id"])["value"] == number


def test_each_worker_shows_values_and_devices_of_all(fleet, apis, project, make_device):
    feeds = [queue.Queue(), queue.Queue()]
    ready = threading.Barrier(3)

    async def watch(about, feed, stopped):
        async with RemoteCloud(about).live() as events:
            ready.wait(10)

            async def read():
                async for event in events:
                    feed.put(event)

            reading = asyncio.create_task(read())
            await asyncio.to_thread(stopped.wait, 20)
            reading.cancel()

    stopped = threading.Event()
    threads = [
        threading.Thread(target=lambda *of: asyncio.run(watch(*of)), args=(worker.about, feed, stopped))
        for worker, feed in zip(fleet.workers, feeds)
    ]
    for thread in threads:
        thread.start()
    try:
        ready.wait(10)
        device = make_device(project)
        assert device.connect() == "Success"
        device.publish_records([{0: "count", 2: 41}])
        device.close()
        for feed in feeds:
            seen = []
            while len(seen) < 3:
                event = feed.get(timeout=10)
                if event.get("device_id") == project["device_id"]:
                    seen.append(("online", event["online"]))
                elif event.get("thing_id") == project["thing_id"] and event["event"] == "value":
                    seen.append((event["variable_name"], event["value"]))
            assert sorted(seen) == [("count", 41), ("online", False), ("online", True)]
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    for api in apis:
        shown = api.request("GET", "/devices/" + project["device_id"])
        assert shown["online"] is False and shown["last_activity_at_us"]


def test_what_a_device_asks_for_is_answered_by_whoever_takes_its_messages(apis, project, device):
    device.subscribe(device.device_topic("c/dw"))
    device.subscribe(device.thing_topic("shadow/i"))
    apis[1].set_value("count", 3, project["thing_id"])
    device.publish(device.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(0x010300, [""])))
    assert device.command() == (0x010400, (project["thing_id"],))
    device.publish_records([{0: "temperature", 2: 20.5}])
    device.publish(device.device_topic("c/up"), cbor2.dumps(cbor2.CBORTag(0x010500, [])))
    tag, (values,) = device.command()
    assert tag == 0x010600
    names = {record[0]: record[2] for record in cbor2.loads(values) if 2 in record}
    assert names["count"] == 3 and names["temperature"] == 20.5
    device.publish(device.thing_topic("shadow/o"), cbor2.dumps([{0: "r:m", 3: "getLastValues"}]))
    topic, records = device.records()
    assert topic == device.thing_topic("shadow/i") and records


def test_another_broker_does_where_somebody_else_sees_to_the_rights(
    mosquitto, postgres, start_local_cloud, api_of, make_device
):
    broker = mosquitto(users={"workers": "their-secret", "devices": "its-secret"}, settings=["max_queued_messages 0"])
    url = "mqtt://workers:their-secret@127.0.0.1:%d?security=none" % broker.port
    cloud = start_local_cloud("--broker", url, "--database", postgres.new_database())
    api = api_of(cloud.about)
    about = {**api.make_project(*VARIABLES), "mqtt_port": broker.port}
    device = make_device(about, device_id="devices", secret="its-secret", client_id=about["device_id"])
    assert device.connect() == "Success"
    assert device.subscribe(device.thing_topic("e/i")) == 1
    device.publish_records([{0: "count", 2: 5}])
    assert stored_numbers(api, about, 5) == [5]
    api.set_value("count", 6, about["thing_id"])
    assert device.records() == (device.thing_topic("e/i"), [{0: "count", 2: 6}])

"""Values both ways, over plain TCP and verified TLS, against mosquitto and an independent cloud."""

import pytest

VARIABLES = """
for name, value in (("number", 1), ("real", 0.5), ("text", "a"), ("switch", False)):
    client.register(name, value=value, on_write=lambda client, value, name=name: print("wrote", name, repr(value)))
"""

COMPOSITES = """
from arduino_iot_cloud import Color, ColoredLight, DimmedLight, Location, Schedule, Television

def wrote(client, value):
    print("wrote", value.name, sorted(value.value.items()))

client.register(Location("place", lat=47.5, lon=8.25, on_write=wrote))
client.register(Color("colour", hue=1.0, sat=2.0, bri=3.0, on_write=wrote))
client.register(ColoredLight("lamp", swi=True, hue=1.0, sat=2.0, bri=3.0, on_write=wrote))
client.register(DimmedLight("dimmer", swi=False, bri=10.0, on_write=wrote))
client.register(Television("tv", swi=True, vol=5, mut=False, pbc=Television.PLAYBACK_NONE,
    inp=Television.INPUT_TV, cha=7, on_write=wrote))
client.register(Schedule("plan", frm=1000, to=2000, len=60, msk=0))
"""


@pytest.fixture(params=["plain", "tls"])
def connection(request, broker, certificates):
    """Arguments for a plain and for a verified connection."""
    if request.param == "plain":
        return {"port": broker.port}
    params = {"cafile": str(certificates.ca_file_der), "server_hostname": "localhost"}
    return {"port": broker.tls_port, "ssl_params": params}


def test_scalars_go_both_ways(connect_device, opposite, connection):
    device = connect_device(VARIABLES, **connection)
    for name, value in (("number", 1), ("real", 0.5), ("text", "a"), ("switch", False)):
        opposite.wait_value(name, value)  # initial values
    for name, value in (("number", -70000), ("real", 21.5), ("text", "grüezi"), ("switch", True)):
        device.do("client[%r] = %r" % (name, value))
        opposite.wait_value(name, value)
        assert type(opposite.values(name)[-1]) is type(value)
    for name, value in (("number", 2**31 - 1), ("real", -0.25), ("text", ""), ("switch", False)):
        opposite.write(**{name: value})
        device.wait_for(r"^wrote %s %r\r?\n" % (name, value))
        assert device.ask("client[%r]" % name) == value


def test_a_plain_connection_is_warned_about(connect_device):
    assert "neither encrypted nor verified" in connect_device().output


def test_composites_go_both_ways(connect_device, opposite):
    device = connect_device(COMPOSITES)
    opposite.wait_value("plan:msk", 0)
    for name, value in (
        ("place:lat", 47.5),
        ("place:lon", 8.25),
        ("colour:hue", 1.0),
        ("lamp:swi", True),
        ("dimmer:bri", 10.0),
        ("tv:pbc", 255),
        ("tv:inp", 55),
        ("plan:frm", 1000),
        ("plan:len", 60),
    ):
        opposite.wait_value(name, value)
    device.do("client['place'].lat = -33.5")
    opposite.wait_value("place:lat", -33.5)
    opposite.wait_value("place:lon", 8.25)  # always all attributes
    device.do("client['lamp'].value = {'swi': False, 'hue': 200.0}")
    opposite.wait_value("lamp:hue", 200.0)
    opposite.wait_value("lamp:swi", False)
    opposite.write(lamp__swi=True, lamp__hue=90.0, lamp__sat=80.0, lamp__bri=70.0)
    device.wait_for(r"^wrote lamp \[\('bri', 70.0\), \('hue', 90.0\), \('sat', 80.0\), \('swi', True\)\]")
    opposite.write(tv__vol=11, tv__mut=True)
    device.wait_for(r"^wrote tv \[\('cha', 7\), .*\('mut', True\), .*\('vol', 11\)\]")
    assert device.ask("client['tv'].vol, client['place'].lon") == (11, 8.25)


def test_a_value_without_an_initial_one_is_taken_from_the_cloud(start_device, broker, opposite):
    opposite.last_values[opposite.thing_id] = {"number": 42, "lamp:swi": True, "lamp:bri": 7.5}
    setup = (
        "from arduino_iot_cloud import DimmedLight\n"
        "client.register('number', on_write=lambda client, value: print('wrote', value))\n"
        "client.register(DimmedLight('lamp'))\n"
    )
    device = start_device(setup, broker)
    device.wait_for("^wrote 42")
    device.wait_until("client.connected")
    assert device.ask("client['number'], client['lamp'].swi, client['lamp'].bri") == (42, True, 7.5)


def test_whole_numbers_are_taken_for_floats_and_the_type_stays(connect_device, opposite):
    device = connect_device(VARIABLES)
    device.do("client['real'] = 3")
    opposite.wait_value("real", 3.0)
    opposite.write(real=4, number=5.75, switch=1)
    device.wait_for("^wrote switch True")
    assert device.ask("repr((client['real'], client['number']))") == "(4.0, 5)"


def test_a_read_only_variable_keeps_its_value(connect_device, opposite):
    device = connect_device("client.register('sensor', value=1)\nclient.register('knob', value=1, on_write=print)")
    opposite.write(sensor=99)
    opposite.write(knob=2)
    device.wait_until("client['knob'] == 2")
    assert device.ask("client['sensor']") == 1


def test_the_last_of_many_quick_changes_arrives(connect_device, opposite):
    device = connect_device(VARIABLES)
    device.do("for i in range(500): client['number'] = i")
    opposite.wait_value("number", 499)
    values = opposite.values("number")
    assert values == sorted(values)


def test_changes_from_a_task_without_rest_arrive(connect_device, opposite):
    setup = """
client.register("number", value=0)
async def hurry():
    for i in range(500):
        client["number"] = i
        await asyncio.sleep(0)
"""
    device = connect_device(setup)
    device.do("later(hurry())")
    device.wait_for("^result None")
    opposite.wait_value("number", 499)
    assert opposite.values("number") == sorted(opposite.values("number"))


def test_many_variables_take_several_packets(connect_device, opposite):
    device = connect_device("for i in range(40): client.register('variable%02d' % i, value='x' * 20)", buffer=256)
    for i in range(40):
        opposite.wait_value("variable%02d" % i, "x" * 20)
    device.do("for i in range(40): client['variable%02d' % i] = 'y' * 20")
    for i in range(40):
        opposite.wait_value("variable%02d" % i, "y" * 20)
    packets = [len(message.payload) for message in opposite.messages if message.topic.endswith("/e/o")]
    assert max(packets) <= 256 and len(packets) < 40


def test_the_library_announces_its_version(connect_device, opposite):
    connect_device()
    versions = [m.item[1] for m in opposite.messages if m.topic.endswith("/c/up") and m.item[0] == "DeviceBegin"]
    assert versions and len(versions[0]) == 1 and versions[0][0].count(".") == 2 and len(versions[0][0]) <= 9


@pytest.mark.parametrize("discovery", ["both", "legacy"])
def test_the_older_discovery_finds_the_thing_and_its_values(start_device, start_opposite, broker, discovery):
    opposite = start_opposite(broker, legacy=True)
    opposite.last_values[opposite.thing_id] = {"number": 42}
    device = start_device("client.register('number', on_write=print)", broker, discovery=discovery)
    device.wait_until("client['number'] == 42")
    assert device.ask("client.thing_id") == opposite.thing_id
    device.do("client['number'] = 43")
    opposite.wait_value("number", 43)


def test_the_command_handshake_alone_suffices(start_device, broker, opposite):
    opposite.last_values[opposite.thing_id] = {"number": 42}
    device = start_device("client.register('number', on_write=print)", broker, discovery="command")
    device.wait_until("client['number'] == 42")
    assert not any(message.topic.endswith("/shadow/o") for message in opposite.messages)

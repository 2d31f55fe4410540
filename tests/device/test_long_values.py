"""Values as large as a packet, larger values, and the smallest buffer."""

from broker_restarts import settle
from opposite import THING_ID

TEXT = "client.register('t', value='', on_write=lambda client, value: print('wrote', len(value)))\n"
REFUSED = """
def refused(value):
    try:
        client["t"] = value
    except ValueError as error:
        return str(error)
"""


def test_a_text_as_long_as_a_packet_arrives_and_one_more_byte_is_refused(connect_device, opposite):
    for buffer in (128, 256, 1024):
        device = connect_device(TEXT + REFUSED, buffer=buffer)
        room = buffer - 54 - 5 - (2 if buffer < 300 else 3)
        for character, n in (("x", room), ("\u20ac", room // 3)):
            device.do("client['t'] = %r * %d" % (character, n))
            opposite.wait_value("t", character * n)
            assert "'t'" in device.ask("refused(%r * %d)" % (character, n + 1)), (buffer, room)
        device.stop()


def test_the_smallest_buffer_goes_through_everything(connect_device, opposite):
    setup = TEXT + "client.register('n', value=1.5, on_write=lambda client, value: print('n', value))"
    device = connect_device(setup, buffer=128)
    opposite.wait_value("n", 1.5)
    opposite.write(n=2.5, t="hello")
    device.wait_for("^n 2.5\n")
    device.wait_for("^wrote 5\n")
    device.do("client['n'] = 3.5; client['t'] = 'x' * 60")
    opposite.wait_value("n", 3.5)
    opposite.wait_value("t", "x" * 60)


def test_the_smallest_buffer_finds_its_thing_by_the_older_discovery_too(start_device, broker, start_opposite):
    opposite = start_opposite(broker, legacy=True)
    device = start_device(TEXT, broker, buffer=128, discovery="legacy")
    device.wait_until("client.connected")
    device.do("client['t'] = 'here'")
    opposite.wait_value("t", "here")


def test_many_values_take_several_packets(connect_device, opposite):
    setup = "for i in range(40): client.register('variable%d' % i, value='x' * i)"
    device = connect_device(setup, buffer=256)
    for i in range(40):
        opposite.wait_value("variable%d" % i, "x" * i)
    settle(device)
    packets = [m for m in opposite.messages if m.topic == "/a/t/%s/e/o" % THING_ID]
    assert len(packets) > 5 and sum(len(m.item) for m in packets) == 40
    assert max(len(m.payload) for m in packets) <= 256 - 52


def test_last_values_of_any_size_are_taken(start_device, broker, opposite):
    values = {"f%d" % i: i + 0.125 for i in range(60)}
    opposite.last_values[THING_ID] = dict(values, t="y" * 1000)
    setup = TEXT + "for i in range(60): client.register('f%d' % i)"
    device = start_device(setup, broker, buffer=256)
    device.wait_until("client.connected")
    assert device.ask("[client['f%d' % i] for i in range(60)]") == list(values.values())
    device.wait_for("Dropped the value of 't' .*buffer=256")
    assert device.ask("client.stats()['dropped']") == 1
    assert opposite.commands().count("LastValuesBegin") == 1


def test_a_variable_without_a_value_that_is_registered_later_gets_the_clouds(connect_device, opposite):
    device = connect_device("client.on('sync', lambda client: print('sync'))\n" + TEXT)
    opposite.wait_value("t", "")
    opposite.last_values[THING_ID] = {"late": 21}
    device.do("client.register('late', on_write=lambda client, value: print('late', value))")
    device.wait_for("^late 21\n")
    assert opposite.commands().count("LastValuesBegin") == 2
    device.do("client.register('task', lambda client, args: None)")
    opposite.write(t="now")
    device.wait_for("^wrote 3\n")
    assert opposite.commands().count("LastValuesBegin") == 2
    assert device.output.count("sync\n") == 1


def test_a_value_larger_than_the_buffer_is_reported_and_the_next_one_taken(connect_device, opposite):
    device = connect_device(TEXT, buffer=256)
    opposite.wait_value("t", "")
    opposite.write(t="y" * 1000)
    device.wait_for("Dropped the value of 't' from the cloud: .*buffer=256")
    opposite.write(t="z" * 100)
    device.wait_for("^wrote 100\n")
    assert device.ask("client.connected, client.stats()['dropped']") == (True, 1)


def test_last_values_larger_than_the_buffer_are_not_waited_for_again_and_again(start_device, broker, opposite):
    opposite.last_values[THING_ID] = {"t": "y" * 1000}
    device = start_device(TEXT, broker, buffer=256)
    device.wait_until("client.connected")
    device.wait_for("buffer=256")
    opposite.wait_value("t", "")
    assert opposite.commands().count("LastValuesBegin") == 1

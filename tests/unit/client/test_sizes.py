"""What fits into a packet, to the byte: from the program and from the cloud."""

import sys

from arduino_iot_cloud.cbor import Writer
from arduino_iot_cloud.cbor_item import Tag, dumps
from arduino_iot_cloud.mqtt import MQTT
from arduino_iot_cloud.property import ArduinoCloudObject
from arduino_iot_cloud.property.composites import ColoredLight, Composite
from mqtt_rig import publish
from pieces_rig import Inbound
from policy_rig import ClientRig
from portable_assert import raises
from session_rig import COMMAND_DOWN, DEVICE_IN, SHADOW_IN, THING, pack

SIZES = (128, 129, 200, 256, 257, 300, 512, 1024, 2000, 16383)


def driver_of(rig):
    """The part of a driver that builds packets of values."""
    mqtt = MQTT(rig.client.buffer)
    writer = Writer(mqtt.tx)
    writer.pos = mqtt.begin(("/a/t/%s/e/o" % THING).encode())
    if not rig.session.fill(writer, 0):
        return None
    mqtt.finish(writer.pos)
    assert mqtt.outgoing(0)
    return bytes(mqtt.out[mqtt.at : mqtt.end])


def longest(rig, name, character):
    """How many characters the client accepts."""
    low, high = 0, rig.client.buffer + 1
    while high - low > 1:
        middle = (low + high) // 2
        try:
            rig.client.check(name, character * middle)
            low = middle
        except ValueError:
            high = middle
    return low


def test_the_longest_text_is_sent_and_one_more_character_is_refused_at_once():
    for buffer in SIZES:
        for name in ("n", "name" * 8):
            for character in ("x", "\u00e9", "\u20ac", "\U0001f600"):
                if len(name) > 8 and buffer < 150:
                    continue
                rig = ClientRig(buffer=buffer).sync()
                rig.client.register(name, value="")
                n = longest(rig, name, character)
                rig.client[name] = character * n
                packet = driver_of(rig)
                assert packet and rig.session.dropped == 0, (buffer, name)
                # a head that is a byte shorter leaves one byte free
                assert buffer - len(character.encode()) - 2 <= len(packet) <= buffer, (buffer, len(packet))
                error = raises(ValueError, rig.client.__setitem__, name, character * (n + 1))
                assert name in str(error) and str(buffer) in str(error)
                assert rig.client[name] == character * n


def test_with_a_time_there_is_room_for_less():
    for arguments in ({"timestamp": True}, {"history": 3}):
        rig = ClientRig(buffer=200).sync()
        rig.client.register("plain", value="")
        rig.client.register("timed", value="", **arguments)
        n = longest(rig, "timed", "x")
        assert longest(rig, "plain", "x") == n + 6
        rig.client["plain"] = ""
        rig.drain()
        rig.client["timed"] = "x" * n
        assert 200 - 4 < len(driver_of(rig)) <= 200


def test_a_text_far_too_long_is_refused():
    rig = ClientRig()
    rig.client.register("a", value="")
    raises(ValueError, rig.client.__setitem__, "a", "\u20ac" * 100000)


def test_a_text_that_is_no_unicode_is_refused_where_there_is_one():
    rig = ClientRig()
    rig.client.register("a", value="")
    if sys.implementation.name == "cpython":
        raises(ValueError, rig.client.__setitem__, "a", chr(0xDC80))


def test_a_value_that_is_too_long_at_registration_is_refused():
    rig = ClientRig(buffer=128)
    raises(ValueError, rig.client.register, "a", value="x" * 100)
    raises(ValueError, rig.client.register, "n" * 80, value=5)
    assert "a" not in rig.client and len(rig.client.records) == 0


def test_numbers_with_a_long_name():
    for n in (60, 61, 62, 63):
        rig = ClientRig(buffer=128).sync()
        rig.client.register("n" * n, value=1.5)
        assert len(driver_of(rig) or b"") <= 128
    raises(ValueError, rig.client.register, "n" * 70, value=1.5)


class Note(Composite):
    """A variable whose attributes are texts."""

    KEYS = ("head", "body")


def test_the_attributes_of_a_composite_count_together():
    rig = ClientRig(buffer=200).sync()
    note = Note("note", head="", body="")
    rig.client.register(note)
    low, high = 0, 200
    while high - low > 1:
        middle = (low + high) // 2
        try:
            note.value = {"head": "x" * 40, "body": "y" * middle}
            low = middle
        except ValueError:
            high = middle
    note.value = {"head": "x" * 40, "body": "y" * low}
    assert 200 - 4 < len(driver_of(rig)) <= 200
    error = raises(ValueError, setattr, note, "head", "x" * 43)
    assert "note" in str(error) and note.value == {"head": "x" * 40, "body": "y" * low}


def test_a_composite_that_can_never_fit_is_refused():
    rig = ClientRig(buffer=128)
    lamp = ColoredLight("a_lamp_with_a_long_name", swi=True, hue=1.5, sat=1.5, bri=1.5)
    raises(ValueError, rig.client.register, lamp)
    rig = ClientRig(buffer=256).sync()
    rig.client.register(lamp)
    assert driver_of(rig)


def test_many_values_take_several_packets_and_a_composite_is_never_divided():
    for buffer in (150, 200, 256):
        rig = ClientRig(buffer=buffer).sync()
        for i in range(6):
            rig.client.register("text%d" % i, value="x" * (10 * i))
            rig.client.register(ColoredLight("c%d" % i, swi=True, hue=i, sat=1.5, bri=2.5))
        found = {}
        packets = 0
        while True:
            packet = rig.exchange(buffer - 52)
            if not packet:
                break
            packets += 1
            lamps = {}
            for name, value in packet:
                assert name not in found
                found[name] = value
                lamps.setdefault(name.split(":")[0], []).append(name)
            for name in lamps:
                assert name[0] != "c" or len(lamps[name]) == 4
        assert packets > 2 and len(found) == 6 + 24 and rig.session.dropped == 0


def test_the_smallest_buffer_holds_all_of_the_handshake():
    update = publish(COMMAND_DOWN.encode(), dumps(Tag(0x010400, [THING])), 65535)
    thing = publish(DEVICE_IN.encode(), pack(("thing_id", THING)), 65535)
    detach = publish(COMMAND_DOWN.encode(), dumps(Tag(0x011000, [THING])), 65535)
    zone = pack(("tz_offset", 50400), ("tz_dst_until", 2**31))
    values = publish(COMMAND_DOWN.encode(), dumps(Tag(0x010600, [zone])), 65535)
    shadow = publish(SHADOW_IN.encode(), zone, 65535)
    down = publish(COMMAND_DOWN.encode(), dumps(Tag(0x010900, [50400, 2**31])), 65535)
    for packet in (update, thing, detach, values, shadow, down):
        assert len(packet) <= 128, len(packet)
    for way in ((update, values), (thing, shadow)):
        rig = ClientRig(ArduinoCloudObject("a", value=1), buffer=128)
        rig.connect()
        rig.poll()
        inbound = Inbound(rig, 128)
        for packet in way:
            inbound.receive(packet)
            rig.poll()
        assert rig.session.state == "Connected" and rig.session.tz_offset == 50400
        assert driver_of(rig)

"""Every state of the session, every way out of it and every timeout; then the greeting."""

import arduino_iot_cloud
from arduino_iot_cloud.cbor_item import Tag, dumps
from arduino_iot_cloud.session import Session
from arduino_iot_cloud.session.announcing import net_config, wifi_firmware
from portable_assert import raises
from reports import Reports
from session_rig import (
    DEVICE,
    DEVICE_BEGIN,
    OTHER,
    THING,
    THING_BEGIN,
    THING_DETACH,
    THING_UPDATE,
    TIMEZONE_DOWN,
    Rig,
    record,
    variable,
)
from walk_rig import HOUR, NOW, STARTS, Walk

# (state, what happens, the state after it, events)
MOVES = (
    ("Init", "link", "SendCapabilities", ()),
    ("SendCapabilities", "thing", "RequestLastValues", ("connect",)),
    ("SendCapabilities", "thing by record", "RequestLastValues", ("connect",)),
    ("SendCapabilities", "no thing", "SendCapabilities", ()),
    ("SendCapabilities", "detach", "SendCapabilities", ()),
    ("SendCapabilities", "last values", "SendCapabilities", ()),
    ("SendCapabilities", "zone", "SendCapabilities", ()),
    ("SendCapabilities", "lost", "Disconnect", ()),
    ("SendCapabilities", "silence", "Disconnect", ()),
    ("unlinked", "thing", "RequestLastValues", ("connect",)),
    ("unlinked", "no thing", "SendCapabilities", ()),
    ("unlinked", "lost", "Disconnect", ()),
    ("unlinked", "silence", "SendCapabilities", ()),
    ("RequestLastValues", "thing", "RequestLastValues", ()),
    ("RequestLastValues", "other thing", "RequestLastValues", ("disconnect", "connect")),
    ("RequestLastValues", "no thing", "SendCapabilities", ("disconnect",)),
    ("RequestLastValues", "detach", "SendCapabilities", ("disconnect",)),
    ("RequestLastValues", "last values", "Connected", ()),
    ("RequestLastValues", "zone", "RequestLastValues", ()),
    ("RequestLastValues", "lost", "Disconnect", ("disconnect",)),
    ("RequestLastValues", "silence", "Disconnect", ("disconnect",)),
    ("held", "last values", "Connected", ()),
    ("held", "detach", "SendCapabilities", ("disconnect",)),
    ("Connected", "thing", "Connected", ()),
    ("Connected", "other thing", "RequestLastValues", ("disconnect", "connect")),
    ("Connected", "no thing", "SendCapabilities", ("disconnect",)),
    ("Connected", "detach", "SendCapabilities", ("disconnect",)),
    ("Connected", "last values", "Connected", ()),
    ("Connected", "zone", "Connected", ()),
    ("Connected", "lost", "Disconnect", ("disconnect",)),
    ("Connected", "silence", "Connected", ()),
    ("Disconnect", "link", "SendCapabilities", ()),
    ("Disconnect", "silence", "Disconnect", ()),
)


def happen(walk, what):
    """Let one thing happen."""
    if what == "link":
        walk.connect()
    elif what == "thing":
        walk.command(THING_UPDATE, THING)
    elif what == "other thing":
        walk.command(THING_UPDATE, OTHER)
    elif what == "thing by record":
        walk.tell("/a/d/%s/e/i" % DEVICE, dumps([record("thing_id", THING)]))
    elif what == "no thing":
        walk.command(THING_UPDATE, "")
    elif what == "detach":
        walk.command(THING_DETACH, THING)
    elif what == "last values":
        walk.last_values()
    elif what == "zone":
        walk.command(TIMEZONE_DOWN, 3600, NOW + 1000)
    elif what == "lost":
        walk.session.end()
    else:
        for _ in range(60):  # ten days: longer than any wait
            for _, requests in walk.run(4 * HOUR):
                if ("reset", None, None) in requests:
                    walk.lose()


def test_every_move():
    with Reports():
        for start in STARTS:
            for state, what, after, events in MOVES:
                walk = Walk(variable("a", 1), now=start)
                walk.session.clock = lambda: NOW
                walk.put(state)
                happen(walk, what)
                try:
                    walk.at(after, events)
                except AssertionError as error:
                    raise AssertionError("%s, %s: %s" % (state, what, error))


def test_values_flow_only_where_they_may():
    for state, flow in (("Init", False), ("SendCapabilities", False), ("unlinked", False), ("RequestLastValues", False),
                        ("held", True), ("Connected", True), ("Disconnect", False)):
        assert Walk().put(state).session.ready is flow, state


def test_every_wait():
    expected = {
        "SendCapabilities": [4000, 8000, 16000] + [32000] * 8,
        "unlinked": [4000, 80000, 160000, 320000, 640000, 1280000, 1280000],
        "RequestLastValues": [30000] * 11,
    }
    for start in STARTS:
        for state in expected:
            walk = Walk(now=start).put(state)
            done = walk.run(10 * HOUR)
            times = [0] + [time for time, _ in done]
            waits = [times[i + 1] - times[i] for i in range(len(times) - 1)]
            assert waits[: len(expected[state])] == expected[state], (state, waits)
            if state != "unlinked":
                assert done[-1][1] == [("reset", None, None)] and len(waits) == len(expected[state])


# The greeting


class Client:
    """The parts of a client that `announcing` uses."""

    device_id = DEVICE


def greeting():
    rig = Rig(discovery="command")
    rig.connect()
    return [payload for kind, _, payload in rig.poll() if kind == "publish"]


def test_the_greeting_names_the_network_where_it_is_known():
    version = Tag(DEVICE_BEGIN, [arduino_iot_cloud.__version__])
    assert greeting() == [version, THING_BEGIN]
    try:
        net_config(Client, "wifi", "home")
        assert greeting() == [version, Tag(0x011100, [1, "home"]), THING_BEGIN]
        wifi_firmware(Client, "1.5.0")
        assert greeting() == [version, Tag(0x011100, [1, "home"]), Tag(0x012014, ["1.5.0"]), THING_BEGIN]
        address = bytes((192, 168, 1, 2))
        net_config(Client, "ethernet", address, b"", bytes(16), b"")
        assert greeting()[1] == Tag(0x011100, [6, address, b"", bytes(16), b""])
        net_config(Client, "cellular", "apn", "login")
        assert greeting()[1] == Tag(0x011100, [7, "apn", "login"])
        net_config(Client, "none")
        assert greeting()[1] == Tag(0x011100, [0])
        other = Rig(discovery="command")
        other.session.device_id = "another"
        other.connect()
        assert len(other.poll()) == 3  # nothing is known of another device
    finally:
        Session.announced.clear()
    assert greeting() == [version, THING_BEGIN]


def test_a_network_that_does_not_exist_is_refused():
    for wrong in (
        ("wlan", "x"),
        ("wifi",),
        ("wifi", 5),
        ("wifi", "a", "b"),
        ("ethernet", b"123", b"", b"", b""),
        ("gsm", "apn"),
    ):
        raises(ValueError, net_config, Client, *wrong)
    assert greeting()[1:] == [THING_BEGIN]

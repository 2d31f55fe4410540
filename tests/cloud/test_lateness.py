"""Late samples are told from live values by how their times advance, whatever the clocks say."""

import json
from pathlib import Path

import pytest
from localcloud.protocol import topics
from localcloud.protocol.conversation import Conversation
from localcloud.protocol.lateness import GAP_S, Lateness, Place

NOW = 1_800_000_000
LIVE, LATE, OLD = Place.LIVE, Place.LATE, Place.OLD


class Connection:
    """A connection that began at 100 ticks. Times are those of a right clock, from the beginning of the connection."""

    def __init__(self, host_s=0, device_s=0):
        self.lateness = Lateness(100)
        self.host_s, self.device_s = host_s, device_s

    def send(self, at, taken, name="n"):
        """Return the place of a value sent at a time, with the time when it was taken, or None."""
        time = None if taken is None else NOW + taken + self.device_s
        return self.lateness.place(name, time, NOW + at + self.host_s, 100 + at)


CLOCKS = [(host, device) for host in (0, -7200, 7200) for device in (0, -60, 60, -3600, 3600)]


@pytest.mark.parametrize("host, device", CLOCKS)
def test_values_without_a_time_are_live(host, device):
    connection = Connection(host, device)
    assert [connection.send(at, None) for at in (0, 1, 100)] == [LIVE] * 3


@pytest.mark.parametrize("host, device", CLOCKS)
def test_samples_of_a_replay_are_late_whatever_the_clocks_say(host, device):
    connection = Connection(host, device)
    # The last hour's samples, one a minute, ten of them a second.
    assert {connection.send(1 + i / 10, -8000 + 60 * i) for i in range(60)} == {LATE}


@pytest.mark.parametrize("host, device", CLOCKS)
def test_values_after_a_quiet_are_live_whatever_the_clocks_say(host, device):
    connection = Connection(host, device)
    connection.send(1, -600)
    quiet = 1 + GAP_S
    assert {connection.send(at, at) for at in (quiet, quiet + 1, quiet + 60)} == {LIVE}


@pytest.mark.parametrize("host, device", CLOCKS)
def test_values_whose_times_advance_as_they_arrive_become_live_without_a_quiet(host, device):
    connection = Connection(host, device)
    places = [connection.send(at, at) for at in range(60)]
    assert set(places[int(GAP_S) + 1 :]) == {LIVE}
    if not host and not device:
        assert set(places) == {LIVE}


def test_a_value_taken_since_the_connection_began_is_live_at_once():
    connection = Connection()
    assert connection.send(1, -30) is LATE
    assert connection.send(1.1, 1) is LIVE


def test_the_beginning_of_a_connection_moves_with_the_hosts_clock():
    connection = Connection()
    connection.host_s = -7200
    # The device has been told the wrong time too.
    connection.device_s = -7200
    assert connection.send(5, 4) is LIVE
    assert connection.send(6, -10) is OLD


def test_a_sample_older_than_one_of_the_same_replay_is_old():
    connection = Connection()
    assert [connection.send(1, taken) for taken in (-60, -30, -45, -30, -20)] == [LATE, LATE, OLD, LATE, LATE]


def test_a_late_sample_after_a_live_value_is_old():
    connection = Connection()
    assert connection.send(1, None) is LIVE
    assert connection.send(1, -60) is OLD
    assert connection.send(1, -60, "other") is LATE


def test_the_history_of_one_variable_after_that_of_another_is_late():
    connection = Connection()
    for name in ("one", "other"):
        places = {connection.send(i / 4 + (20 if name == "other" else 0), -3600 + 45 * i, name) for i in range(78)}
        assert places == {LATE}


def test_a_question_makes_room_for_a_replay():
    connection = Connection()
    connection.lateness.asked(140)
    assert connection.send(45, -60) is LATE


def test_a_connection_that_is_not_seen_begins_with_its_question():
    lateness = Lateness(0, begins_with_question=True)
    assert lateness.place("n", NOW, NOW, 100) is LIVE
    lateness.asked(1000)
    assert lateness.place("n", NOW + 500, NOW + 901, 1001) is LATE


def test_a_device_that_invents_names_takes_no_memory():
    connection = Connection()
    for i in range(5000):
        connection.send(i / 1000, -60, "name%d" % i)
    assert len(connection.lateness._courses) <= 500


VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "device_vectors.json").read_text())
ENCODED = [each for each in VECTORS["property_encode"] if each["hex"]]


@pytest.mark.parametrize("vector", ENCODED, ids=[each["name"] for each in ENCODED])
def test_what_the_cpp_library_sends_has_its_place(vector):
    taken = max([record.get("t", 0) for record in vector["records"]])
    topic = topics.thing("0e6c1bd4-3b9c-4e5f-8a57-1f7a3b1d6c11", topics.EVENTS_OUT)
    for began, after_s, place in ((taken - 5, 6, LIVE), (taken + 60, 1, LATE), (taken + 60, 60, LIVE)):
        talk = Conversation("", None, Lateness(0))
        for action in talk.received(topic, bytes.fromhex(vector["hex"]), began + after_s, after_s):
            assert set(action.places) == {place if taken else LIVE}

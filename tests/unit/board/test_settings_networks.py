"""The Wi-Fi networks of the settings: a bad one does not spoil the others, and stays stored; the page's entry wins."""

import json

from arduino_cloud_board.key_store import LARGEST, KeyCorrupted, open as open_store
from arduino_cloud_board.link.arguments import networks_of, usable
from arduino_cloud_board.settings import Settings
from key_rig import FOLDER, KeyFiles
from portable_assert import raises
from reports import Reports
from stands_in import Stands
from test_link_arguments import BAD

HEAPSIZE = "8m"
SECRET = "a secret that is shown nowhere"
HOME = {"ssid": "home", "password": SECRET}
NEW = {"ssid": "new", "password": "another secret"}


class NoSecrets:
    """An empty secrets.py."""


class Networks:
    """A secrets.py with nothing but networks."""


def fresh():
    """Settings in files, and those files."""
    files = KeyFiles()
    return Settings(open_store(FOLDER)), files


def stored(networks):
    """Settings in whose store this list is, and its files."""
    kept, files = fresh()
    kept.keys.store("networks", json.dumps(networks).encode())
    return kept, files


def in_store(kept):
    """The list as it is stored."""
    return json.loads(kept.keys.load("networks").decode())


def json_like():
    """The bad entries that JSON can have, as they come back from it."""
    for bad, said in BAD:
        try:
            one = json.loads(json.dumps(bad))
        except TypeError:
            continue
        if not usable([one])[0]:  # MicroPython writes bytes as text
            yield one, said


def test_good_networks_are_used_and_the_bad_one_is_named():
    for bad, said in json_like():
        kept, _ = stored([HOME, bad])
        with Reports() as reports:
            assert kept.networks() == [HOME]
        assert len(kept.complaints) == 1 and kept.complaints[0].startswith(said.split(",")[0])
        (text,) = reports.texts
        assert text == "A network of files:/keys is not used: " + kept.complaints[0]
        assert reports.levels == [30] and "secret" not in text and "shown" not in text


def test_a_list_without_any_usable_network_says_why():
    kept, _ = stored([{"ssid": "home", "password": "secret7"}, 5])
    with Reports():
        assert kept.networks() == []
    assert kept.complaints == [
        "home: password: expected 8 to 63 characters, got 7",
        "network 2: expected a dict, got int",
    ]
    kept.set_networks([HOME])
    assert kept.networks() == [HOME] and kept.complaints == []


def test_the_pages_entry_comes_first_whatever_is_stored():
    for bad, _ in json_like():
        kept, _ = stored([bad, HOME])
        said = kept.save(NEW)
        if isinstance(bad, dict):
            assert in_store(kept) == [NEW, bad, HOME], bad  # nothing is lost
        else:
            assert in_store(kept) == [NEW, HOME] and said == ""  # nothing could ever replace what has no name
            continue
        with Reports():
            assert kept.networks()[0] == NEW and HOME in kept.networks()
        assert networks_of(kept.networks())[0][0] == "new"
        assert said.startswith("Stored networks that are not used: ") and "secret" not in said


def test_the_pages_entry_has_the_highest_priority_whatever_the_others_have():
    for priorities, expected in (((5, "9"), 6), (("9", None), None), ((-3, 0), None), ((2, 7), 8)):
        others = [{"ssid": "other %d" % i, "password": "", "priority": priorities[i]} for i in range(2)]
        kept, _ = stored(others)
        kept.save(NEW)
        with Reports():
            assert networks_of(kept.networks())[0][0] == "new"
        assert in_store(kept)[0].get("priority") == expected and in_store(kept)[1:] == others


def test_the_pages_entry_replaces_a_bad_one_of_its_name():
    kept, _ = stored([{"ssid": "new", "password": "secret7", "priority": "high"}, HOME, {"ssid": "lab", "password": 5}])
    said = kept.save(NEW)
    assert in_store(kept)[:2] == [NEW, HOME]
    assert said == "Stored networks that are not used: lab: password: expected 8 to 63 characters, got int."
    kept.save({"ssid": "lab", "password": ""})
    assert kept.save(NEW) == "" and kept.networks()[0] == NEW


def test_a_list_that_is_damaged_as_a_whole_gives_way():
    for data in (b"[", b"{}", b"5", b"\xff\xfe"):
        kept, _ = fresh()
        kept.keys.store("networks", data)
        assert raises(KeyCorrupted, kept.networks).name == "networks"
        assert kept.save(NEW) == ""
        assert kept.networks() == [NEW]


def test_bad_networks_give_way_only_if_there_is_no_room():
    bad = {"ssid": "lab", "password": 5, "notes": "n" * (LARGEST - 200)}
    kept, _ = stored([HOME, bad])
    kept.save({"ssid": "x", "password": ""})
    assert in_store(kept) == [{"ssid": "x", "password": ""}, HOME, bad]
    kept.save(NEW)
    kept.save(dict(NEW, ssid="newer"))
    assert [one["ssid"] for one in in_store(kept)] == ["newer", "new", "x", "home"]
    many = []
    while len(json.dumps(many)) < LARGEST - 60:
        many.append({"ssid": "network %d" % len(many), "password": ""})
    kept, _ = stored(many)
    assert "4000 bytes" in str(raises(ValueError, kept.save, {"ssid": "new", "password": "y" * 63}))
    assert in_store(kept) == many


def test_a_network_that_wifi_does_not_take_is_not_stored():
    for bad, said in BAD:
        kept, _ = stored([HOME])
        said = said.replace("network 2", "network 1")
        for call, given in ((kept.add_network, bad), (kept.set_networks, [bad])):
            error = raises(ValueError, call, given)
            assert said in str(error) and "secret" not in str(error)
        assert in_store(kept) == [HOME]
    kept.set_networks(NEW)
    assert kept.networks() == [NEW]
    kept.set_networks([])
    assert kept.networks() == []


def test_networks_of_secrets_py_as_wifi_takes_them():
    kept, _ = fresh()
    for given, expected in ((HOME, [HOME]), ((HOME,), [HOME]), ([], []), (None, [])):
        Networks.NETWORKS = given
        with Stands("secrets", Networks):
            assert kept.networks() == Settings(None).networks() == expected
    for given in (SECRET, 5, {SECRET}):
        Networks.NETWORKS = given
        with Stands("secrets", Networks):
            error = raises(KeyCorrupted, kept.networks)
            assert "secrets.py" in str(error) and "shown" not in str(error)


def test_a_bad_network_of_secrets_py_does_not_spoil_the_others():
    for bad, said in BAD:
        Networks.NETWORKS = [HOME, bad]
        kept, _ = fresh()
        with Stands("secrets", Networks), Reports() as reports:
            for one in (kept, Settings(None)):
                assert one.networks() == [HOME] and said in one.complaints[0]
            assert "A network of secrets.py is not used: " in reports and "shown" not in reports
            said_by_page = kept.save(NEW)
            assert "secret words" not in said_by_page and bool(said_by_page) == isinstance(bad, dict)
            assert kept.networks() == [NEW, HOME] and kept.complaints == []  # the bad one stays in secrets.py alone


def test_a_secrets_py_that_cannot_be_imported_does_not_keep_the_page_from_saving():
    from arduino_cloud_board.keys.secrets import SecretsKeys

    def broken(self, name):
        raise ValueError("secrets.py cannot be imported")

    kept, _ = fresh()
    value, SecretsKeys.value = SecretsKeys.value, broken
    try:
        raises(ValueError, kept.networks)
        kept.save(NEW)
        assert kept.networks() == [NEW]
    finally:
        SecretsKeys.value = value


def test_a_board_without_anything_has_no_complaints():
    KeyFiles()
    with Stands("secrets", NoSecrets):
        kept = Settings(open_store(FOLDER))
        assert kept.complaints == [] and kept.networks() == [] and kept.complaints == []

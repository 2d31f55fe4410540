"""Keys in files, in an NVS and in secrets.py: a power cut at any byte leaves the old key or the new one."""

import sys

import arduino_cloud_board.key_store as key_store
import arduino_cloud_board.keys.files as key_files
from arduino_cloud_board.key_store import KeyCorrupted, KeyNotFound
from arduino_cloud_board.keys import csr, p256
from key_rig import FOLDER, KeyFiles, after, check, content, do, run_until_cut, states, steps
from portable_assert import raises
from seeded import Seeded
from stands_in import Stands
from storage_rig import Flash, PowerCut

TIMEOUT = 120
KINDS = ((False, True), (True, True), (False, False))  # (at_close, replaces) of Files
SECRET = b"a secret that is shown nowhere"


def media():
    """[(make a medium, where)] of each kind."""
    found = [(lambda kind=kind: KeyFiles(*kind), FOLDER) for kind in KINDS]
    return found + [(lambda keeps=keeps: Flash(keeps), "nvs:keys") for keeps in (False, True)]


def each():
    """(medium, store) of each kind, empty."""
    for make, where in media():
        medium = make()
        yield medium, key_store.open(where)


def test_what_is_stored_is_loaded_again():
    for _, store in each():
        assert store.names() == []
        for name, data in (("a", b"\0"), ("z9_", b"x" * key_store.LARGEST), ("a23456789012345", bytes(range(256)))):
            store.store(name, data)
            assert store.load(name) == data
        store.store("a", bytearray(b"another"))
        assert store.load("a") == b"another" and store.names() == ["a", "a23456789012345", "z9_"]
        store.delete("a")
        assert store.names() == ["a23456789012345", "z9_"]
        for call in (store.load, store.delete):
            assert raises(KeyNotFound, call, "a").name == "a"
        assert "'a'" in str(raises(KeyError, store.load, "a"))


def test_names_and_data_that_do_not_do_are_refused():
    for medium, store in each():
        for name in ("", "a" * 16, "A", "a-b", "../a", "a/b", "\xe4", None, 5, "*names"):
            for call in (store.load, store.delete, lambda name: store.store(name, b"x")):
                assert "name:" in str(raises(ValueError, call, name))
        long = bytes(key_store.LARGEST + 1)
        for data, given in ((b"", 0), (long, 4001), (bytearray(long), 4001), (memoryview(long), 4001)):
            assert str(raises(ValueError, store.store, "a", data)) == "'a': 1 to 4000 bytes expected, not %d" % given
        for data, given in (("text", "str"), (None, "NoneType"), (5, "int"), ([1], "list")):
            assert str(raises(ValueError, store.store, "a", data)) == "'a': 1 to 4000 bytes expected, not " + given
        assert store.names() == []


def test_a_cut_at_every_unit_of_work():
    for make, where in media():
        program = steps(Seeded(3), 14, longest=25)
        expected = states(program)
        medium = make()
        run_until_cut(lambda: key_store.open(where), program)
        total = medium.supply.used
        assert total > 40
        for units in range(total + 1):
            medium = make()
            medium.supply.units = units
            done = run_until_cut(lambda: key_store.open(where), program)
            medium.supply.units = None
            wanted = expected[-1:] if done is None else expected[done : done + 2]
            found = check(key_store.open(where), wanted)
            # and the store still works
            for step in (("a", b"new"), ("b", None), ("c_2", b"1")):
                do(key_store.open(where), step)
                found = after(found, step)
                assert content(key_store.open(where)) == found, (units, step)


def test_two_cuts_one_after_the_other():
    first, second = ("a", b"the second one"), ("a", b"the third one")
    for make, where in media():
        medium = make()
        key_store.open(where).store("a", b"the first one")
        key_store.open(where).store("b", b"other")
        start = medium.supply.used
        do(key_store.open(where), first)
        total = medium.supply.used - start
        for units in range(total):
            for then in range(total + 20):
                medium = make()
                key_store.open(where).store("a", b"the first one")
                key_store.open(where).store("b", b"other")
                allowed = [b"the first one"]
                for step, left in ((first, units), (second, then)):
                    allowed.append(step[1])
                    medium.supply.units = left
                    try:
                        do(key_store.open(where), step)
                        allowed = [step[1]]
                    except PowerCut:
                        pass
                    medium.supply.units = None
                    found = content(key_store.open(where))
                    assert found["a"] in allowed and found["b"] == b"other", (units, then, found)
                    allowed = [found["a"]]


def test_every_damaged_byte_is_noticed():
    for medium, store in each():
        store.store("a", SECRET)
        store.store("b", b"other")
        files = medium.content if isinstance(medium, KeyFiles) else medium.spaces["keys"]
        key = "/keys/a.key" if isinstance(medium, KeyFiles) else "a"
        good = files[key]
        damaged = [good[:n] for n in range(len(good))] + [good + b"\0", b"\xff" * len(good), good + bytes(9000)]
        for n in range(len(good)):
            for bit in (1, 0x80):
                damaged.append(good[:n] + bytes((good[n] ^ bit,)) + good[n + 1 :])
        where = repr(store)
        for data in damaged:
            files[key] = data
            store = key_store.open(where)
            error = raises(KeyCorrupted, store.load, "a")
            assert error.name == "a" and "'a' of %s" % where in str(error)
            assert "secret" not in str(error) and "secret" not in repr(error)
            assert store.load("b") == b"other" and store.names() == ["a", "b"]
        store.store("a", b"new")
        assert store.load("a") == b"new"


def test_a_full_store_keeps_what_it_has():
    for medium, store in each():
        store.store("a", b"old")
        medium.full = True
        error = raises(OSError, store.store, "a", SECRET)
        assert "secret" not in str(error)
        medium.full = False
        assert store.load("a") == b"old" and store.names() == ["a"]
        store.store("a", b"new")
        assert store.load("a") == b"new"


def test_what_is_refused_leaves_no_rest():
    for medium, store in each():
        for old in (None, b"old"):
            if old:
                store.store("a", old)
            before = dict(medium.content if isinstance(medium, KeyFiles) else medium.spaces["keys"])
            medium.full = True
            raises(OSError, store.store, "a", SECRET)
            medium.full = False
            if isinstance(medium, KeyFiles):
                assert medium.content == before
            else:
                assert store.names() == (["a"] if old else [])


def test_a_rename_that_fails_deletes_nothing():
    for code in (5, 13, 28, 30):  # EIO, EACCES, ENOSPC, EROFS

        def fails(old, new, code=code):
            raise OSError(code)

        for old in (None, b"old"):
            files = KeyFiles()
            store = key_store.open(FOLDER)
            if old:
                store.store("a", old)
            before = dict(files.content)
            files.rename = fails
            assert raises(OSError, store.store, "a", b"new").args[0] == code
            assert files.content == before


def test_where_renaming_takes_two_steps_the_new_entry_stays_if_the_second_fails():
    files = KeyFiles(replaces=False)
    store = key_store.open(FOLDER)
    store.store("a", b"old")
    rename = files.rename

    def fails(old, new):
        if new in files.content:
            raise OSError(17)
        raise OSError(5)

    files.rename = fails
    assert raises(OSError, store.store, "a", b"new").args[0] == 5
    files.rename = rename
    assert key_store.open(FOLDER).load("a") == b"new"


def test_a_full_nvs_still_deletes():
    medium = Flash()
    store = key_store.open("nvs:keys")
    store.store("a", b"1")
    store.store("b", b"2")
    medium.full = True
    store.delete("a")
    assert store.names() == ["b"]
    raises(KeyNotFound, store.load, "a")
    medium.full = False
    store.store("c", b"3")
    assert store.names() == ["b", "c"]


def test_a_medium_that_fails_is_not_taken_for_an_empty_one():
    def fails(*arguments):
        raise OSError(-0x1101)  # ESP_ERR_NVS_NOT_INITIALIZED; for files, any error but ENOENT

    for medium, store in each():
        store.store("a", b"1")
        if isinstance(medium, KeyFiles):
            key_files.open = medium.remove = medium.listdir = fails
            assert raises(OSError, store.names).args[0] == -0x1101
        else:
            store._nvs.get_blob = store._nvs.erase_key = fails
        for call in (store.load, store.has, store.delete):
            assert raises(OSError, call, "a").args[0] == -0x1101


def test_a_damaged_list_of_an_nvs_loses_nothing():
    medium = Flash()
    store = key_store.open("nvs:keys")
    store.store("a", b"1")
    store.store("b", b"2")
    medium.spaces["keys"]["*names"] = b"K1 no"
    store = key_store.open("nvs:keys")
    raises(KeyCorrupted, store.names)
    assert store.load("a") == b"1" and store.load("b") == b"2"
    store.store("a", b"3")
    store.store("b", b"4")
    assert store.names() == ["a", "b"]


def test_what_a_provisioned_board_keeps_is_listed_again_after_damage_to_an_nvs_list():
    medium = Flash()
    store = key_store.open("nvs:keys")
    kept = ["cloud", "device_id", "networks", "secret_key"]
    for name in kept:
        store.store(name, name.encode())
    medium.spaces["keys"]["*names"] = b"K1 no"
    store = key_store.open("nvs:keys")
    store.store("networks", b"others")
    assert store.names() == kept


def test_a_der_file_put_there_by_hand_is_read():
    files = KeyFiles()
    store = key_store.open(FOLDER)
    key = csr.create_key()
    files.content["/keys/key.der"] = key
    assert store.names() == ["key"] and store.load("key") == key
    for n in range(len(key)):
        files.content["/keys/key.der"] = key[:n]
        raises(KeyCorrupted, store.load, "key")
    store.store("key", b"another")
    assert store.load("key") == b"another"
    store.delete("key")
    assert store.names() == [] and files.content == {}


def test_a_deletion_that_is_cut_brings_nothing_old_back():
    for units in range(4):
        files = KeyFiles()
        store = key_store.open(FOLDER)
        store.store("key", b"the new one")
        files.content["/keys/key.der"] = files.content["/keys/key.new"] = csr.create_key()
        files.supply.units = units
        try:
            store.delete("key")
        except PowerCut:
            assert store.load("key") == b"the new one", units
        else:
            assert units == 3 and store.names() == []


def test_other_files_of_the_folder_are_left_alone():
    files = KeyFiles()
    files.content.update({"/keys/main.py": b"", "/keys/a b.key": b"", "/keys/.key": b"", "/keys/x.new": b"half"})
    store = key_store.open(FOLDER)
    assert store.names() == []
    store.store("a", b"1")
    store.delete("a")
    assert len(files.content) == 4


def test_folders_are_made():
    files = KeyFiles()
    for where, path in (("files:/a/b/c/", "/a/b/c"), ("files:d", "d"), ("files:/", "")):
        store = key_store.open(where)
        assert store.names() == []
        store.store("x", b"1")
        assert path + "/x.key" in files.content and (not path or path in files.folders)
        assert store.load("x") == b"1"


def test_keys_are_made_and_sign():
    for _, store in each():
        store.create_key("key", b"entropy")
        point = store.public_key("key")
        assert csr.PrivateKey(store.load("key")).public_key() == point
        digest = bytes(range(32))
        assert store.sign("key", digest) == p256.sign(store.load("key")[7:39], digest)
        request = csr.csr("board", store.key("key"))
        assert csr.public_key_of(request) == point
        store.store("key", SECRET)
        error = raises(KeyCorrupted, store.sign, "key", digest)
        assert "secret" not in str(error) and error.name == "key"
        raises(KeyNotFound, store.sign, "none", digest)


def test_nothing_shows_what_is_kept():
    for _, store in each():
        store.store("a", SECRET)
        for thing in (store, store.key("a"), KeyNotFound("a", store), KeyCorrupted("a", store)):
            for text in (repr(thing), str(thing), "%r" % [thing]):
                assert "secret" not in text, text
        error = raises(ValueError, store.store, "a", SECRET.decode())
        assert "shown" not in repr(error)
        error = raises(ValueError, store.store, "a", SECRET * 200)
        assert "shown" not in repr(error)


class Secrets:
    """A secrets.py."""

    DEVICE_ID = "device"
    SECRET_KEY = "a secret"
    CLOUD = {"port": 1}
    WIFI_SSID = "home"
    WIFI_PASS = "pass"
    blob = 5
    BLOB = b"\0\xff"
    _OWN = Mixed = 1


def test_secrets_py_is_read():
    with Stands("secrets", Secrets):
        store = key_store.open("secrets")
        assert store.load("device_id") == b"device" and store.load("blob") == b"\0\xff"
        assert store.load("cloud") == b'{"port": 1}'
        assert store.value("networks") == [{"ssid": "home", "password": "pass"}]
        assert store.names() == "blob cloud device_id networks secret_key wifi_pass wifi_ssid".split()
        raises(KeyNotFound, store.load, "key")
        raises(ValueError, store.load, "__name__" * 2)
        for call in (lambda: store.store("a", b"1"), lambda: store.delete("a")):
            assert raises(OSError, call).args[0] == 30
        assert "secret" not in repr(store).replace("secrets.py", "")


def test_a_secrets_py_that_is_missing_has_nothing():
    kept = sys.modules.pop("secrets", None)
    try:
        store = key_store.open("secrets")
        assert store.names() == []
        raises(KeyNotFound, store.load, "device_id")
    finally:
        if kept:
            sys.modules["secrets"] = kept


def test_stores_of_another_kind_are_refused():
    for where in ("", "files:", "nvs:", "file:/x", "secrets:x", "se05x:1", "chip", None, 5):
        assert "where:" in str(raises(ValueError, key_store.open, where))
    raises(ValueError, key_store.open, "nvs:" + "n" * 16)
    Flash()
    assert repr(key_store.open("nvs:" + "n" * 15)) == "nvs:" + "n" * 15
    for where in ("se05x", "atecc608"):
        assert raises(OSError, key_store.open, where).args[0] == 19
    with Stands("esp32", None):
        assert raises(OSError, key_store.open, "nvs:keys").args[0] == 19

"""The data that a provisioned board keeps, and the arguments of the client that follow from it."""

from arduino_cloud_board import settings
from arduino_cloud_board.key_store import KeyCorrupted, open as open_store
from arduino_cloud_board.keys import csr, der
from arduino_cloud_board.settings import Settings
from arduino_iot_cloud.keys import content
from arduino_iot_cloud.keys.chip import REFERENCE
from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.trust import is_uri
from key_rig import FOLDER, KeyFiles
from portable_assert import raises
from se05x_chip import SE05XChip
from stands_in import Stands
from storage_rig import Flash, PowerCut
from test_key_atecc608 import a_certificate, keys as atecc608_keys, set_up
from test_key_se05x import keys as se05x_keys
from tls_keys import load

TIMEOUT = 120
HEAPSIZE = "8m"
SECRET = "a secret that is shown nowhere"


class NoSecrets:
    """An empty secrets.py."""


class Secrets:
    """A secrets.py."""

    DEVICE_ID = "from secrets"
    SECRET_KEY = SECRET
    CLOUD = {"server": "localhost", "port": 18884, "ssl_params": {"cafile": "ca.der"}}
    WIFI_SSID = "home"
    WIFI_PASS = SECRET


def fresh():
    """Settings in files, and those files."""
    files = KeyFiles()
    return Settings(open_store(FOLDER)), files


def test_a_secret_key_and_a_cloud_of_ones_own():
    kept, files = fresh()
    kept.set_cloud({"server": "10.0.0.1", "port": 18884, "ssl_params": {"server_hostname": "localhost"}}, b"0\1c")
    kept.set_device("device-1", SECRET)
    with Stands("secrets", Secrets):
        assert kept.client_arguments() == {
            "device_id": "device-1",
            "username": "device-1",
            "password": SECRET,
            "server": "10.0.0.1",
            "port": 18884,
            "ssl_params": {"server_hostname": "localhost", "cafile": "files:/keys#root"},
        }
        kept.set_cloud({})
        assert kept.client_arguments() == {"device_id": "device-1", "username": "device-1", "password": SECRET}
    assert kept.device_id() == "device-1"


def test_a_key_and_a_certificate():
    kept, files = fresh()
    kept.set_device("device-1")
    error = raises(RuntimeError, kept.client_arguments)
    assert "'key'" in str(error) and "provision" in str(error)
    kept.device_keys.create_key("key")
    raises(RuntimeError, kept.client_arguments)
    kept.device_keys.store("certificate", b"0\1c")
    params = {"keyfile": "files:/keys#key", "certfile": "files:/keys#certificate"}
    assert kept.client_arguments() == {"device_id": "device-1", "ssl_params": params}


def test_an_nvs_is_named_too():
    Flash()
    kept = Settings(open_store("nvs:arduino"))
    kept.keys.create_key("key")
    kept.keys.store("certificate", b"0\1c")
    kept.set_device("device-1")
    params = kept.client_arguments()["ssl_params"]
    assert params == {"keyfile": "nvs:arduino#key", "certfile": "nvs:arduino#certificate"}


def test_a_chip_has_key_and_certificate():
    for chip, uri in ((se05x_keys(SE05XChip()), "se05x:#"), (atecc608_keys(set_up()), "atecc608:#")):
        KeyFiles()
        kept = Settings(open_store(FOLDER), chip)
        kept.set_device("device-1")
        if not chip.names():
            chip.create_key("key")
            chip.store("certificate", der.sequence(b"c" * 300))
        params = kept.client_arguments()["ssl_params"]
        assert params == {"keyfile": uri + "key", "certfile": uri + "certificate"}
        assert is_uri(params["keyfile"])


class Context:
    """Keeps what a TLS context is given."""

    def load_cert_chain(self, certificate, key):
        self.certificate, self.key = certificate, key


def test_a_chip_stands_behind_the_tls_key():
    import arduino_cloud_board.keys.bridge as bridge

    cases = ((se05x_keys(SE05XChip()), 0x64), (atecc608_keys(set_up()), 0))
    for chip, number in cases:
        if chip.names() == []:
            chip.create_key("key")
            chip.store("certificate", a_certificate()[0])
        kept, bridge.open_store = bridge.open_store, lambda where: chip
        try:
            context = Context()
            params = {"keyfile": "%s:#key" % chip, "certfile": "%s:#certificate" % chip}
            if not MICROPYTHON:  # TLS on CPython cannot use such a key
                assert "CPython" in str(raises(ValueError, load, context, params))
                continue
            load(context, params)
            assert context.certificate == chip.load("certificate")
            assert context.key == REFERENCE + number.to_bytes(4, "big")
            sign = context.ecdsa_sign_callback
            longer, shorter = bytes(range(48)), b"\1" * 20
            for digest, same in ((longer[:32],) * 2, (longer, longer[:32]), (shorter, bytes(12) + shorter)):
                assert sign(context.key[-32:], digest) == chip.sign("key", same)
            assert sign(bytes(32), bytes(32)) is None
            assert sign(context.key[-32:-4] + b"\0\0\1\1", bytes(32)) is None
        finally:
            bridge.open_store = kept


def test_keys_that_are_missing_or_damaged_are_said():
    kept, files = fresh()
    params = {"keyfile": "files:/keys#key", "certfile": "files:/keys#certificate"}
    assert "no 'key'" in str(raises(ValueError, load, Context(), params))
    kept.keys.create_key("key")
    assert "no 'certificate'" in str(raises(ValueError, load, Context(), params))
    kept.keys.store("certificate", b"0\1c")
    files.content["/keys/key.key"] = files.content["/keys/key.key"][:-1]
    error = raises(KeyCorrupted, load, Context(), params)
    assert error.name == "key" and "is damaged" in str(error)


def test_the_key_of_a_store_reaches_tls():
    kept, files = fresh()
    kept.keys.create_key("key")
    kept.keys.store("certificate", b"0\1c")
    context = Context()
    if MICROPYTHON:
        load(context, {"keyfile": "files:/keys#key", "certfile": "files:/keys#certificate"})
        assert (context.certificate, context.key) == (b"0\1c", kept.keys.load("key"))
        assert not hasattr(context, "ecdsa_sign_callback")


def test_key_and_certificate_may_be_in_two_stores_of_a_kind():
    KeyFiles()
    open_store("files:/a").store("key", csr.create_key())
    open_store("files:/b").store("certificate", b"0\1c")
    context = Context()
    if MICROPYTHON:
        load(context, {"keyfile": "files:/a#key", "certfile": "files:/b#certificate"})
        assert (context.certificate, context.key) == (b"0\1c", open_store("files:/a").load("key"))


def test_handshakes_do_not_open_an_nvs_again_and_again():
    flash = Flash()
    opened = []
    new = flash.NVS
    flash.NVS = lambda namespace: opened.append(namespace) or new(namespace)
    for namespace in ("handles_1", "handles_2"):
        open_store("nvs:" + namespace).store("root", namespace.encode())
    opened.clear()
    for _ in range(5):
        for namespace in ("handles_1", "handles_2"):
            assert content("cafile", "nvs:%s#root" % namespace) == namespace.encode()
    assert opened == ["handles_1", "handles_2"]


def test_what_is_not_there_comes_from_secrets_py():
    kept, _ = fresh()
    expected = {"device_id": "from secrets", "username": "from secrets", "password": SECRET}
    expected.update(Secrets.CLOUD)
    with Stands("secrets", Secrets):
        for one in (kept, Settings(None)):
            assert one.client_arguments() == expected
            assert one.networks() == [{"ssid": "home", "password": SECRET}]
            assert one.device_id() == "from secrets"
        kept.set_networks([{"ssid": "other", "password": ""}])
        assert kept.networks() == [{"ssid": "other", "password": ""}]
        assert kept.client_arguments() == expected
        kept.set_device("of its own", "key")
        assert kept.client_arguments()["password"] == "key"


def test_a_board_without_anything_says_so():
    kept, _ = fresh()
    with Stands("secrets", NoSecrets):
        for one in (kept, Settings(None)):
            assert "device_id" in str(raises(RuntimeError, one.client_arguments))
            assert one.networks() == [] and one.device_id() == ""
        assert raises(OSError, Settings(None).set_device, "a", "b").args[0] == 30
        assert raises(OSError, Settings(None).save, {"ssid": "a"}).args[0] == 30


def test_what_the_set_up_page_saves():
    kept, _ = fresh()
    with Stands("secrets", NoSecrets):
        kept.save({"ssid": "first", "password": "password 1"})
        kept.save({"ssid": "second", "password": "password 2", "device_id": "d", "secret_key": "s"})
        kept.save({"ssid": "first", "password": "another one"})
        expected = [{"ssid": "first", "password": "another one"}, {"ssid": "second", "password": "password 2"}]
        assert Settings(open_store(FOLDER)).networks() == expected
        assert kept.client_arguments() == {"device_id": "d", "username": "d", "password": "s"}
        kept.set_networks([{"ssid": "a", "password": "", "priority": 3}])
        kept.save({"ssid": "b", "password": ""})
        assert [one.get("priority") for one in kept.networks()] == [4, 3]
        error = raises(ValueError, kept.save, {"ssid": "x", "password": SECRET * 200})
        assert "shown" not in str(error)
        assert [one["ssid"] for one in kept.networks()] == ["b", "a"]


def test_a_device_is_replaced_as_a_whole():
    with Stands("secrets", NoSecrets):
        kept, files = fresh()
        kept.set_device("old", "old key")
        start = files.supply.used
        kept.set_device("new", "new key")
        total = files.supply.used - start
        for units in range(total + 1):
            kept, files = fresh()
            kept.set_device("old", "old key")
            files.supply.units = units
            try:
                kept.set_device("new", "new key")
            except PowerCut:
                pass
            files.supply.units = None
            again = Settings(open_store(FOLDER))
            if again.device_id():
                found = again.client_arguments()
                assert (found["device_id"], found["password"]) in (("old", "old key"), ("new", "new key")), units
            again.set_device("new", "new key")
            assert again.client_arguments()["password"] == "new key"


def test_nothing_is_written_that_is_there_already():
    kept, files = fresh()
    kept.set_device("d", "s")
    used = files.supply.used
    kept.set_device("d", "s")
    assert files.supply.used == used


def test_damage_is_said_by_name():
    for name, call in (("networks", Settings.networks), ("device_id", Settings.client_arguments)):
        kept, files = fresh()
        kept.set_networks([{"ssid": "a", "password": SECRET}])
        kept.set_device("d", SECRET)
        path = "/keys/%s.key" % name
        files.content[path] = files.content[path][:-2]
        error = raises(KeyCorrupted, call, kept)
        assert error.name == name and "shown" not in str(error)


def test_what_is_damaged_can_be_replaced():
    kept, files = fresh()
    for name in ("networks", "device_id", "secret_key"):
        kept.save({"ssid": "a", "password": "", "device_id": "d", "secret_key": "s"})
        path = "/keys/%s.key" % name
        files.content[path] = files.content[path][:-2]
        kept.save({"ssid": "b", "password": "", "device_id": "d", "secret_key": "s"})
        assert kept.networks()[0] == {"ssid": "b", "password": ""}
        assert kept.client_arguments() == {"device_id": "d", "username": "d", "password": "s"}


def test_a_damaged_list_of_names_does_not_keep_a_device_from_its_cloud():
    flash = Flash()
    kept = Settings(open_store("nvs:arduino"))
    kept.keys.create_key("key")
    kept.keys.store("certificate", b"0\1c")
    kept.set_device("device-1")
    expected = kept.client_arguments()
    flash.spaces["arduino"]["*names"] = b"damaged"
    assert Settings(open_store("nvs:arduino")).client_arguments() == expected


def test_what_is_of_another_kind_is_said_by_name():
    cases = (
        ("networks", b"{" + SECRET.encode(), Settings.networks),
        ("networks", b'{"ssid": 1}', Settings.networks),
        ("networks", b'"' + SECRET.encode() + b'"', Settings.networks),
        ("networks", b"\xff\xfe" + SECRET.encode(), Settings.networks),
        ("cloud", SECRET.encode(), Settings.client_arguments),
        ("cloud", b"[]", Settings.client_arguments),
        ("cloud", b'{"ssl_params": ["' + SECRET.encode() + b'"]}', Settings.client_arguments),
        ("secret_key", SECRET.encode() + b"\xff", Settings.client_arguments),
        ("device_id", SECRET.encode() + b"\xff", Settings.client_arguments),
    )
    for name, data, call in cases:
        kept, files = fresh()
        kept.set_device("d", "s")
        kept.keys.store(name, data)
        error = raises(KeyCorrupted, call, kept)
        assert error.name == name
        while error:
            assert "shown" not in str(error) + repr(error)
            error = getattr(error, "__context__", None)


def test_settings_do_not_show_what_they_keep():
    kept, _ = fresh()
    kept.save({"ssid": "a", "password": SECRET, "device_id": "d", "secret_key": SECRET})
    assert repr(kept) == "Settings(files:/keys)" and "shown" not in str(kept)


def test_where_a_board_keeps_its_settings():
    class Board:
        KEYS = "files"

    KeyFiles()
    assert "files:" in repr(settings.open(Board)) and repr(settings.open()).endswith("/keys)")
    Board.KEYS = "secrets"
    assert repr(settings.open(Board)) == "Settings()"
    Flash()
    Board.KEYS = "nvs"
    assert repr(settings.open(Board)) == "Settings(nvs:arduino)"
    for Board.KEYS in ("nsv", "", None, 5):
        assert "board.KEYS: files, nvs" in str(raises(ValueError, settings.open, Board))
    Board.KEYS = "se05x"
    assert raises(OSError, settings.open, Board).args[0] == 19  # no such chip here


def test_a_cloud_of_secrets_py_that_is_no_dict_is_said():
    class Cloud(Secrets):
        CLOUD = "localhost"

    with Stands("secrets", Cloud):
        error = raises(KeyCorrupted, Settings(None).client_arguments)
    assert str(error) == "'cloud' of secrets.py is damaged: not a dict" and error.name == "cloud"


def test_a_request_is_made_of_a_key_in_the_settings():
    kept, _ = fresh()
    kept.device_keys.create_key("key")
    request = csr.csr("device-1", kept.device_keys.key("key"))
    assert csr.public_key_of(request) == kept.device_keys.public_key("key")

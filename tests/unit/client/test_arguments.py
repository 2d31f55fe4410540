"""Every number, name and function from a program is checked at once, and the error names what is wrong."""

from arduino_cloud_api import CloudAPI
from arduino_iot_cloud import ArduinoCloudClient
from arduino_iot_cloud.http.arguments import split
from arduino_iot_cloud.http.client import HTTP
from arduino_iot_cloud.property import ArduinoCloudObject, Task
from arduino_iot_cloud.property.composites import Location
from arduino_iot_cloud.property.schedule import Schedule
from arduino_iot_cloud.user import ArduinoIoTCloud
from portable_assert import raises, raises_async
from reports import Reports

NAN = float("nan")
INF = float("inf")
NO_NUMBERS = ("1", b"1", True, False, [1], {}, object(), 1j)
OUT_OF_ANY_RANGE = (NAN, INF, -INF, -1, -0.5, 1e30, 10**30)
YEAR = 365 * 86400


def make(**options):
    """A client that never connects."""
    arguments = {"device_id": "d", "username": "d", "password": "p", "server": "127.0.0.1", "port": 1}
    arguments.update(options)
    return ArduinoCloudClient(**arguments)


def user(**options):
    """A user's connection that is never started."""
    arguments = {"token": "t"}
    arguments.update(options)
    return ArduinoIoTCloud(**arguments)


def refused(name, function, *arguments, but=(), **options):
    """Insist on a TypeError for whatever is no number, and on a ValueError for whatever is out of any range."""
    key = options.pop("key")
    for kind, values in ((TypeError, NO_NUMBERS), (ValueError, OUT_OF_ANY_RANGE)):
        for value in values:
            if value in but:
                continue
            options[key] = value
            text = str(raises((TypeError, ValueError), function, *arguments, **options))
            assert name in text and repr(value) in text, (value, text)
            assert isinstance(raises((TypeError, ValueError), function, *arguments, **options), kind), (value, text)


def test_numbers_of_a_client():
    for name in ("keepalive", "buffer", "port"):
        for value in NO_NUMBERS + (1.5, 300.0, NAN, INF):
            text = str(raises(TypeError, make, **{name: value}))
            assert text.startswith(name + " is ") and repr(value) in text, text
    for name, values in (
        ("keepalive", (-1, 65536, 1 << 40)),
        ("buffer", (0, 127, 16384)),
        ("port", (0, -1, 65536)),
    ):
        for value in values:
            text = str(raises(ValueError, make, **{name: value}))
            assert text.startswith(name + " is ") and repr(value) in text, text
    refused("ntp_timeout", make, key="ntp_timeout")
    assert make(keepalive=0, buffer=128, port=65535, ntp_timeout=0.1).port == 65535


def test_names_of_hosts():
    for value in (5, b"name", True, ["name"]):
        assert "server is " in str(raises(TypeError, make, server=value))
    for value in ("", "https://name", "name:8884", "name/path"):
        assert "server is " in str(raises(ValueError, make, server=value))
    for value in (5, b"name", None, ["name"]):
        assert "ntp_server" in str(raises(TypeError, make, ntp_server=value))
    for value in ("", ":123", "name:", "name:ntp", "name:0", "name:65536", "name:1:2"):
        assert "ntp_server" in str(raises(ValueError, make, ntp_server=value))
    assert make(server="::1").server == "::1"


def test_intervals_of_callbacks():
    for kind in (ArduinoCloudObject, Task, Location, Schedule):
        client = make()
        refused(
            "'a': interval",
            lambda **options: client.register(kind("a", **options)),
            key="interval",
        )
        refused(
            "'a': backoff",
            lambda **options: client.register(kind("a", **options)),
            key="backoff",
        )
        assert not client.records and not client.runnable, "something of what was refused stayed"
        for value in (0, 0.0, 0.001, 1, 7 * 86400, YEAR, 10 * YEAR, float(10 * YEAR)):
            client.register(kind("a", interval=value))
            assert client.records["a"].interval == value
    refused("'a': interval", make().register, "a", key="interval", on_run=print)


def test_names_of_variables():
    client = make()
    for name in ("", "a:b", ":", "a:", ":b"):
        for wrong in (
            lambda: client.register(name, value=1),
            lambda: client.register(ArduinoCloudObject(name)),
            lambda: client.register(Task(name, on_run=print)),
            lambda: client.register(Location(name)),
        ):
            text = str(raises(ValueError, wrong))
            assert "character" in text if not name else "attribute" in text, text
    for name in (5, None, b"a", ["a"]):
        raises(TypeError, client.register, name)
        raises(TypeError, client.register, ArduinoCloudObject(name))
    assert not client.records
    client.register("Name of a variable, 1.5%", value=1)


def test_functions():
    client = make()
    for value in ("print", 5, b"", [print], True):
        for key in ("on_read", "on_write", "on_run"):
            text = str(raises(TypeError, client.register, "a", **{key: value}))
            assert "'a': %s is a function, not %r" % (key, value) == text
        raises(TypeError, client.register, "a", value)
        assert "on_active" in str(raises(TypeError, Schedule, "s", on_active=value))
        assert "'sync'" in str(raises(TypeError, client.on, "sync", value))
        for key in ("on_connected", "on_disconnect"):
            assert key in str(raises(TypeError, user, **{key: value}))
    assert not client.records and not client.events


def test_policies():
    for key, values in (
        ("publish", NO_NUMBERS + OUT_OF_ANY_RANGE + (0, 0.05, 315360001)),
        ("min_delta", NO_NUMBERS + (NAN, INF, -INF, -1)),
        ("min_interval", NO_NUMBERS + OUT_OF_ANY_RANGE),
        ("history", ("1", True, 1.5, -1, 10001, NAN)),
        ("permission", ("rw", 1, True)),
        ("sync", ("mine", 1, True)),
        ("timestamp", ("yes", 2)),
        ("store", (5, True)),
    ):
        for value in values:
            options = {key: value}
            if key == "store":
                options["history"] = 5
            text = str(raises(ValueError, ArduinoCloudObject, "a", **options))
            assert text.startswith("'a': %s is " % key) and repr(value) in text, text
    for key in ("publish", "min_interval"):  # it accepts the limit that it names
        assert " to 315360000 (ten years), not 315360001" in str(
            raises(ValueError, ArduinoCloudObject, "a", **{key: 315360001})
        )
        ArduinoCloudObject("a", **{key: 315360000})


def test_pauses_of_run_before_the_first_attempt():
    for name in ("interval", "backoff"):
        for kind, values in ((TypeError, NO_NUMBERS), (ValueError, OUT_OF_ANY_RANGE + (0,))):
            for value in values:
                client = make()
                text = str(raises(kind, client.run, **{name: value}))
                assert text.startswith(name + " is ") and repr(value) in text, text
                assert client.driver is None and client.state == "Init"
                text = str(raises(kind, make(sync_mode=True).start, **{name: value}))
                assert text.startswith(name + " is "), text


async def test_limits_of_waits():
    client = make(ssl_params=None)
    for wait in (client.flush, client.wait_synced):
        for kind, values in ((TypeError, NO_NUMBERS), (ValueError, OUT_OF_ANY_RANGE + (500001,))):
            for value in values:
                text = str(await raises_async(kind, wait(timeout=value)))
                assert text.startswith("timeout is ") and repr(value) in text, text
        assert await wait(timeout=0) is (wait == client.flush)
    for ask in (client.update_systime, client.sync_time):
        refused("timeout", ask, key="timeout")
        raises(ValueError, ask, timeout=0)
        for server in (5, b"s", "", "s:ntp"):
            assert "server is " in str(raises((TypeError, ValueError), ask, server=server))


async def test_options_of_the_users_side():
    for name in ("keepalive", "buffer", "port"):
        for value in NO_NUMBERS + (1.5,):
            assert name + " is " in str(raises(TypeError, user, **{name: value}))
        assert name + " is " in str(raises(ValueError, user, **{name: -1}))
    refused("timeout", user, key="timeout")
    for name in ("server", "audience", "mqtt_client_id"):
        assert name + " is " in str(raises(TypeError, user, **{name: 5}))
    for token in (5, b"t", ["t"]):
        assert "token is " in str(raises(TypeError, user, token=token))
    for wrong in ({"client_secret": 5}, {"client_secret": ""}, {"client_id": b"i"}):
        options = {"token": None, "client_id": "i", "client_secret": "s"}
        options.update(wrong)
        text = str(raises(TypeError, user, **options))
        assert list(wrong)[0] in text, text
    for url in ("api.example", "ftp://h/", "http://h:0/"):
        raises(ValueError, user, token_url=url)
    with Reports() as reports:
        user(ssl_params=None)
    assert "neither encrypted nor verified" in reports
    for value in ([], False, "", 0):
        assert "ssl_params" in str(raises(TypeError, user, ssl_params=value))
    value = user().property("thing", "name")
    for timeout in NO_NUMBERS:
        await raises_async(TypeError, value.publish(1, timeout=timeout))
    for timeout in OUT_OF_ANY_RANGE:
        await raises_async(ValueError, value.publish(1, timeout=timeout))


def test_options_of_the_api_and_of_http():
    with Reports():
        refused("timeout", HTTP, "http://h/", key="timeout")
        raises(ValueError, HTTP, "http://h/", timeout=0)
        for key in ("timeout", "backoff"):
            refused(key, CloudAPI, token="t", base_url="http://h", key=key)
        for value in NO_NUMBERS + (1.5,):
            raises(TypeError, CloudAPI, token="t", base_url="http://h", attempts=value)
        for value in (0, -1, 101):
            raises(ValueError, CloudAPI, token="t", base_url="http://h", attempts=value)
    for value in ([], False, "", 5):
        assert "ssl_params" in str(raises(TypeError, HTTP, "https://h/", value))
    for value in (5, None, b"http://h/"):
        raises(TypeError, split, value)
    for value in ("http://h:0/", "http://h:65536/", "http://h:-1/", "http://a b/"):
        raises(ValueError, split, value)


def test_what_checks_is_let_go_of():
    import sys

    if sys.implementation.name == "micropython":
        HTTP("http://h/")
        user()
        ArduinoCloudObject("a", publish="change")
        raises(ValueError, make(ssl_params={"verify_mode": 9}).run)
        for name in ("arguments", "http_arguments", "policy_arguments", "user_arguments"):
            assert "arduino_iot_cloud." + name not in sys.modules

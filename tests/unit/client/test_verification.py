"""`ssl_params`: which values verify the server, which do not, and that all others are refused before a connection."""

import sys

from arduino_iot_cloud import ArduinoCloudClient
from arduino_iot_cloud.http.client import HTTP
from arduino_iot_cloud.trust import context
from arduino_iot_cloud.user import ArduinoIoTCloud
from portable_assert import raises
from reports import Reports

MICROPYTHON = sys.implementation.name == "micropython"
if MICROPYTHON:
    import tls
else:
    import ssl as tls

ON = (None, True, 1, 2, tls.CERT_OPTIONAL, tls.CERT_REQUIRED)
OFF = (False, 0, tls.CERT_NONE)
NONSENSE = (3, -1, 256, 1 << 32, 1 << 70, "0", "", "CERT_NONE", b"\0", 0.0, 1.0, 2.0, [], (), {}, [0], object())


def root():
    """A root certificate in DER."""
    from arduino_iot_cloud.certificates import root as read  # again: `context` unloads it

    return read("ArduinoRoot")


class Client:
    """The parts of a client that `context` uses."""

    ROOTS = ((), ("AmazonRootCA1",))
    password = "secret"

    def __init__(self, params):
        self.ssl_params = params


def made(**params):
    """(the context, what was reported)"""
    with Reports() as reports:
        return context(Client(params)), reports


def verifies(ctx):
    """Whether a context refuses every unverified server, whatever its name."""
    return ctx.verify_mode == tls.CERT_REQUIRED and (MICROPYTHON or ctx.check_hostname)


def test_everything_that_means_yes_verifies_and_says_nothing():
    for key in ("verify_mode", "cert_reqs"):
        for value in ON:
            ctx, reports = made(**{key: value})
            assert verifies(ctx) and not reports.texts, value
    ctx, reports = made()
    assert verifies(ctx) and not reports.texts


def test_only_what_means_no_turns_verification_off_with_a_warning():
    for key in ("verify_mode", "cert_reqs"):
        for value in OFF:
            ctx, reports = made(**{key: value})
            assert ctx.verify_mode == tls.CERT_NONE, value
            assert reports.levels == [30] and "the server is not verified" in reports, reports.texts


def test_anything_else_is_refused():
    for key in ("verify_mode", "cert_reqs"):
        for value in NONSENSE:
            text = str(raises(ValueError, made, **{key: value}))
            assert text.startswith(key + " is CERT_REQUIRED") and repr(value) in text, text


def test_both_keys_may_agree_but_not_contradict_each_other():
    for some, others in ((ON, OFF), (OFF, ON)):
        for one in some:
            for other in others:
                text = str(raises(ValueError, made, verify_mode=one, cert_reqs=other))
                assert "contradict" in text
            ctx, _ = made(verify_mode=one, cert_reqs=some[0])
            assert bool(verifies(ctx)) is (some is ON)


def test_names_of_servers():
    for value in (5, True, False, 0, b"localhost", [], ["localhost"]):
        assert "server_hostname" in str(raises(TypeError, made, server_hostname=value))
    for value in ("", ".example", "local host", "localhost\0.example", "a\n", "https://localhost", "localhost:8884", "*"):
        assert "server_hostname" in str(raises(ValueError, made, server_hostname=value)), value
    for value in (None, "localhost", "127.0.0.1", "::1", "fe80::1%eth0", "a-b_c.example", "münchen.example"):
        assert verifies(made(server_hostname=value)[0])


def test_roots_that_are_none():
    for key in ("cafile", "cadata"):
        for value in (5, True, False, [], ["ca.der"], 1.5):
            assert key in str(raises(TypeError, made, **{key: value})), value
        for value in ("", b"", bytearray()):
            assert key in str(raises(ValueError, made, **{key: value})), value
    for value in (b"no certificate", "no certificate", bytearray(b"no certificate"), b"\0", root()[:-1]):
        assert "cadata" in str(raises(ValueError, made, cadata=value)), value
    assert "/missing/ca.der" in str(raises(OSError, made, cafile="/missing/ca.der"))
    for kind in (bytes, bytearray, memoryview):
        assert verifies(made(cadata=kind(root()))[0])


def test_a_broken_root_is_not_passed_over_where_another_is_given():
    path = __file__  # a file without a certificate
    assert "cafile" in str(raises(ValueError, made, cafile=path, cadata=root()))


def test_ciphers_of_mbedtls():
    if not MICROPYTHON:
        return
    assert verifies(made(ciphers=["TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"])[0])
    for value in ("", "aNULL", 5, True, b"x"):
        assert "ciphers is a list of names" in str(raises(TypeError, made, ciphers=value)), value
    for value in ([], [""], [5], ["aNULL"], ["TLS-RSA-WITH-NULL-SHA"], ["TLS-ECDH-anon-WITH-AES-128-CBC-SHA"], ()):
        assert "ciphers" in str(raises(ValueError, made, ciphers=value)), value


def test_ciphers_of_openssl():
    if MICROPYTHON:
        return
    for value in (5, True, b"HIGH", {}):
        assert "ciphers is " in str(raises(TypeError, made, ciphers=value)), value
    for value in ("", [], "aNULL", "NULL", "eNULL", "aNULL:@SECLEVEL=0", "no-such-cipher", ["ADH-AES256-GCM-SHA384"]):
        assert "ciphers" in str(raises(ValueError, made, ciphers=value)), value
    for value in ("HIGH", "ALL", "ECDHE-ECDSA-AES128-GCM-SHA256", ["ECDHE-RSA-AES128-GCM-SHA256"]):
        ctx, reports = made(ciphers=value)
        assert verifies(ctx) and not reports.texts
        assert not [one for one in ctx.get_ciphers() if one["auth"] == "auth-null" or not one["strength_bits"]], value
    for value in ("ALL:@SECLEVEL=0", "DEFAULT:@SECLEVEL=1"):
        ctx, reports = made(ciphers=value)
        assert reports.levels == [30] and "SECLEVEL" in reports
        assert not [one for one in ctx.get_ciphers() if one["auth"] == "auth-null" or not one["strength_bits"]], value


def test_keys_that_there_are_not():
    for key in ("verify", "check_hostname", "insecure", "VERIFY_MODE", "ca_certs", 5, None):
        assert "no key '%s'" % (key,) in str(raises(ValueError, context, Client({key: 0})))
    for key in ("keyfile", "certfile"):
        for value in (5, True, ["key.der"]):
            assert key in str(raises(TypeError, made, **{key: value}))
    for key in ("pin", "engine_path", "module_path"):
        assert key in str(raises(TypeError, made, **{key: 1234}))
        assert "1234" not in str(raises(TypeError, made, **{key: 1234}))


async def test_whoever_takes_ssl_params_refuses_them_before_a_connection():
    for params in ({"verify_mode": 3}, {"cert_reqs": "CERT_NONE"}, {"server_hostname": ""}, {"verify": 0}):
        client = ArduinoCloudClient("d", "d", "p", ssl_params=params)
        for _ in range(2):  # a second attempt fails, too
            try:
                await client.run()
                raise AssertionError("nothing raised")
            except ValueError:
                pass
        assert client.driver is None and client.state == "Init"
        client = ArduinoCloudClient("d", "d", "p", ssl_params=params, sync_mode=True)
        raises(ValueError, client.start)
        raises(ValueError, client.update)
        client = ArduinoCloudClient("d", "d", "p", ssl_params=params, transport="websocket")
        raises(ValueError, client._run, True)
        raises(ValueError, HTTP, "https://h/", params)
        try:
            await ArduinoIoTCloud.connect(token="t", ssl_params=params)
            raise AssertionError("nothing raised")
        except ValueError:
            pass

"""Keys that are not in files: who puts them into the TLS context."""

from arduino_iot_cloud.keys import load, register_provider
from portable_assert import raises


def test_a_provider_is_found_by_its_scheme():
    calls = []
    register_provider("test", lambda ctx, params: calls.append((ctx, params)))
    params = {"keyfile": "test:token=1", "certfile": "test:token=2"}
    load("the context", params)
    assert calls == [("the context", params)]


def test_a_later_provider_replaces_an_earlier_one():
    calls = []
    register_provider("test", lambda ctx, params: calls.append(1))
    register_provider("test", lambda ctx, params: calls.append(2))
    load(None, {"keyfile": "test:token=1"})
    assert calls == [2]


def test_schemes_without_a_provider_are_named():
    for scheme in ("tpm", "pkcs11", "se05x"):
        error = raises(ValueError, load, None, {"keyfile": scheme + ":token=1", "certfile": scheme + ":token=1"})
        assert scheme in str(error), error

"""Keys that are not in files, and how they get into the TLS context."""

import os

from arduino_iot_cloud.keys import register_provider
from arduino_iot_cloud.port import MICROPYTHON
from arduino_iot_cloud.trust import is_uri
from portable_assert import raises
from tls_keys import load


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
    schemes = ("tpm", "pkcs11", "se05x") if MICROPYTHON else ("tpm", "se05x")
    for scheme in schemes:
        uri = scheme + ":token=1"
        for name, other in (("keyfile", "certfile"), ("certfile", "keyfile")):
            for source in (uri, "a file"):
                params = {name: uri, other: source}
                error = raises(ValueError, load, None, params)
                assert scheme in str(error), error


class Context:
    """Keeps what a TLS context is given; for a file on CPython, its content, mode and path."""

    def load_cert_chain(self, certificate, key):
        self.certificate, self.key = certificate, key
        if not MICROPYTHON:
            self.paths = (certificate, key)
            self.modes = [os.stat(path).st_mode & 0o777 for path in self.paths]
            self.certificate, self.key = [_read(path) for path in self.paths]


def _read(path):
    with open(path, "rb") as file:
        return file.read()


class Store:
    """A provider whose key looks like DER."""

    KEY = b"\x30\x05\x02\x01\x01\x04\x00"
    asked = ()

    def certificate(self, uri, params):
        self.asked += (uri, params["pin"])
        return b"\x30\x01c"

    def key(self, uri, params):
        self.asked += (uri, params["pin"])
        return self.KEY


def _load(**params):
    store = Store()
    register_provider("store", store)
    context = Context()
    params["pin"] = 5
    load(context, params)
    return store, context


# What Store returns and what the files hold, as the context receives it
if MICROPYTHON:
    CERTIFICATE, KEY = b"\x30\x01c", Store.KEY
else:
    CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMAFj\n-----END CERTIFICATE-----\n"
    KEY = b"-----BEGIN EC PRIVATE KEY-----\nMAUCAQEEAA==\n-----END EC PRIVATE KEY-----\n"


def test_a_provider_gives_key_and_certificate():
    store, context = _load(keyfile="store:k", certfile="store:c")
    assert store.asked == ("store:k", 5, "store:c", 5)
    assert (context.certificate, context.key) == (CERTIFICATE, KEY)


def test_the_other_of_the_two_may_be_bytes():
    store, context = _load(keyfile="store:k", certfile=b"\x30\x01c")
    assert store.asked == ("store:k", 5)
    assert (context.certificate, context.key) == (CERTIFICATE, KEY)
    store, context = _load(keyfile=Store.KEY, certfile="store:c")
    assert store.asked == ("store:c", 5)
    assert (context.certificate, context.key) == (CERTIFICATE, KEY)


def test_two_providers_share_the_work():
    other = Store()
    register_provider("other", other)
    store, context = _load(keyfile="store:k", certfile="other:c")
    assert store.asked + other.asked == ("store:k", 5, "other:c", 5)
    assert (context.certificate, context.key) == (CERTIFICATE, KEY)


def test_a_function_does_both_or_none():
    register_provider("function", lambda ctx, params: None)
    raises(ValueError, _load, keyfile="store:k", certfile="function:c")
    raises(ValueError, _load, keyfile="function:k", certfile="store:c")


def test_what_a_provider_signs_reaches_tls_on_micropython_only():
    class Signing(Store):
        def sign(self, key, digest):
            return b"signed " + digest

    register_provider("signing", Signing())
    context = Context()
    params = {"keyfile": "signing:k", "certfile": "signing:c", "pin": 5}
    if MICROPYTHON:
        load(context, params)
        assert context.ecdsa_sign_callback(b"", b"this") == b"signed this"
    else:
        assert "signing:" in str(raises(ValueError, load, context, params))


def test_files_and_uris_are_told_apart():
    for uri in ("se05x:token=0x00000064", "pkcs11:object=a/b", "tpm:1"):
        assert is_uri(uri), uri
    for source in ("key.der", "/flash/key:1.der", "./key:1", "C:\\key.pem", "C:/key.pem", b"pkcs11:", None):
        assert not is_uri(source), source

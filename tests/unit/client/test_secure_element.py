"""The secure element on MicroPython, with a chip made of Python."""

import sys

from portable_assert import raises
from tls_keys import load

ONLY = ("micropython",)
PARAMS = {"keyfile": "se05x:token=0x00000064", "certfile": "se05x:token=0x00000065"}


class Context:
    """Keeps what a TLS context is given."""

    def load_cert_chain(self, certificate, key):
        self.certificate = certificate
        self.key = key


def _with_chip(params, context):
    reads = []

    class SE05X:
        def read(self, number, size):
            reads.append((number, size))
            return b"certificate"

        def sign(self, number, data):
            return b"signed by %d: " % number + data

    class Module:
        pass

    Module.SE05X = SE05X
    sys.modules["se05x"] = Module
    try:
        load(context, params)
    finally:
        del sys.modules["se05x"]
    return reads


def test_the_chips_key_goes_by_reference():
    context = Context()
    assert _with_chip(PARAMS, context) == [(0x65, 412)]
    assert context.certificate == b"certificate"
    # the reference key of the official client 1.4.1
    assert context.key.hex() == (
        "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420"
        "a5a6b5b6a5a6b5b6" + 20 * "00" + "00000064"
    )


def test_the_chip_signs_for_its_own_key_only():
    context = Context()
    _with_chip(PARAMS, context)
    reference = context.key[-32:]
    assert context.ecdsa_sign_callback(reference, b"hash") == b"signed by 100: hash"
    assert context.ecdsa_sign_callback(bytes(32), b"hash") is None


def test_a_token_that_is_no_number_is_shown():
    error = raises(ValueError, _with_chip, {"keyfile": "se05x:token=arduino", "certfile": "se05x:token=0x65"}, Context())
    assert "se05x:token=arduino" in str(error), error


def test_a_firmware_that_cannot_sign_says_so():
    class Plain:
        __slots__ = ()

        def load_cert_chain(self, certificate, key):
            pass

        def __setattr__(self, name, value):
            raise AttributeError(name)

    error = raises(ValueError, _with_chip, PARAMS, Plain())
    assert "whose TLS can sign" in str(error), error


def test_a_firmware_without_the_module_says_so():
    error = raises(ValueError, load, Context(), PARAMS)
    assert "needs firmware with the module se05x" in str(error), error

"""Keys that never leave a PKCS#11 token: an HSM, a smart card, a TPM, SoftHSM. CPython only.

`keyfile` and `certfile` are URIs of RFC 7512, such as `pkcs11:token=arduino;object=device`. OpenSSL's
engine `pkcs11` (libp11; Debian: libengine-pkcs11-openssl) lets the token sign inside CPython's own TLS, which
verifies the server as always. Python's `ssl` must use a shared OpenSSL 1.1 or 3, as Debian's Python does and
one built on Debian; it does not work on Windows.

In `ssl_params`: `pin`, the user's PIN (the URI may have it instead: `?pin-value=…` or `?pin-source=…`);
`module_path`, the token's PKCS#11 library (by default $PKCS11_MODULE_PATH, or SoftHSM's); `engine_path`, the
engine (by default in OpenSSL's folder of engines). The token signs once for each connection, and the event
loop waits for it, which is noticeable with a slow one.
"""

import ctypes
import os
import re
import sys

from ..pem_files import pem_file

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"

_POINTER = ctypes.c_void_p
_TEXT = ctypes.c_char_p
_INT = ctypes.c_int

# name: (result, arguments), as in OpenSSL's headers
_FUNCTIONS = {
    "OpenSSL_version": (_TEXT, _INT),
    "OPENSSL_init_crypto": (_INT, ctypes.c_uint64, _POINTER),
    "ENGINE_by_id": (_POINTER, _TEXT),
    "ENGINE_ctrl_cmd_string": (_INT, _POINTER, _TEXT, _TEXT, _INT),
    "ENGINE_ctrl_cmd": (_INT, _POINTER, _TEXT, ctypes.c_long, _POINTER, _POINTER, _INT),
    "ENGINE_init": (_INT, _POINTER),
    "ENGINE_load_private_key": (_POINTER, _POINTER, _TEXT, _POINTER, _POINTER),
    "ERR_get_error": (ctypes.c_ulong,),
    "ERR_reason_error_string": (_TEXT, ctypes.c_ulong),
    "EVP_PKEY_free": (None, _POINTER),
    "X509_free": (None, _POINTER),
    "SSL_CTX_get_options": (ctypes.c_uint64, _POINTER),
    "SSL_CTX_use_PrivateKey": (_INT, _POINTER, _POINTER),
    "SSL_CTX_use_PrivateKey_file": (_INT, _POINTER, _TEXT, _INT),
    "SSL_CTX_use_certificate_chain_file": (_INT, _POINTER, _TEXT),
    "SSL_CTX_use_certificate": (_INT, _POINTER, _POINTER),
    "SSL_CTX_check_private_key": (_INT, _POINTER),
    "UI_create_method": (_POINTER, _TEXT),
    "UI_method_set_opener": (_INT, _POINTER, _POINTER),
}
_ENGINES_FOLDER = 5  # OPENSSL_ENGINES_DIR
_PEM = 1  # SSL_FILETYPE_PEM
_INIT_DYNAMIC_ENGINE = 0x200


class _Certificate(ctypes.Structure):
    # The argument of the engine's command LOAD_CERT_CTRL
    _fields_ = [("uri", _TEXT), ("x509", _POINTER)]


class _OpenSSL:
    """The functions of the same libraries that `ssl` uses, and a user interface that never asks."""

    def __getattr__(self, name):
        # Those of _FUNCTIONS are set below; so type checkers look for no others.
        raise AttributeError(name)

    def __init__(self):
        if sys.implementation.name != "cpython":
            raise ValueError("keyfile: 'pkcs11:...' needs CPython")
        try:
            import _ssl

            library = ctypes.CDLL(_ssl.__file__)
            for name, (result, *arguments) in _FUNCTIONS.items():
                function = getattr(library, name)
                function.restype = result
                function.argtypes = arguments
                setattr(self, name, function)
        except (AttributeError, ImportError, OSError):
            raise ValueError(
                "keyfile: 'pkcs11:...' needs a Python whose ssl uses a shared OpenSSL 1.1 or 3 with engines, "
                "such as Debian's"
            )
        self.OPENSSL_init_crypto(_INIT_DYNAMIC_ENGINE, None)
        # Without this the engine would ask on the terminal for a missing or wrong PIN.
        self.asked = False
        self._opener = ctypes.CFUNCTYPE(_INT, _POINTER)(self._refuse)
        self.never_ask = self.UI_create_method(b"never ask")
        self.UI_method_set_opener(self.never_ask, ctypes.cast(self._opener, _POINTER))

    def _refuse(self, ui):
        self.asked = True
        return 0

    def reasons(self):
        """Empty OpenSSL's queue of errors. Returns them as text."""
        reasons = []
        while True:
            number = self.ERR_get_error()
            if not number:
                return ", ".join(dict.fromkeys(reasons)) or "no reason given"
            reason = self.ERR_reason_error_string(number)
            reasons.append(reason.decode() if reason else "error 0x%x" % number)

    def structure_of(self, ctx):
        """Return the SSL_CTX of an ssl.SSLContext: the first member of its object since CPython 3.2."""
        pointer = _POINTER.from_address(id(ctx) + object.__basicsize__).value
        if not pointer or (self.SSL_CTX_get_options(pointer) ^ int(ctx.options)) & 0xFFFFFFFF:
            raise ValueError("keyfile: 'pkcs11:...' does not know this version of Python's ssl")
        return pointer


_openssl = None
_engine = None  # one for the process: libp11 cannot be loaded twice or change its module


def load(ctx, params: dict):
    """Load the key and the certificate that `ssl_params` name, at least one in a token, into a TLS context.

    Raises ValueError that names what is missing. It never contains the PIN.
    """
    global _openssl, _engine
    openssl = _openssl = _openssl or _OpenSSL()
    pointer = openssl.structure_of(ctx)
    openssl.reasons()
    openssl.asked = False
    path, module = _paths(openssl, params)
    _engine = _engine or _Engine(openssl, path)
    _engine.use(path, module, params.get("pin"))
    engine = _engine.pointer
    keyfile, certfile = params["keyfile"], params["certfile"]
    # The key comes first: its login makes a private certificate visible.
    if _in_token(keyfile):
        key = openssl.ENGINE_load_private_key(engine, keyfile.encode(), openssl.never_ask, None)
        if not key:
            raise _not_had(openssl, "keyfile", "private key", keyfile, params)
        done = openssl.SSL_CTX_use_PrivateKey(pointer, key)
        openssl.EVP_PKEY_free(key)
    else:
        with pem_file("keyfile", keyfile) as path:
            done = openssl.SSL_CTX_use_PrivateKey_file(pointer, os.fsencode(path), _PEM)
    if done != 1:
        raise ValueError("keyfile: this key cannot be used (%s)" % openssl.reasons())
    if _in_token(certfile):
        found = _Certificate(certfile.encode(), None)
        openssl.ENGINE_ctrl_cmd(engine, b"LOAD_CERT_CTRL", 0, ctypes.addressof(found), None, 0)
        if not found.x509:
            raise _not_had(openssl, "certfile", "certificate", certfile, params)
        done = openssl.SSL_CTX_use_certificate(pointer, found.x509)
        openssl.X509_free(found.x509)
    else:
        with pem_file("certfile", certfile) as path:
            done = openssl.SSL_CTX_use_certificate_chain_file(pointer, os.fsencode(path))
    if done != 1:
        raise ValueError("certfile: this certificate cannot be used (%s)" % openssl.reasons())
    if openssl.SSL_CTX_check_private_key(pointer) != 1:
        raise ValueError("keyfile and certfile do not belong together (%s)" % openssl.reasons())
    _engine.works = True
    openssl.reasons()


def _in_token(source):
    return isinstance(source, str) and source.startswith("pkcs11:")


def _paths(openssl, params):
    # The paths of the engine and of the token's library
    path = params.get("engine_path")
    if not path:
        # ENGINESDIR: "/usr/lib/x86_64-linux-gnu/engines-3"
        path = os.path.join(openssl.OpenSSL_version(_ENGINES_FOLDER).decode().split('"')[1], "pkcs11.so")
    module = params.get("module_path") or os.environ.get("PKCS11_MODULE_PATH") or SOFTHSM
    for name, file, package in (
        ("engine_path", path, "OpenSSL's engine pkcs11 (Debian: libengine-pkcs11-openssl)"),
        ("module_path", module, "the token's PKCS#11 library (Debian's for SoftHSM: softhsm2)"),
    ):
        if not os.path.exists(file):
            raise ValueError("%s: '%s' is missing: %s" % (name, file, package))
    return path, module


class _Engine:
    works = False  # whether it has loaded a key
    _module = None

    def __init__(self, openssl, path):
        self._openssl = openssl
        self._path = path
        self.pointer = openssl.ENGINE_by_id(b"dynamic")
        if not self.pointer:
            raise ValueError("keyfile: 'pkcs11:...' needs an OpenSSL with engines")
        for command, value in (("SO_PATH", path), ("ID", "pkcs11"), ("LOAD", None), ("QUIET", None)):
            self._set(command, value)
        # This is for certificates; for a key it is an argument of the call.
        openssl.ENGINE_ctrl_cmd(self.pointer, b"SET_USER_INTERFACE", 0, openssl.never_ask, None, 0)
        if openssl.ENGINE_init(self.pointer) != 1:
            raise ValueError("engine_path: '%s' does not work (%s)" % (path, openssl.reasons()))

    def _set(self, command, value):
        value = value and value.encode()
        if self._openssl.ENGINE_ctrl_cmd_string(self.pointer, command.encode(), value, 0) != 1:
            reasons = self._openssl.reasons()
            raise ValueError("engine_path: '%s' does not work (%s: %s)" % (self._path, command, reasons))

    def use(self, path, module, pin):
        if path != self._path or self.works and module != self._module:
            raise ValueError("engine_path, module_path: this process already uses others")
        self._module = module
        self._set("MODULE_PATH", module)
        if pin is not None:
            self._set("PIN", str(pin))


def _not_had(openssl, name, thing, uri, params):
    # The exception for a key or certificate that the engine did not load
    reasons = openssl.reasons()
    if "PKCS#11 module" in reasons:
        return ValueError("module_path: '%s' does not work (%s)" % (_paths(openssl, params)[1], reasons))
    if "PIN" in reasons:
        return ValueError("pin: the token refused this PIN (%s)" % reasons)
    shown = re.sub(r"[?;&]pin-\w+=[^?;&]*", "", uri)
    if openssl.asked:
        return ValueError("pin: the token requires one for '%s', but ssl_params has none" % shown)
    return ValueError("%s: no token has the %s '%s' (%s)" % (name, thing, shown, reasons))

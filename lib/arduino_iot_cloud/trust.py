"""The TLS context: which servers a connection trusts, and with which certificate it identifies itself.

Each key of `ssl_params` is checked before any connection, and whatever weakens one is logged. It uses `ssl` on
CPython, and the built-in `tls` on MicroPython, where `ssl` may be missing.

Temporary: a client imports it to make its TLS context, then unloads it.
"""

from .port import MICROPYTHON, const, forget, log

_KEYS = const(
    "keyfile certfile cafile cadata verify_mode cert_reqs server_hostname ciphers pin engine_path module_path use_hsm"
)


def context(client):
    """Return the TLS context for a client, None for plain TCP. Raises TypeError, ValueError or OSError for wrong
    `ssl_params`.

    Keys of `ssl_params`, all optional:
    `keyfile`, `certfile`: the device's private key and certificate, each a path (DER, or PEM if the port
        supports it), the content as bytes, or the URI of a key store: see `keys`.
    `cafile`, `cadata`: root certificates to trust instead of the bundled ones. `cafile` is a path or the URI of a key
        store, `cadata` is bytes in DER or text in PEM.
    `verify_mode`, `cert_reqs`: ssl.CERT_NONE (0, False) turns verification off, and logs a warning. The server is
        verified by default, and with ssl.CERT_REQUIRED (2), True, 1 or None.
    `server_hostname`: the name to verify and to send (SNI), by default `server`.
    `ciphers`: as for `set_ciphers` of the port. Suites without authentication or encryption are never used.
    `pin`, `engine_path`, `module_path`: for `pkcs11:` URIs, see `keys.pkcs11`.
    """
    params = client.ssl_params
    if params is None:
        return None
    verify = check(params)
    if MICROPYTHON:
        import tls
    else:
        import ssl as tls
    made = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    if not verify and not MICROPYTHON:
        setattr(made, "check_hostname", False)
    made.verify_mode = tls.CERT_REQUIRED if verify else tls.CERT_NONE
    # All at once: MicroPython interns names for good, but not the strings in a tuple.
    ciphers, keyfile, certfile = [params.get(key) for key in ("ciphers", "keyfile", "certfile")]
    if ciphers is not None:
        set_ciphers(made, ciphers)
    if verify:
        certificates(made, client)
    if (keyfile is None) != (certfile is None):
        raise ValueError("ssl_params has only one of keyfile and certfile")
    if keyfile is None:
        if client.password is None:
            raise ValueError("neither a password nor keyfile and certfile in ssl_params: nothing to log in with")
    elif is_uri(keyfile) or is_uri(certfile):
        from .keys import load

        load(made, params, is_uri, load_cert_chain)  # passed, since `keys` cannot import this module in turn
    else:
        load_cert_chain(made, certfile, keyfile)
    return made


def is_uri(value) -> bool:
    """Return whether a keyfile or certfile is a URI: its scheme has two letters or more, unlike C:."""
    return isinstance(value, str) and "/" not in value.split(":", 1)[0] and value.find(":") > 1


def load_cert_chain(context, *pair):
    """Load a certificate and its key, each a path or the content as bytes, into a TLS context."""
    if MICROPYTHON:
        context.load_cert_chain(*[read(one) for one in pair])
    else:
        from .cpython import load_cert_chain as load

        load(context, *pair)


def certificates(context, client):
    """Load the roots that a client trusts into a TLS context."""
    keys = ("cafile", "cadata")
    file, data = [client.ssl_params.get(key) for key in keys]
    if file is not None:
        if is_uri(file):
            from .keys import content

            load_verify_locations(context, content(keys[0], file), keys[0])
        else:
            load_verify_locations(context, read(file), keys[0])
    if data is not None:
        load_verify_locations(context, data, keys[1])
    if file is not None or data is not None:
        return
    from .certificates import ROOTS, root

    for name in (client.ROOTS or ROOTS)[0 if client.password is None else 1]:
        load_verify_locations(context, root(name), name)
    del ROOTS, root
    forget("certificates", "bundled_roots")


def load_verify_locations(context, data, name):
    """Load a root certificate, bytes or text in PEM, into a TLS context. Raises ValueError, with the parameter's
    `name`, for anything else."""
    if not isinstance(data, (str, bytes)):
        data = bytes(data)
    try:
        if MICROPYTHON:
            context.load_verify_locations(data)
        else:
            # CPython expects DER in bytes and PEM in text.
            if isinstance(data, bytes) and b"-----BEGIN" in data:
                data = data.decode()
            context.load_verify_locations(None, None, data)
    except (OSError, ValueError) as error:  # its text does not name the parameter
        raise ValueError("%s: no root certificate in DER or PEM (%s)" % (name, error))


def read(file):
    """Return the content of a file, or `file` itself if it is bytes. Raises OSError with the file's name."""
    if isinstance(file, bytes):
        return file
    if isinstance(file, (bytearray, memoryview)):
        return bytes(file)
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise OSError(error.args[0], "'%s' cannot be read" % file)  # MicroPython's own message lacks the name


# Checks of `ssl_params`


def check(ssl_params: dict) -> bool:
    """Check every key. Returns whether to verify the server.

    Raises a TypeError or ValueError that names the key, what it should be, and the value that was given.
    """
    if not isinstance(ssl_params, dict):
        raise TypeError("ssl_params is a dict, or None for plain TCP, not %s" % type(ssl_params).__name__)
    known = _KEYS.split()
    for key in ssl_params:
        if key not in known:
            raise ValueError("ssl_params has no key '%s'" % (key,))
    for key in ("keyfile", "certfile", "cafile", "cadata"):
        value = ssl_params.get(key)
        if isinstance(value, (str, bytes, bytearray, memoryview)):
            if not len(value):
                raise ValueError("%s is empty" % key)
        elif value is not None and not hasattr(value, "__fspath__"):
            raise TypeError("%s is a path or the content as bytes, not %s" % (key, type(value).__name__))
    for key in ("pin", "engine_path", "module_path"):
        if not isinstance(ssl_params.get(key) or "", (str, bytes)):
            raise TypeError("%s is text, not %s" % (key, type(ssl_params[key]).__name__))
    if ssl_params.get("server_hostname") is not None:
        server_hostname(ssl_params["server_hostname"])
    verify = None
    for key in ("verify_mode", "cert_reqs"):
        if key in ssl_params:
            mode = verify_mode(key, ssl_params[key])
            if verify not in (None, mode):
                raise ValueError("verify_mode and cert_reqs contradict each other: give one of them")
            verify = mode
    if verify is False:
        log(30, "verify_mode=CERT_NONE: the server is not verified, so any server gets the secret")
    return verify is not False


def verify_mode(key, value) -> bool:
    """Return whether this value of `verify_mode` or `cert_reqs` means to verify the server. Raises ValueError."""
    # 1 is CERT_OPTIONAL, which on a board would accept any server. No program means that.
    if value is None:
        return True
    if isinstance(value, (bool, int)) and 0 <= value <= 2:  # on MicroPython, a bool is not an int
        return value > 0
    raise ValueError("%s is CERT_REQUIRED (2, True or None), or CERT_NONE (0 or False), not %r" % (key, value))


def server_hostname(name):
    """Raise TypeError or ValueError unless `name` can be the name of a server to verify."""
    if not isinstance(name, str):
        raise TypeError("server_hostname is a host's name as text, not %r" % (name,))
    # To OpenSSL a leading dot means any subdomain; a NUL ends a string in C.
    good = 0 < len(name) < 254 and ord(name[0]) != 0x2E and name.count(":") != 1
    for c in name:
        good = good and (ord(c) > 127 or c.isalpha() or c in "0123456789-._:%")
    if not good:
        raise ValueError("server_hostname is a host's name alone, without a scheme or a port, not %r" % name)


def set_ciphers(context, value):
    """Make a TLS context offer only these ciphers, given as for the port's `set_ciphers`.

    They never include OpenSSL's suites without authentication or encryption. A lower security level logs a warning.
    Raises a TypeError or ValueError that says what is wrong.
    """
    names = isinstance(value, (tuple, list))
    if not names and (MICROPYTHON or not isinstance(value, str)):
        raise TypeError("ciphers is a %s, not %r" % ("list of names" if MICROPYTHON else "text for OpenSSL", value))
    if not value:
        raise ValueError("ciphers is empty")
    if not MICROPYTHON:
        text = ":".join(value) if names else value
        if "@SECLEVEL=0" in text or "@SECLEVEL=1" in text:
            log(30, "ciphers: @SECLEVEL allows weak keys and signatures, which can be forged")
    try:
        context.set_ciphers(value if MICROPYTHON else text + ":!aNULL:!eNULL")
    except (OSError, ValueError, TypeError) as error:
        raise ValueError("ciphers: this port's TLS can use none of %r (%s)" % (value, error))

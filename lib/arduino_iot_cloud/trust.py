"""Whom a connection trusts, and what it shows: the TLS context. Each key of `ssl_params` is checked before any
connection, and nothing in it weakens one unsaid.

`ssl` is used on CPython, the built-in `tls` on MicroPython, where an `ssl` may be missing.

Comes and goes: a client imports it to make its TLS context, and unloads it after that.
"""

from .port import MICROPYTHON, const, forget, log

_KEYS = const(
    "keyfile certfile cafile cadata verify_mode cert_reqs server_hostname ciphers pin engine_path module_path use_hsm"
)


def context(client):
    """The TLS context for a client, None for plain TCP. Raises TypeError, ValueError or OSError for `ssl_params` that
    do not do, which are looked at before any connection.

    Keys of `ssl_params`, all optional:
    `keyfile`, `certfile`: the device's private key and certificate, each a path (DER, or PEM where the
        port knows it), the content as bytes, or the URI of a key store: see `keys`.
    `cafile`, `cadata`: root certificates to trust instead of the bundled ones: a path or the URI of a key store, or
        bytes in DER or text in PEM.
    `verify_mode`, `cert_reqs`: ssl.CERT_NONE (0, False) turns verification off, and is warned about. With
        ssl.CERT_REQUIRED (2), True, 1 and None, and without them, the server is verified.
    `server_hostname`: the name to verify and to send (SNI), else `server`.
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
    # All at once: a board does not remember text of a tuple for good, as it does names.
    ciphers, keyfile, certfile = [params.get(key) for key in ("ciphers", "keyfile", "certfile")]
    if ciphers is not None:
        set_ciphers(made, ciphers)
    if verify:
        certificates(made, client)
    if (keyfile is None) != (certfile is None):
        raise ValueError("ssl_params has one of keyfile and certfile without the other")
    if keyfile is None:
        if client.password is None:
            raise ValueError("neither a password nor keyfile and certfile in ssl_params: nothing to log in with")
    elif is_uri(keyfile) or is_uri(certfile):
        from .keys import load

        load(made, params, is_uri, load_cert_chain)  # these two, since `keys` imports nothing that imports it
    else:
        load_cert_chain(made, certfile, keyfile)
    return made


def is_uri(value) -> bool:
    """Whether a keyfile or certfile is a URI: a scheme of two letters or more (unlike C:) before the colon."""
    return isinstance(value, str) and "/" not in value.split(":", 1)[0] and value.find(":") > 1


def load_cert_chain(context, *pair):
    """Put a certificate and its key, each a path or the content as bytes, into a TLS context."""
    if MICROPYTHON:
        context.load_cert_chain(*[read(one) for one in pair])
    else:
        from .cpython import load_cert_chain as load

        load(context, *pair)


def certificates(context, client):
    """Put the roots that a client trusts into a TLS context."""
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
    """Put a root certificate, bytes or text in PEM, into a TLS context. Raises ValueError with the `name` for what is
    none."""
    if not isinstance(data, (str, bytes)):
        data = bytes(data)
    try:
        if MICROPYTHON:
            context.load_verify_locations(data)
        else:
            # CPython takes bytes for DER, text for PEM.
            if isinstance(data, bytes) and b"-----BEGIN" in data:
                data = data.decode()
            context.load_verify_locations(None, None, data)
    except (OSError, ValueError) as error:  # whose text names nothing
        raise ValueError("%s: no root certificate in DER or PEM (%s)" % (name, error))


def read(file):
    """The bytes that a path stands for, or that are given as they are."""
    if isinstance(file, bytes):
        return file
    if isinstance(file, (bytearray, memoryview)):
        return bytes(file)
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise OSError(error.args[0], "'%s' cannot be read" % file)  # MicroPython's own names no file


# What `ssl_params` may say


def check(ssl_params: dict) -> bool:
    """Look at every key of them. Returns whether the server is to be verified.

    Raises TypeError or ValueError that names the key, what it should be, and what was given.
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
        log(30, "verify_mode=CERT_NONE: the server is not verified, whoever it is gets the secret")
    return verify is not False


def verify_mode(key, value) -> bool:
    """Whether a value of this key means that the server is verified. Raises ValueError for others."""
    # 1 is "optional", which would let any server pass on a board: nobody who writes it means that.
    if value is None:
        return True
    if isinstance(value, (bool, int)) and 0 <= value <= 2:  # on MicroPython, a bool is no int
        return value > 0
    raise ValueError("%s is CERT_REQUIRED (2, True or None), or CERT_NONE (0 or False), not %r" % (key, value))


def server_hostname(name):
    """Raise TypeError or ValueError for what is no name of a server to verify."""
    if not isinstance(name, str):
        raise TypeError("server_hostname is a host's name as text, not %r" % (name,))
    # A name that begins with a dot stands for any below it in OpenSSL; C ends at a NUL.
    good = 0 < len(name) < 254 and ord(name[0]) != 0x2E and name.count(":") != 1
    for c in name:
        good = good and (ord(c) > 127 or c.isalpha() or c in "0123456789-._:%")
    if not good:
        raise ValueError("server_hostname is a host's name alone, without a scheme or a port, not %r" % name)


def set_ciphers(context, value):
    """Have a TLS context offer only these, as the port's `set_ciphers` takes them.

    Suites that verify nobody or encrypt nothing, which OpenSSL has, are never among them. What lowers its level of
    security is warned about. Raises TypeError or ValueError that says what is wrong.
    """
    names = isinstance(value, (tuple, list))
    if not names and (MICROPYTHON or not isinstance(value, str)):
        raise TypeError("ciphers is a %s, not %r" % ("list of names" if MICROPYTHON else "text for OpenSSL", value))
    if not value:
        raise ValueError("ciphers is empty")
    if not MICROPYTHON:
        text = ":".join(value) if names else value
        if "@SECLEVEL=0" in text or "@SECLEVEL=1" in text:
            log(30, "ciphers: @SECLEVEL lets weak keys and signatures pass, which can be forged")
    try:
        context.set_ciphers(value if MICROPYTHON else text + ":!aNULL:!eNULL")
    except (OSError, ValueError, TypeError) as error:
        raise ValueError("ciphers: this port's TLS has none of %r that do (%s)" % (value, error))

"""Whom a connection trusts, and what it shows: the TLS context.

`ssl` is used on CPython, the built-in `tls` on MicroPython, where an `ssl` may be missing.

Comes and goes: a client imports it to make its TLS context, and unloads it after that.
"""

from .port import MICROPYTHON, forget


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
    `pin`, `engine_path`, `module_path`: for `pkcs11:` URIs, see `hsm`.
    """
    params = client.ssl_params
    if params is None:
        return None
    from .verification import check, set_ciphers

    verify = check(params)
    if MICROPYTHON:
        import tls
    else:
        import ssl as tls
    ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    if not verify and not MICROPYTHON:
        ctx.check_hostname = False
    ctx.verify_mode = tls.CERT_REQUIRED if verify else tls.CERT_NONE
    if params.get("ciphers") is not None:
        set_ciphers(ctx, params["ciphers"])
    del check, set_ciphers
    forget("verification")
    if verify:
        _load_roots(ctx, client)
    keyfile = params.get("keyfile")
    certfile = params.get("certfile")
    if (keyfile is None) != (certfile is None):
        raise ValueError("ssl_params has one of keyfile and certfile without the other")
    if keyfile is None:
        if client.password is None:
            raise ValueError("neither a password nor keyfile and certfile in ssl_params: nothing to log in with")
    elif is_uri(keyfile) or is_uri(certfile):
        from .keys import load

        load(ctx, params)
    else:
        load_pair(ctx, certfile, keyfile)
    return ctx


def is_uri(source) -> bool:
    """Whether a keyfile or certfile is a URI: a scheme of two letters or more (unlike C:) before the colon."""
    return isinstance(source, str) and "/" not in source.split(":", 1)[0] and source.find(":") > 1


def load_pair(ctx, certificate, key):
    """Put certificate and key, each a path or the content as bytes, into a TLS context."""
    if MICROPYTHON:
        ctx.load_cert_chain(_content(certificate), _content(key))
    else:
        from .keyfiles import load

        load(ctx, certificate, key)


def _load_roots(ctx, client):
    cafile = client.ssl_params.get("cafile")
    cadata = client.ssl_params.get("cadata")
    if cafile is not None:
        if is_uri(cafile):
            from .keys import content

            _load_root(ctx, content("cafile", cafile), "cafile")
        else:
            _load_root(ctx, _content(cafile), "cafile")
    if cadata is not None:
        _load_root(ctx, cadata, "cadata")
    if cafile is not None or cadata is not None:
        return
    from .certificates import ROOTS, root

    for name in (client.ROOTS or ROOTS)[0 if client.password is None else 1]:
        _load_root(ctx, _content(name) if "/" in name else root(name), name)
    del ROOTS, root
    forget("certificates", "bundled_roots")


def _load_root(ctx, data, name):
    if not isinstance(data, (str, bytes)):
        data = bytes(data)
    try:
        if MICROPYTHON:
            ctx.load_verify_locations(data)
        else:
            # CPython takes bytes for DER, text for PEM.
            if isinstance(data, bytes) and b"-----BEGIN" in data:
                data = data.decode()
            ctx.load_verify_locations(cadata=data)
    except (OSError, ValueError) as error:  # whose text names nothing
        raise ValueError("%s: no root certificate in DER or PEM (%s)" % (name, error))


def _content(source):
    if isinstance(source, bytes):
        return source
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    try:
        with open(source, "rb") as file:
            return file.read()
    except OSError as error:
        raise OSError(error.args[0], "'%s' cannot be read" % source)  # MicroPython's own names no file

"""The device's key and certificate where they are not in files: URIs such as `se05x:token=0x00000064`.

The part before the colon names a provider. Two are built in: `se05x`, the secure element of Arduino's
boards (MicroPython), and `pkcs11`, tokens and HSMs (CPython, see `keys.pkcs11`); `register_provider` adds others.
Where the package `arduino_cloud_board` is installed, a key store and a name in it are a URI, too: `nvs:arduino#key`.
`keyfile` and `certfile` may both be URIs, or one of them beside a file or bytes.
"""

from ..port import MICROPYTHON

_providers: dict = {}


def register_provider(scheme: str, provider):
    """Have `provider` asked for `keyfile` and `certfile` URIs that begin with `scheme`, instead of any earlier one.

    It is an object with these methods, each of which raises ValueError or OSError where it cannot;
    `uri` is the whole URI, `params` are the client's `ssl_params`:

    `certificate(uri, params)`: returns the certificate (bytes, DER or PEM; on a board as its TLS takes it).
    `key(uri, params)`: returns the private key likewise, or an EC key that stands for one in a chip.
    `sign(key, digest)`: only where keys stay in a chip. `key` is the private number (bytes) of such a
        stand-in. Returns the signature (DER) of a digest, or None where `key` is none of its own. The
        firmware's TLS must be able to call it: CPython's is not.

    Or it is a function `provider(ctx, params)` that puts both key and certificate into the TLS context `ctx`.
    """
    _providers[scheme] = provider


def load(ctx, params: dict, is_uri, load_cert_chain):
    """Put the key and the certificate that `ssl_params` name, one of them or both by a URI, into a TLS context. The
    two functions are those of `trust`.

    Raises ValueError for a URI that nothing here understands, and what the provider raises.
    """
    key = params["keyfile"]
    certificate = params.get("certfile")
    of_key = _provider("keyfile", key) if is_uri(key) else None
    if of_key and is_uri(certificate) and _scheme(certificate) == _scheme(key):
        of_certificate = of_key
    else:
        of_certificate = _provider("certfile", certificate) if is_uri(certificate) else None
    for provider in (of_key, of_certificate):
        if provider and not hasattr(provider, "certificate"):
            if of_key and of_certificate and of_key is not of_certificate:
                raise ValueError("keyfile and certfile: these two schemes do not go together")
            return provider(ctx, params)
    sign = getattr(of_key, "sign", None)
    if sign and not MICROPYTHON:
        raise ValueError("keyfile: '%s:...' signs in its chip, which CPython's ssl cannot use" % _scheme(key))
    if of_key:
        key = of_key.key(key, params)
    if of_certificate:
        certificate = of_certificate.certificate(certificate, params)
    load_cert_chain(ctx, certificate, key)
    if sign:
        try:
            ctx.ecdsa_sign_callback = sign
        except AttributeError:
            name = _scheme(params["keyfile"])
            raise ValueError("keyfile: '%s:...' needs a firmware whose TLS can sign with a chip" % name)


def content(name: str, uri: str) -> bytes:
    """What a URI names, for the parameter `name`. Raises ValueError where nothing here has such certificates."""
    provider = _provider(name, uri)
    if not hasattr(provider, "certificate"):
        raise ValueError("%s: '%s:...' does not do" % (name, _scheme(uri)))
    return provider.certificate(uri, {})


def _scheme(uri):
    return uri.split(":", 1)[0]


def _provider(name, source):
    scheme = _scheme(source)
    if scheme in _providers:
        return _providers[scheme]
    if "#" in source:
        try:
            from arduino_cloud_board.keys.bridge import SCHEMES, provider
        except ImportError:
            SCHEMES = ()
        if scheme in SCHEMES:
            return provider(source)
    if scheme == "se05x":
        if not MICROPYTHON:
            raise ValueError("%s: 'se05x:...' needs MicroPython on a board with that chip" % name)
        from .chip import SE05X

        return SE05X()
    if scheme == "pkcs11":
        if MICROPYTHON:
            raise ValueError("%s: 'pkcs11:...' needs CPython" % name)
        from .pkcs11 import load

        return load
    raise ValueError(
        "%s: nothing is registered for URIs that begin with '%s:' (a file of that name is './%s:...')"
        % (name, scheme, scheme)
    )

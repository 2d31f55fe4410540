"""Keys and certificates that are not in files, named by URIs such as `se05x:token=0x00000064`.

The part before the colon names a provider. Two are built in: `se05x`, the secure element of Arduino's
boards (MicroPython), and `pkcs11`, tokens and HSMs (CPython, see `keys.pkcs11`). `register_provider` adds others.
If the package `arduino_cloud_board` is installed, a URI may also name a key store and a key in it: `nvs:arduino#key`.
`keyfile` and `certfile` may both be URIs, or one a URI and the other a file or bytes.
"""

from ..port import MICROPYTHON

_providers: dict = {}


def register_provider(scheme: str, provider):
    """Register a provider of `keyfile` and `certfile` URIs that begin with `scheme` (str). It replaces an earlier one.

    It is an object with these methods. Each raises ValueError or OSError if it fails.
    `uri` is the whole URI, `params` are the client's `ssl_params`:

    `certificate(uri, params)`: returns the certificate (bytes, DER or PEM; on a board, as its TLS takes it).
    `key(uri, params)`: returns the private key likewise, or an EC key that stands for one in a chip.
    `sign(key, digest)`: only for keys that stay in a chip. `key` is the private number (bytes) of such a
        stand-in. Returns the signature of a digest (bytes, DER), or None if `key` does not stand for one of
        its keys. The firmware's TLS must be able to call it: CPython's cannot.

    Or it is a function `provider(ctx, params)` that loads both key and certificate into the TLS context `ctx`.
    """
    _providers[scheme] = provider


def load(ctx, params: dict, is_uri, load_cert_chain):
    """Load the key and the certificate that `ssl_params` name, at least one by a URI, into a TLS context. The two
    functions are those of `trust`.

    Raises ValueError for a URI without a provider, and what the provider raises.
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
                raise ValueError("keyfile and certfile: these two schemes cannot be combined")
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
            raise ValueError("keyfile: '%s:...' needs firmware whose TLS can sign with a chip" % name)


def content(name: str, uri: str) -> bytes:
    """Return the certificate that a URI names, for the parameter `name`. Raises ValueError if no provider has it."""
    provider = _provider(name, uri)
    if not hasattr(provider, "certificate"):
        raise ValueError("%s: '%s:...' is unusable" % (name, _scheme(uri)))
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
        "%s: no provider for URIs that begin with '%s:' (for a file, write './%s:...')"
        % (name, scheme, scheme)
    )

"""The device's key and certificate where they are not in files: URIs such as `se05x:token=0x00000064`.

The part before the colon names a provider. `se05x`, the secure element of Arduino's boards, is built
in; `register_provider` adds others.
"""

from .port import MICROPYTHON, log

_providers = {}


def register_provider(scheme: str, provider):
    """Have `provider(ctx, params)` called for `keyfile` URIs that begin with `scheme`, instead of any earlier one.

    It puts the certificate and the key into the TLS context `ctx`, with `ctx.load_cert_chain` and where
    the key never leaves its chip `ctx.ecdsa_sign_callback`; `params` are the client's `ssl_params`.
    It raises ValueError or OSError if it cannot.
    """
    _providers[scheme] = provider


def load(ctx, params: dict):
    """Put the key and the certificate that `ssl_params` name by a URI into a TLS context.

    Raises ValueError for a URI that nothing here understands, and what the provider raises.
    """
    scheme = params["keyfile"].split(":", 1)[0]
    provider = _providers.get(scheme)
    if provider is None:
        if scheme == "se05x" and MICROPYTHON:
            provider = _se05x
        elif scheme == "pkcs11":
            raise ValueError("keyfile: keys in a PKCS#11 token ('pkcs11:...') are not supported yet")
        elif scheme == "se05x":
            raise ValueError("keyfile: 'se05x:...' needs MicroPython on a board with that chip")
        else:
            raise ValueError("keyfile: nothing is registered for URIs that begin with '%s:'" % scheme)
    provider(ctx, params)


# The chip's key as the TLS stack sees it: an EC private key whose number is a mark and, in the last four
# bytes, the number of the object in the chip.
_MARK = b"\xa5\xa6\xb5\xb6\xa5\xa6\xb5\xb6"
_REFERENCE = (
    b"0A\x02\x01\x000\x13\x06\x07*\x86H\xce=\x02\x01\x06\x08*\x86H\xce=\x03\x01\x07\x04'0%\x02\x01\x01\x04\x20"
    + _MARK
    + bytes(20)
)


def _se05x(ctx, params):
    try:
        from se05x import SE05X
    except ImportError:
        raise ValueError("keyfile: 'se05x:...' needs a firmware with the module se05x")
    chip = SE05X()

    def sign(key, data):
        # The signature (DER) of a hash, None for a key that is not in the chip.
        if key[:8] != _MARK:
            return None
        log(10, "Signing with the secure element.")
        return chip.sign(int.from_bytes(key[-4:], "big"), data)

    key = _REFERENCE + _token(params["keyfile"]).to_bytes(4, "big")
    certificate = params["certfile"]
    if isinstance(certificate, str) and "token=" in certificate:
        certificate = chip.read(0x65, 412)  # the one place and size that Arduino's provisioning uses
    elif isinstance(certificate, str):
        with open(certificate, "rb") as file:
            certificate = file.read()
    ctx.load_cert_chain(certificate, key)
    try:
        ctx.ecdsa_sign_callback = sign
    except AttributeError:
        raise ValueError("keyfile: 'se05x:...' needs a firmware whose TLS can sign with a chip")


def _token(uri):
    try:
        return int(uri.split("token=", 1)[1], 16)
    except ValueError:
        raise ValueError("'%s': the token is a number such as 0x00000064" % uri)

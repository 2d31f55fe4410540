"""The import path for programs. The code is in `keys.csr`."""

from .keys.csr import (
    PrivateKey as PrivateKey,
    create_key as create_key,
    csr as csr,
    pem as pem,
    public_key_of as public_key_of,
)

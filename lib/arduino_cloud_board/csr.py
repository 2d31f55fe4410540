"""The import path for programs. The code is in `keys.csr`."""

from .keys.csr import PrivateKey, create_key, csr, pem, public_key_of  # noqa: F401

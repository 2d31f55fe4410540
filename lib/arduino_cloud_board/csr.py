"""The import path that programs know. What it has lies in `keys.csr`."""

from .keys.csr import PrivateKey, create_key, csr, pem, public_key_of  # noqa: F401

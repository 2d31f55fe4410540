"""The import path for programs. The code is in `keys.pkcs11`."""

from .keys.pkcs11 import load as load

"""The import path that programs know. What it has lies in `keys.pkcs11`."""

from .keys.pkcs11 import load as load

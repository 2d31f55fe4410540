"""Hashes as a local cloud stored them before schema 6."""

import base64
import hashlib

_SALT = bytes(range(16))


def old_hash(secret, log2_cost=4):
    """Return the scrypt hash of a secret, by default of a low cost."""
    digest = hashlib.scrypt(secret.encode(), salt=_SALT, n=1 << log2_cost, r=8, p=1, dklen=32)
    return "scrypt$%d$8$1$%s$%s" % (log2_cost, base64.b64encode(_SALT).decode(), base64.b64encode(digest).decode())
